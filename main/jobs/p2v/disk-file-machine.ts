import { partitionType } from '../../../drivers/formats/disk/partition-types.ts';
import type { InspectedDiskFile } from '../../contract/p2v.ts';
import { DiskFileSource } from './disk-file-source.ts';
import { inspectDiskFile, openDiskFileAt } from './disk-file.ts';
import { assertWhole, closing, type Place } from './place.ts';
import type { SavedDisk, SavedMachine } from './saved-machine.ts';
import { sectorWarning } from './sector-warning.ts';

/**
 * The machine whose disks are files of their own, VHDX or VHD, in order. What started it, and what it runs, the tables of partitions tell.
 * @throws {ClonezillaError} where one cannot be read
 */
export async function diskFileMachine(place: Place, paths: readonly string[]): Promise<SavedMachine> {
  const disks: SavedDisk[] = [];
  const seen: InspectedDiskFile[] = [];
  for (const path of paths) {
    assertWhole(place, path);
    const opened = await openDiskFileAt(place, path);
    const inspected = await closing(opened, inspectDiskFile(opened.disk));
    seen.push(inspected);
    disks.push(savedDisk(place, path, inspected));
  }
  const firmwares = seen.flatMap(({ firmware }) => firmware ?? []);
  return {
    hardware: { firmware: firmwares[0] ?? null, memoryBytes: null, cpus: null, macs: [] },
    isWindows: seen.some(isWindows),
    disks,
  };
}

function savedDisk(place: Place, path: string, inspected: InspectedDiskFile): SavedDisk {
  const { sizeBytes, sectorSize, usedBytes, fault } = inspected;
  const warnings = inspected.warnings.filter((warning) => warning !== sectorWarning(sectorSize));
  return {
    name: path,
    sectorBytes: sectorSize,
    plan: (wanted) => ({
      sizeBytes,
      problems:
        (wanted ?? sizeBytes) === sizeBytes
          ? []
          : [
              `It has ${sizeBytes} bytes, and the new disk has to be as large. Make that one larger afterwards.`,
            ],
      warnings: [...warnings, ...(fault === null ? [] : [fault])],
      writesBytes: usedBytes,
    }),
    async open() {
      const { disk, close } = await openDiskFileAt(place, path);
      return new DiskFileSource(path, disk, close);
    },
  };
}

/** By its partitions: other systems have some that are theirs alone. */
function isWindows({ partitions }: InspectedDiskFile): boolean {
  const types = partitions.map(({ type }) => partitionType(type) ?? '');
  return types.some((type) => WINDOWS.has(type)) && !types.some((type) => type.startsWith('Linux'));
}

const WINDOWS: ReadonlySet<string> = new Set(['Microsoft reserved', 'Windows recovery', 'NTFS or exFAT']);
