import { stat } from 'node:fs/promises';
import path from 'node:path';
import { exists, freeBytes, partOf } from '../../jobs/p2v/raw-disk.ts';
import { systemWords } from '../../jobs/p2v/system-words.ts';
import { CliError } from '../errors.ts';
import { bytes } from '../format.ts';
import { refused } from './p2v-errors.ts';

/** The new file must not be there, and its folder must. */
export async function refuseExisting(file: string): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  const stats = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? refused(`${folder} is not there. Make it first.`) : error;
  });
  if (!stats.isDirectory()) throw refused(`${folder} is no directory: ${file} cannot be in it.`);
  if (await exists(file))
    throw new CliError({
      code: 'CONFLICT',
      message: `${file} is there already. Name a new file, or delete it.`,
    });
  if (await exists(partOf(file)))
    throw new CliError({
      code: 'CONFLICT',
      message: `${partOf(file)} is there already: another restore writes it, or one was killed. If none runs, delete it.`,
    });
}

export async function refuseFull(writesBytes: number, file: string): Promise<void> {
  const free = await freeBytes(file);
  if (writesBytes > free)
    throw noRoom(
      `${file} would hold the ${bytes(writesBytes)} that are in use on it, and ${bytes(free)} are free where it is to be.`,
    );
}

/** What reading could not do is told as the image's fault already. */
export function writeFault(file: string, error: unknown): unknown {
  // What a plain copy needs is not known before it is read.
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
    return noRoom(`${file} does not fit where it is to be: no space is left. Nothing of it is kept.`);
  const words = systemWords(error);
  return words === null ? error : refused(`${file} ${words}. Nothing of it is kept.`);
}

function noRoom(message: string): CliError {
  return new CliError({ code: 'CONFLICT', message });
}
