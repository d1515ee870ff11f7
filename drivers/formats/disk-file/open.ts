import type { DiskFile, SizedSource } from './disk-file.ts';
import { isVhdFooter, openVhd } from './vhd.ts';
import { isVhdx, openVhdx } from './vhdx.ts';

const FOOTER_BYTES = 512;

/** A VHDX or VHD, by its first bytes, or its last: whole or not. */
export async function isDiskFile(file: SizedSource): Promise<boolean> {
  const head = Buffer.from(await file.read(0, FOOTER_BYTES));
  // An archive whose first file is called so.
  if (head.toString('latin1', 257, 262) === 'ustar') return false;
  if (isVhdx(head) || isVhdFooter(head)) return true;
  const end = Buffer.from(await file.read(Math.max(0, file.sizeBytes - FOOTER_BYTES), FOOTER_BYTES));
  // The oldest have a byte less at the end.
  return isVhdFooter(end) || isVhdFooter(end.subarray(1));
}

/** @throws {FormatError} OTHER_FORMAT where it is neither; else why it cannot be read */
export async function openDiskFile(file: SizedSource): Promise<DiskFile> {
  return isVhdx(await file.read(0, FOOTER_BYTES)) ? openVhdx(file) : openVhd(file);
}
