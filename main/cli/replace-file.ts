import { randomBytes } from 'node:crypto';
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';

/**
 * Writes a file whole or not at all: what was there stays until the new one is complete. A link is followed; what is no regular file
 * (`/dev/stdout`, a pipe) is written to and not replaced.
 */
export async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const before = await stat(file).catch(ifMissing);
  if (before !== null && !before.isFile()) return writeFile(file, bytes);
  const target = before === null ? file : await realpath(file);
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, bytes, {
      flag: 'wx',
      ...(before === null ? {} : { mode: before.mode & 0o777 }),
    });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function ifMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
