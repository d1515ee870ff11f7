import { open, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { zeroRuns, type Zeros } from '../../drivers/formats/zero-runs.ts';
import { FilePartReader } from '../contract/file-parts.ts';

/**
 * Writes the parts (contract/file-parts.ts) of a stream to a file, whole or not at all; runs of zeros become holes.
 * @throws when the stream ends before `sizeBytes`, or the file cannot be written
 */
export async function writeSparse(
  file: string,
  stream: AsyncIterable<Uint8Array>,
  sizeBytes: number,
): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx');
  try {
    let at = 0;
    for await (const part of zeroRuns(partsOf(stream))) {
      if (part instanceof Uint8Array) {
        await handle.write(part, 0, part.length, at);
        at += part.length;
      } else at += part.zeros;
    }
    if (at !== sizeBytes) throw new Error(`${file}: ${at} of ${sizeBytes} bytes came.`);
    await handle.truncate(sizeBytes);
    await handle.close();
    await rename(temporary, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Takes what comes through a pipe of a file apart. */
export async function* partsOf(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array | Zeros, void, void> {
  const reader = new FilePartReader();
  for await (const chunk of stream) yield* reader.push(chunk);
}
