import { ClonezillaError, type ClonezillaErrorCode } from '../../../drivers/formats/clonezilla/errors.ts';
import { FormatError, type FormatErrorCode } from '../../../drivers/formats/errors.ts';
import { partitionType } from '../../../drivers/formats/disk/partition-types.ts';
import { readTable } from '../../../drivers/formats/disk/read-table.ts';
import { tableFirmware } from '../../../drivers/formats/disk/table-firmware.ts';
import type { DiskFile } from '../../../drivers/formats/disk-file/disk-file.ts';
import { isDiskFile, openDiskFile } from '../../../drivers/formats/disk-file/open.ts';
import type { InspectedDiskFile } from '../../contract/p2v.ts';
import type { Place } from './place.ts';
import { RawDisk } from './raw-disk.ts';
import type { Watch } from './restore.ts';
import { sectorWarning } from './sector-warning.ts';

/** Whether the path is of a VHDX or VHD, whole or not. @throws {ClonezillaError} where it is there and cannot be read */
export async function isDiskFileAt(place: Place, path: string): Promise<boolean> {
  if ((await place.look(path)) !== 'file') return false;
  const file = await place.openFile(path);
  try {
    return await isDiskFile(file);
  } finally {
    await file.close();
  }
}

/** A disk of a file that is open. */
export interface OpenDiskFile {
  readonly disk: DiskFile;
  readonly close: () => Promise<void>;
}

/** Whoever opens it closes it. @throws {ClonezillaError} */
export async function openDiskFileAt(place: Place, path: string): Promise<OpenDiskFile> {
  if ((await place.look(path)) === 'directory')
    throw new ClonezillaError(
      'NOT_AN_IMAGE',
      `${path} is a directory, and no VHDX or VHD: an image of Clonezilla’s is chosen as that.`,
      path,
    );
  const file = await place.openFile(path);
  let isQcow2 = false;
  try {
    isQcow2 = Buffer.from(await file.read(0, 4)).toString('latin1') === 'QFI\xfb';
    return { disk: await openDiskFile(file), close: () => file.close() };
  } catch (error) {
    await file.close();
    if (isQcow2)
      throw new ClonezillaError(
        'NOT_AN_IMAGE',
        `${path} is a qcow2, which QEMU uses as it is: upload it to a pool, and make the machine of a disk that is there.`,
        path,
      );
    throw namedFault(path, error);
  }
}

/** What a VHDX or VHD is not, with the name of the file; other errors stay what they are. */
export function namedFault(path: string, error: unknown): unknown {
  if (!(error instanceof FormatError)) return error;
  return new ClonezillaError(CODES[error.code], faultWords(path, error), path);
}

function faultWords(path: string, { code, message }: FormatError): string {
  if (code === 'OTHER_FORMAT') return `${path} is no VHDX or VHD.`;
  return code === 'TRUNCATED'
    ? `${path}: It is not whole, copy it once more. ${message}.`
    : `${path}: ${message}.`;
}

const CODES: Readonly<Record<FormatErrorCode, ClonezillaErrorCode>> = {
  TRUNCATED: 'DAMAGED',
  BAD_VALUE: 'DAMAGED',
  NOT_FOUND: 'DAMAGED',
  TOO_LARGE: 'UNSUPPORTED',
  UNSUPPORTED: 'UNSUPPORTED',
  OTHER_FORMAT: 'NOT_AN_IMAGE',
};

/** What it is, for a person or a program (docs/cli.md has it as JSON). */
export async function inspectDiskFile(disk: DiskFile): Promise<InspectedDiskFile> {
  const { format, sizeBytes, usedBytes, sectorSize } = disk;
  const warnings = diskFileWarnings(disk);
  const table = await readTable(disk, disk);
  const { kind, fault, partitions } = table;
  const starts = tableFirmware(table);
  return {
    format,
    sizeBytes,
    usedBytes,
    sectorSize,
    table: kind,
    // Where either can, the newer one is taken.
    firmware: starts === 'either' ? 'uefi' : starts,
    partitions: partitions.map((partition) => ({ ...partition, typeName: partitionType(partition.type) })),
    fault,
    warnings,
  };
}

/** What whoever makes a machine of it is to know. */
export function diskFileWarnings({ warnings, faults, sectorSize }: DiskFile): string[] {
  return [...faults, ...warnings, ...(sectorSize === 512 ? [] : [sectorWarning(sectorSize)])];
}

/** Reads all of it: the format has no checksums of the content, so that only its own tables are proven. @throws {FormatError} */
export async function readDiskFile(disk: DiskFile, watch: Watch): Promise<void> {
  for await (const _ of watchedRuns(disk, watch));
}

/**
 * Makes a raw disk of it: the file is there when it is whole, or not at all.
 * @throws {FormatError} where it is damaged; the signal's reason; Node's errors of the file
 */
export async function restoreDiskFile(disk: DiskFile, file: string, watch: Watch): Promise<void> {
  const raw = await RawDisk.create(file, disk.sizeBytes);
  try {
    for await (const { offset, data } of watchedRuns(disk, watch)) await raw.write(offset, data);
    await raw.finish();
  } catch (error) {
    await raw.discard();
    throw error;
  }
}

async function* watchedRuns(disk: DiskFile, watch: Watch) {
  let doneBytes = 0;
  for await (const run of disk.runs(watch.signal)) {
    watch.signal.throwIfAborted();
    yield run;
    doneBytes += run.data.length;
    watch.onProgress({ what: disk.format.toUpperCase(), doneBytes, totalBytes: disk.usedBytes });
  }
}
