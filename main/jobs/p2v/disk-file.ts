import { open, stat } from 'node:fs/promises';
import { partitionType } from '../../../drivers/formats/disk/partition-types.ts';
import { readTable, type DiskTable } from '../../../drivers/formats/disk/read-table.ts';
import type { DiskFile, SizedSource } from '../../../drivers/formats/disk-file/disk-file.ts';
import { isDiskFile, openDiskFile } from '../../../drivers/formats/disk-file/open.ts';
import { RawDisk } from './raw-disk.ts';
import type { Watch } from './restore.ts';
import { sectorWarning } from './sector-warning.ts';
import { readFault } from './system-words.ts';

/** What a disk in a file of its own is, for a person or a program (docs/cli.md has it as JSON). */
export interface InspectedDiskFile extends Omit<DiskTable, 'kind'> {
  readonly format: DiskFile['format'];
  readonly sizeBytes: number;
  readonly usedBytes: number;
  readonly sectorSize: number;
  readonly table: DiskTable['kind'];
  /** What started it, by its table; null: that does not tell it. */
  readonly firmware: 'uefi' | 'bios' | null;
  readonly warnings: readonly string[];
}

/** Whether the path is of a VHDX or VHD, whole or not. @throws Node's errors, where it is there and cannot be read */
export async function isLocalDiskFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  // What is no regular file may wait for a writer when it is opened.
  if (stats?.isFile() !== true) return false;
  const { source, close } = await openSource(path);
  try {
    return await isDiskFile(source);
  } finally {
    await close();
  }
}

/** Whoever opens it closes it. @throws {FormatError}; Node's errors */
export async function openLocalDiskFile(
  path: string,
): Promise<{ readonly disk: DiskFile; readonly close: () => Promise<void> }> {
  const { source, close } = await openSource(path);
  try {
    return { disk: await openDiskFile(source), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openSource(path: string): Promise<{ source: SizedSource; close: () => Promise<void> }> {
  const handle = await open(path);
  const { size: sizeBytes } = await handle.stat();
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await handle
        .read(bytes, done, length - done, offset + done)
        .catch((error: unknown): never => {
          throw readFault(path, error);
        });
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  };
  return { source: { sizeBytes, read }, close: () => handle.close() };
}

export async function inspectDiskFile(disk: DiskFile): Promise<InspectedDiskFile> {
  const { format, sizeBytes, usedBytes, sectorSize } = disk;
  const warnings = diskFileWarnings(disk);
  const { kind, ...table } = await readTable(disk, disk);
  const firmware = firmwareOf({ kind, ...table });
  return { format, sizeBytes, usedBytes, sectorSize, table: kind, firmware, ...table, warnings };
}

/** What whoever makes a machine of it is to know. */
export function diskFileWarnings({ warnings, faults, sectorSize }: DiskFile): string[] {
  return [...faults, ...warnings, ...(sectorSize === 512 ? [] : [sectorWarning(sectorSize)])];
}

function firmwareOf({ kind, partitions }: DiskTable): 'uefi' | 'bios' | null {
  if (kind !== 'gpt') return kind === null ? null : 'bios';
  const has = (name: string): boolean => partitions.some(({ type }) => partitionType(type) === name);
  if (has('EFI system')) return 'uefi';
  return has('BIOS boot') ? 'bios' : null;
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
