import { FormatError } from './errors.ts';

/** Bytes in order, in pieces of any size. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** A run of a device's bytes; runs come in ascending order and never overlap. What no run has is zero. */
export interface Run {
  readonly offset: number;
  readonly data: Uint8Array;
}

const NOTHING = new Uint8Array();

/** Reads a stream as a format has it: so many bytes, and no more of the stream is held than the largest that is asked for at once. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = NOTHING;
  #offset = 0;

  constructor(source: ByteStream) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Of the byte that is read next, in the stream. */
  get offset(): number {
    return this.#offset;
  }

  /** What has arrived, at most `max` bytes of it and at least one; null at the end. Not a copy: whoever keeps it copies it. */
  async some(max: number): Promise<Uint8Array | null> {
    if (this.#rest.length === 0 && !(await this.#pull())) return null;
    const piece = this.#rest.length <= max ? this.#rest : this.#rest.subarray(0, max);
    this.#drop(piece.length);
    return piece;
  }

  /**
   * Exactly so many bytes; not a copy where they arrived in one piece.
   * @param what is read, for a person
   * @throws FormatError TRUNCATED, where the stream ends
   */
  async exact(length: number, what: string): Promise<Buffer> {
    const bytes = await this.peek(length);
    if (bytes.length < length) throw this.#truncated(length - bytes.length, what);
    this.#drop(length);
    return bytes;
  }

  /** The same bytes that are read next, fewer where the stream ends before. */
  async peek(length: number): Promise<Buffer> {
    if (this.#rest.length < length) await this.#gather(length);
    return asBuffer(this.#rest.subarray(0, length));
  }

  /** @throws FormatError TRUNCATED */
  async skip(length: number, what: string): Promise<void> {
    for (let left = length; left > 0;) {
      const piece = await this.some(left);
      if (piece === null) throw this.#truncated(left, what);
      left -= piece.length;
    }
  }

  async atEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#pull());
  }

  /** @throws FormatError BAD_VALUE where anything follows; reads to the end, so that whoever made the stream sees its own end, too */
  async end(what: string): Promise<void> {
    if (!(await this.atEnd()))
      throw new FormatError('BAD_VALUE', `Bytes follow where ${what} ends`, this.#offset);
  }

  /** Nothing more is read: the source is let go. */
  async close(): Promise<void> {
    this.#rest = NOTHING;
    await this.#source.return?.();
  }

  #drop(length: number): void {
    this.#rest = this.#rest.subarray(length);
    this.#offset += length;
  }

  async #pull(): Promise<boolean> {
    for (;;) {
      const { value, done } = await this.#source.next();
      if (done === true) return false;
      if (value.length === 0) continue;
      this.#rest = value;
      return true;
    }
  }

  async #gather(length: number): Promise<void> {
    const pieces = [this.#rest];
    let held = this.#rest.length;
    while (held < length && (await this.#pull())) {
      pieces.push(this.#rest);
      held += this.#rest.length;
    }
    this.#rest = pieces.length === 1 ? (pieces[0] ?? NOTHING) : Buffer.concat(pieces);
  }

  #truncated(missing: number, what: string): FormatError {
    return new FormatError(
      'TRUNCATED',
      `The bytes end within ${what}, ${missing} before its end`,
      this.#offset + this.#rest.length,
    );
  }
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
