import { once } from 'node:events';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { isZeros, type Zeros } from '../../drivers/formats/zero-runs.ts';
import { FILE_REQUEST_BYTES } from '../contract/file.ts';
import type { CoreClient } from '../bridge/rpc-client.ts';
import { writePart } from '../storage/file-pipe.ts';

const PIECE_BYTES = 256 * 1024;

/** Reads a range of a file. */
export type ReadRange = (offset: number, length: number) => AsyncIterable<Uint8Array | Zeros>;

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
        for await (const part of read(offset, length))
          if (!writePart(pipe, part)) await once(pipe, 'drain', { signal: closed.signal });
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
  openFilePipe(token: string): Promise<Duplex>;
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
    const stream = await session.openFilePipe(offered.token);
    const serving = serveReads(stream, (offset, length) => readRange(handle, offset, length));
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

/** Reads one piece ahead of who takes them. Not a stream of the handle: each would leave a listener on it. */
export async function* readRange(
  handle: FileHandle,
  offset: number,
  length: number,
): AsyncGenerator<Uint8Array | Zeros, void, void> {
  const end = offset + length;
  // Of a sparse file most is read into the same memory again and again.
  let spare: Buffer | null = null;
  const piece = (at: number): Promise<Uint8Array> => {
    const reading = readPiece(handle, at, spare ?? Buffer.allocUnsafeSlow(PIECE_BYTES), end - at);
    spare = null;
    reading.catch(() => undefined);
    return reading;
  };
  let next = piece(offset);
  for (let at = offset; at < end;) {
    const bytes = await next;
    if (bytes.length === 0) throw new Error('the file became shorter');
    at += bytes.length;
    const isHole = isZeros(bytes);
    if (isHole) spare = Buffer.from(bytes.buffer);
    if (at < end) next = piece(at);
    yield isHole ? { zeros: bytes.length } : bytes;
  }
}

async function readPiece(handle: FileHandle, at: number, into: Buffer, atMost: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await handle.read(into, 0, Math.min(PIECE_BYTES, atMost), at);
  return buffer.subarray(0, bytesRead);
}
