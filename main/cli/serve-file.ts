import { once } from 'node:events';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { isZeros, type Zeros } from '../../drivers/formats/zero-runs.ts';
import { STREAM_CHUNK_BYTES } from '../../drivers/rpc/frame.ts';
import { FILE_REQUEST_BYTES } from '../contract/file.ts';
import type { CoreClient } from '../bridge/rpc-client.ts';
import { systemWords } from '../jobs/p2v/system-words.ts';
import { writePart } from '../storage/file-pipe.ts';
import { CliError } from './errors.ts';
import { EXIT } from './exit-codes.ts';

/** One packet of a stream: a rest would be one of its own, each time. Larger pieces live long enough to make the collector work much more. */
const PIECE_BYTES = STREAM_CHUNK_BYTES;
/** What is read after a hole, which seldom ends soon. */
const HOLE_BYTES = 1024 * 1024;

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
 * @throws {CliError} that names the file when it cannot be opened
 */
export async function withOfferedFile<T>(
  session: Offerer,
  file: string,
  work: (id: string) => Promise<T>,
): Promise<T> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    const words = systemWords(error);
    throw words === null
      ? error
      : new CliError({ code: 'BAD_INPUT', message: `${file} ${words}.` }, EXIT.failed);
  });
  try {
    const { size } = await handle.stat();
    const offered = await session.client.file.offer({ name: path.basename(file), sizeBytes: size });
    const stream = await session.openFilePipe(offered.token);
    const reader = new FileReader(handle);
    const serving = serveReads(stream, (offset, length) => reader.read(offset, length));
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

/** Reads ranges of a file, one after the other. */
export class FileReader {
  readonly #handle: FileHandle;
  /** What follows a hole is read into the same memory again and again. */
  readonly #holes = Buffer.allocUnsafeSlow(HOLE_BYTES);

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /**
   * Reads one piece ahead of who takes them, and holes in larger ones: Node cannot ask where they are. Not a stream of the handle: each
   * would leave a listener on it.
   */
  async *read(offset: number, length: number): AsyncGenerator<Uint8Array | Zeros, void, void> {
    const end = offset + length;
    let next = this.#piece(offset, end, false);
    for (let at = offset; at < end;) {
      const bytes = await next;
      if (bytes.length === 0) throw new Error('the file became shorter');
      at += bytes.length;
      const part = isZeros(bytes) ? { zeros: bytes.length } : this.#lasting(bytes);
      if (at < end) next = this.#piece(at, end, 'zeros' in part);
      yield part;
    }
  }

  #piece(at: number, end: number, isAfterHole: boolean): Promise<Uint8Array> {
    const size = Math.min(isAfterHole ? HOLE_BYTES : PIECE_BYTES, end - at);
    const reading = this.#readInto(isAfterHole ? this.#holes : Buffer.allocUnsafeSlow(size), at, size);
    reading.catch(() => undefined);
    return reading;
  }

  async #readInto(into: Buffer, at: number, size: number): Promise<Uint8Array> {
    const { bytesRead, buffer } = await this.#handle.read(into, 0, size, at);
    return buffer.subarray(0, bytesRead);
  }

  #lasting(bytes: Uint8Array): Uint8Array {
    return bytes.buffer === this.#holes.buffer ? Buffer.from(bytes) : bytes;
  }
}
