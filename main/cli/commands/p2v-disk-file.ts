import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';
import type { DiskFile } from '../../../drivers/formats/disk-file/disk-file.ts';
import {
  diskFileWarnings,
  inspectDiskFile as inspect,
  namedFault,
  openDiskFileAt,
  readDiskFile,
  restoreDiskFile as restore,
} from '../../jobs/p2v/disk-file.ts';
import { freeBytes } from '../../jobs/p2v/raw-disk.ts';
import { UsageError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { bytes } from '../format.ts';
import type { ImageFrom } from './p2v-place.ts';
import { writeFault } from './p2v-new-file.ts';
import type { RestoreOptions } from './p2v.ts';
import { diskFileLines } from './p2v-text.ts';
import { watched } from './p2v-watched.ts';

/** What of a file has checksums. */
const PROVEN = { vhdx: 'header and regions', vhd: 'footer and header' } as const;

export async function inspectDiskFile(from: ImageFrom): Promise<ExitCode> {
  const { output } = from;
  return withDisk(from, async (disk) => {
    const inspected = await inspect(disk);
    output.either(inspected, () => diskFileLines(inspected).forEach((line) => output.line(line)));
    return EXIT.done;
  });
}

export async function verifyDiskFile(from: ImageFrom): Promise<ExitCode> {
  const { output, path: file } = from;
  return withDisk(from, async (disk) => {
    for (const warning of disk.warnings) output.note(warning);
    await watched(output, (watch) => readDiskFile(disk, watch));
    const { format, sizeBytes, usedBytes, warnings, faults } = disk;
    const proven = PROVEN[format];
    output.either({ file, format, sizeBytes, usedBytes, checked: 'none', warnings, faults }, () =>
      output.line(`${file}: ${proven} verified by checksums. Unchecked: where blocks are, and their content`),
    );
    for (const message of faults) output.failure({ code: 'BAD_INPUT', message: `${file}: ${message}` });
    return faults.length === 0 ? EXIT.done : EXIT.failed;
  });
}

export async function restoreDiskFile(
  from: ImageFrom,
  { toRaw: file, disk: name, size }: RestoreOptions,
): Promise<ExitCode> {
  const { output, path } = from;
  if (name !== undefined || size !== undefined)
    throw new UsageError(`${path} is one disk, which stays as large as it is: leave --disk and --size out.`);
  return withDisk(from, async (disk) => {
    const warnings = diskFileWarnings(disk);
    for (const warning of warnings) output.note(warning);
    const free = await freeBytes(file);
    // Blocks that are zeros take no room: how many are is not known before they are read.
    if (disk.usedBytes > free)
      output.note(`${file} may need up to ${bytes(disk.usedBytes)}, and ${bytes(free)} are free.`);
    await watched(output, (watch) => restore(disk, file, watch)).catch((error: unknown) => {
      throw error instanceof FormatError || error instanceof ClonezillaError
        ? error
        : writeFault(file, error);
    });
    const { sizeBytes } = disk;
    output.either({ disk: null, file, sizeBytes, warnings, done: true }, () =>
      output.line(`${path} restored to ${file} (${bytes(sizeBytes)})`),
    );
    return EXIT.done;
  });
}

/** What the file is not is told with its name. */
async function withDisk<T>(
  { place, path: file }: ImageFrom,
  work: (disk: DiskFile) => Promise<T>,
): Promise<T> {
  try {
    const { disk, close } = await openDiskFileAt(place, file);
    try {
      return await work(disk);
    } finally {
      await close();
    }
  } catch (error) {
    throw namedFault(file, error);
  }
}
