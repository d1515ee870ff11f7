import { once } from 'node:events';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { FILE_REQUEST_BYTES } from '../contract/file.ts';
import type { CoreClient } from '../bridge/rpc-client.ts';
import type { OpenPipe } from '../bridge/connection.ts';

/** Reads a range of a file. */
export type ReadRange = (offset: number, length: number) => AsyncIterable<Uint8Array>;

/** Answers the core's requests for ranges of an offered file (contract/file.ts), until the pipe is closed. */
export async function serveReads(pipe: Duplex, read: ReadRange): Promise<void> {
  const closed = new AbortController();
  pipe.once('close', () => closed.abort());
  try {
    let waiting = Buffer.alloc(0);
    for await (const chunk of pipe as AsyncIterable<Buffer>) {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= FILE_REQUEST_BYTES) {
        const [offset, length] = [Number(waiting.readBigUInt64BE(0)), Number(waiting.readBigUInt64BE(8))];
        waiting = waiting.subarray(FILE_REQUEST_BYTES);
        for await (const bytes of read(offset, length))
          if (!pipe.write(bytes)) await once(pipe, 'drain', { signal: closed.signal });
      }
    }
  } catch {
    // The core is told by the end of the pipe; it says what did not work with the file.
  } finally {
    pipe.destroy();
  }
}

export interface Offerer {
  readonly client: CoreClient;
  openPipe(token: string): Promise<OpenPipe>;
}

/**
 * Lets the core read a file of this computer while `work` runs.
 * @throws the file system's error when it cannot be opened
 */
export async function withOfferedFile<T>(
  session: Offerer,
  file: string,
  work: (id: string) => Promise<T>,
): Promise<T> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const offered = await session.client.file.offer({ name: path.basename(file), sizeBytes: size });
    const { stream } = await session.openPipe(offered.token);
    const serving = serveReads(stream, (offset, length) =>
      handle.createReadStream({
        start: offset,
        end: offset + length - 1,
        autoClose: false,
        highWaterMark: 256 * 1024,
      }),
    );
    try {
      return await work(offered.file);
    } finally {
      stream.destroy();
      await serving;
    }
  } finally {
    await handle.close();
  }
}
