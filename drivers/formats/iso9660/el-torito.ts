import { readExactly, type RandomSource } from '../random-source.ts';
import { SECTOR } from './fields.ts';

/** From what firmware the image can be booted. */
export interface IsoBoot {
  readonly bios: boolean;
  readonly efi: boolean;
}

const ROW = 32;
const PLATFORM_EFI = 0xef;
const BOOTABLE = 0x88;
const SECTION = 0x90;
const LAST_SECTION = 0x91;

/**
 * The boot catalogue ("El Torito" 1.0, section 2; platform 0xEF is UEFI's). A catalogue that is not one says that nothing boots: the rest
 * of the image can be read all the same.
 */
export async function readElTorito(source: RandomSource, offset: number): Promise<IsoBoot> {
  const none = { bios: false, efi: false };
  const catalogue = await source.read(offset, SECTOR);
  if (catalogue.length < SECTOR) return none;
  const bytes = await readExactly(source, offset, SECTOR);
  if (bytes[0] !== 1 || bytes[30] !== 0x55 || bytes[31] !== 0xaa || checksum(bytes) !== 0) return none;
  const found = { bios: false, efi: false };
  let platform = bytes[1] ?? 0;
  for (let at = ROW; at < SECTOR; at += ROW) {
    const kind = bytes[at];
    if (kind === BOOTABLE) found[platform === PLATFORM_EFI ? 'efi' : 'bios'] = true;
    else if (kind === SECTION || kind === LAST_SECTION) platform = bytes[at + 1] ?? 0;
  }
  return found;
}

/** The sum of the first row's 16-bit words, which is zero. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < ROW; at += 2) sum += bytes.readUInt16LE(at);
  return sum & 0xffff;
}
