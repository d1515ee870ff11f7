import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { STREAM_CHUNK_BYTES } from '../../drivers/rpc/frame.ts';
import { FILE_PIPE_BYTES, memoryPair } from '../../drivers/transport/memory.ts';
import type { Zeros } from '../../drivers/formats/zero-runs.ts';
import { FILE_PART_BYTES, readFilePartHead } from '../contract/file-parts.ts';
import { FILE_REQUEST_BYTES, type FileOffer } from '../contract/file.ts';
import { FailureError } from '../hosts/failures.ts';
import type { ByteSource } from './byte-source.ts';

/** What is asked for at one time. */
const REQUEST_BYTES = 64 * STREAM_CHUNK_BYTES;

const NEVER = new AbortController().signal;

/** How much of what was asked for, and of the part that is being read, is still to come. */
interface Answer {
  left: number;
  ofPart: number;
}

/** Files of laptops that the core may read now (contract/file.ts). */
export class OfferedFiles {
  readonly #files = new Map<string, OfferedFile>();

  /** Gives the file's id and the end of the pipe that the offering side is to have. */
  offer(offer: FileOffer): { file: string; pipe: Duplex } {
    const [near, far] = memoryPair(FILE_PIPE_BYTES);
    const file = randomUUID();
    const offered = new OfferedFile(offer, near, () => this.#files.delete(file));
    this.#files.set(file, offered);
    return { file, pipe: far };
  }

  /** @throws FailureError NOT_FOUND when it was never offered, or whoever had it is gone */
  file(id: string): OfferedFile {
    const offered = this.#files.get(id);
    if (offered !== undefined) return offered;
    throw new FailureError({
      code: 'NOT_FOUND',
      message:
        'The file cannot be read any more: the window or command that offered it is closed. Choose it again.',
    });
  }

  close(): void {
    for (const offered of this.#files.values()) offered.close();
  }
}

/** One offered file; reads are answered one after the other. */
export class OfferedFile implements ByteSource {
  readonly name: string;
  readonly sizeBytes: number;
  readonly #pipe: Duplex;
  #reads: Promise<void> = Promise.resolve();
  #closed = false;

  constructor({ name, sizeBytes }: FileOffer, pipe: Duplex, onClose: () => void) {
    this.name = name;
    this.sizeBytes = sizeBytes;
    this.#pipe = pipe;
    const closed = (): void => {
      this.#closed = true;
      onClose();
    };
    pipe.on('error', () => undefined).once('close', closed);
    pipe.once('end', closed);
  }

  /**
   * In requests of a few MiB, so that whoever stops in the middle leaves little to be thrown away, and another reader can begin elsewhere: an
   * upload that goes on after a lost link.
   */
  async *read(
    offset: number,
    length: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | Zeros, void, void> {
    for (let at = offset; at < offset + length; at += REQUEST_BYTES)
      yield* this.#readRange(at, Math.min(REQUEST_BYTES, offset + length - at), signal);
  }

  async *#readRange(
    offset: number,
    length: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | Zeros, void, void> {
    let release: () => void = () => undefined;
    const before = this.#reads;
    this.#reads = new Promise((resolve) => (release = resolve));
    await before;
    const answer = { left: 0, ofPart: 0 };
    try {
      signal.throwIfAborted();
      this.#ask(offset, length);
      answer.left = length;
      while (answer.left > 0) yield await this.#part(answer, signal);
    } finally {
      // What was asked for and not read would be taken for the next answer.
      void this.#skip(answer).finally(release);
    }
  }

  /** The next bytes of an answer. */
  async #part(answer: Answer, signal: AbortSignal): Promise<Uint8Array | Zeros> {
    if (answer.ofPart === 0) {
      const head = readFilePartHead(await this.#head(signal));
      if (head.length === 0 || head.length > answer.left) {
        this.close();
        throw this.#gone();
      }
      if (head.isZeros) {
        answer.left -= head.length;
        return { zeros: head.length };
      }
      answer.ofPart = head.length;
    }
    const chunk = await this.#next(answer.ofPart, signal);
    answer.ofPart -= chunk.length;
    answer.left -= chunk.length;
    return chunk;
  }

  /** Once its first byte is read, all of it is. */
  async #head(signal: AbortSignal): Promise<Uint8Array> {
    let head = await this.#next(FILE_PART_BYTES, signal);
    while (head.length < FILE_PART_BYTES)
      head = Buffer.concat([head, await this.#next(FILE_PART_BYTES - head.length, NEVER)]);
    return head;
  }

  async #skip(answer: Answer): Promise<void> {
    try {
      while (answer.left > 0) await this.#part(answer, NEVER);
    } catch {
      // It is closed: the next reader is told so.
    }
  }

  close(): void {
    this.#pipe.destroy();
  }

  #ask(offset: number, length: number): void {
    if (this.#closed) throw this.#gone();
    if (offset + length > this.sizeBytes)
      throw new RangeError(`${this.name}: ${length} bytes from ${offset} are beyond its end`);
    const request = Buffer.alloc(FILE_REQUEST_BYTES);
    request.writeBigUInt64BE(BigInt(offset), 0);
    request.writeBigUInt64BE(BigInt(length), 8);
    this.#pipe.write(request);
  }

  async #next(atMost: number, signal: AbortSignal): Promise<Uint8Array> {
    for (;;) {
      signal.throwIfAborted();
      const size = Math.min(atMost, this.#pipe.readableLength);
      const chunk = this.#pipe.read(size === 0 ? undefined : size) as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#closed || this.#pipe.readableEnded || this.#pipe.destroyed) throw this.#gone();
      await readableOrGone(this.#pipe, signal);
    }
  }

  #gone(): FailureError {
    return new FailureError({
      code: 'CONFLICT',
      message: `${this.name} could not be read to its end: the window or command that has it closed it, or the file changed.`,
    });
  }
}

function readableOrGone(pipe: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const name of ['readable', 'end', 'close', 'error']) pipe.off(name, done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    for (const name of ['readable', 'end', 'close', 'error']) pipe.once(name, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
