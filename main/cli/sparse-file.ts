import { open, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { zeroRuns } from '../../drivers/formats/zero-runs.ts';

/**
 * Writes a stream to a file, whole or not at all; runs of zeros become holes.
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
    for await (const part of zeroRuns(stream)) {
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
