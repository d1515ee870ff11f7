import { XdrError } from './errors.ts';
import type { InternTable } from './interned.ts';

/** Bytes that fill a value up to a multiple of four (RFC 4506, section 3). */
export const padded = (length: number): number => length + (-length & 3);

/**
 * Reads XDR values (RFC 4506) from one body. Every length is checked against its limit and against what is left
 * before anything is allocated.
 */
export class XdrReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  int(): number {
    return this.#view.getInt32(this.#take(4));
  }

  uint(): number {
    return this.#view.getUint32(this.#take(4));
  }

  hyper(): bigint {
    return this.#view.getBigInt64(this.#take(8));
  }

  uhyper(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  /** A hyper as a number: beyond 2^53 it loses its last bits. */
  hyperAsNumber(): number {
    const start = this.#take(8);
    return this.#view.getInt32(start) * TWO_POW_32 + this.#view.getUint32(start + 4);
  }

  /** As `hyperAsNumber`, unsigned. */
  uhyperAsNumber(): number {
    const start = this.#take(8);
    return this.#view.getUint32(start) * TWO_POW_32 + this.#view.getUint32(start + 4);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  bool(): boolean {
    const value = this.uint();
    if (value > 1) throw new XdrError('BAD_VALUE', `a boolean is 0 or 1, not ${value}`);
    return value === 1;
  }

  /** The count of a list whose items take at least `itemSize` bytes each. */
  count(max: number, itemSize: number): number {
    const count = this.uint();
    if (count > max) throw new XdrError('TOO_LONG', `a list of ${count} items, at most ${max} are allowed`);
    if (count * itemSize > this.remaining) {
      throw new XdrError('TRUNCATED', `a list of ${count} items in ${this.remaining} bytes`);
    }
    return count;
  }

  /** UTF-8 text; bytes that are no UTF-8 become U+FFFD, as a host may hold names in any encoding. */
  string(max: number): string {
    const length = this.#length(max);
    const start = this.#take(padded(length));
    return this.#bytes.toString('utf8', start, start + length);
  }

  /** Like `string` for the few names that come again and again: equal bytes give the same string from a cache. */
  name(max: number): string {
    const length = this.#length(max);
    const start = this.#take(padded(length));
    const end = start + length;
    const bytes = this.#bytes;
    if (length > NAME_LENGTH_MAX) return bytes.toString('utf8', start, end);
    let hash = length;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const slot = hash & NAME_CACHE_MASK;
    const cached = nameCache[slot];
    if (cached !== undefined && isAscii(cached, bytes, start, end)) return cached;
    const text = bytes.toString('utf8', start, end);
    nameCache[slot] = text;
    return text;
  }

  /** What a table has for the bytes of a string. */
  interned<T>(table: InternTable<T>, max: number): T {
    return this.internedFixed(table, this.#length(max));
  }

  /** What a table has for the next `length` bytes. */
  internedFixed<T>(table: InternTable<T>, length: number): T {
    return table.at(this.#view, this.#take(padded(length)), length);
  }

  /** Moves past a string. */
  skipString(max: number): void {
    this.#take(padded(this.#length(max)));
  }

  /** A block of bytes of its own: it does not keep the packet alive. */
  opaque(max: number): Uint8Array {
    return this.opaqueFixed(this.#length(max));
  }

  opaqueFixed(length: number): Uint8Array {
    const start = this.#take(padded(length));
    if (length > SMALL_BLOCK) {
      const from = this.#bytes.byteOffset + start;
      return new Uint8Array(this.#bytes.buffer.slice(from, from + length));
    }
    const copy = new Uint8Array(length);
    for (let at = 0; at < length; at++) copy[at] = this.#bytes[start + at] ?? 0;
    return copy;
  }

  /** @throws XdrError TRAILING unless the whole body was read */
  end(): void {
    if (this.remaining > 0)
      throw new XdrError('TRAILING', `${this.remaining} bytes are left after the value`);
  }

  #length(max: number): number {
    const length = this.uint();
    if (length > max) throw new XdrError('TOO_LONG', `${length} bytes, at most ${max} are allowed`);
    return length;
  }

  /** Where the next `size` bytes start; moves past them. */
  #take(size: number): number {
    const start = this.#offset;
    if (start + size > this.#bytes.length) {
      throw new XdrError('TRUNCATED', `${size} bytes expected, ${this.remaining} are left`);
    }
    this.#offset = start + size;
    return start;
  }
}

const TWO_POW_32 = 2 ** 32;
/** Up to here a loop is faster than a call of the engine. */
const SMALL_BLOCK = 64;
const NAME_LENGTH_MAX = 64;
const NAME_CACHE_MASK = 0xfff;
/** A direct-mapped cache: a collision only costs a decode. */
const nameCache: (string | undefined)[] = Array.from({ length: NAME_CACHE_MASK + 1 }, () => undefined);

/** Whether `text` is exactly these bytes, all of them ASCII. */
function isAscii(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte > 0x7f || text.charCodeAt(at - start) !== byte) return false;
  }
  return true;
}
