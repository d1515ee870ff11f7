import { XdrError } from './errors.ts';
import { padded } from './reader.ts';

const FIRST_CAPACITY = 4096;
/** A scratch block that grew beyond this is not kept. */
const KEPT_CAPACITY = 1 << 20;

/** Writes XDR values (RFC 4506) into a block that grows and is used again after `take`. */
export class XdrWriter {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #view: DataView = viewOf(this.#bytes);
  #offset = 0;

  get length(): number {
    return this.#offset;
  }

  int(value: number): void {
    if ((value | 0) !== value) throw new XdrError('BAD_VALUE', `${value} is no 32-bit integer`);
    const at = this.#reserve(4);
    this.#view.setInt32(at, value);
  }

  uint(value: number): void {
    if (value >>> 0 !== value) throw new XdrError('BAD_VALUE', `${value} is no unsigned 32-bit integer`);
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
  }

  hyper(value: bigint): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) {
      throw new XdrError('BAD_VALUE', `${String(value)} is no 64-bit bigint`);
    }
    const at = this.#reserve(8);
    this.#view.setBigInt64(at, value);
  }

  uhyper(value: bigint): void {
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) {
      throw new XdrError('BAD_VALUE', `${String(value)} is no unsigned 64-bit bigint`);
    }
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value);
  }

  double(value: number): void {
    if (typeof value !== 'number') throw new XdrError('BAD_VALUE', `${String(value)} is no number`);
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value);
  }

  bool(value: boolean): void {
    this.uint(value ? 1 : 0);
  }

  count(count: number, max: number): void {
    if (count > max) throw new XdrError('TOO_LONG', `a list of ${count} items, at most ${max} are allowed`);
    this.uint(count);
  }

  /** A text with a NUL is refused: the C side would end it there and act on another name than was shown. */
  string(value: string, max: number): void {
    if (typeof value !== 'string')
      throw new XdrError('BAD_VALUE', `a string is expected, not ${typeof value}`);
    if (value.includes('\0')) throw new XdrError('BAD_VALUE', 'a string must not contain a NUL');
    const length = Buffer.byteLength(value);
    if (length > max) throw new XdrError('TOO_LONG', `${length} bytes, at most ${max} are allowed`);
    this.uint(length);
    const start = this.#reserve(padded(length));
    this.#bytes.write(value, start, 'utf8');
    this.#bytes.fill(0, start + length, this.#offset);
  }

  opaque(value: Uint8Array, max: number): void {
    if (value.length > max) {
      throw new XdrError('TOO_LONG', `${value.length} bytes, at most ${max} are allowed`);
    }
    this.uint(value.length);
    this.opaqueFixed(value, value.length);
  }

  opaqueFixed(value: Uint8Array, length: number): void {
    if (!(value instanceof Uint8Array) || value.length !== length) {
      throw new XdrError('BAD_VALUE', `${length} bytes are expected`);
    }
    const start = this.#reserve(padded(length));
    this.#bytes.set(value, start);
    this.#bytes.fill(0, start + length, this.#offset);
  }

  /** Leaves `size` bytes free and says where, for a header whose values are known at the end. */
  skip(size: number): number {
    return this.#reserve(size);
  }

  /** Writes an unsigned 32-bit integer at a place left by `skip`. */
  uintAt(offset: number, value: number): void {
    this.#view.setUint32(offset, value);
  }

  /** A copy of what was written; the writer is empty again. */
  take(): Buffer {
    const result = Buffer.from(this.#bytes.subarray(0, this.#offset));
    this.reset();
    return result;
  }

  /** Drops what was written. */
  reset(): void {
    this.#offset = 0;
    if (this.#bytes.length > KEPT_CAPACITY) this.#resize(FIRST_CAPACITY);
  }

  /** Where the next `size` bytes go. It may replace the view: take that one afterwards. */
  #reserve(size: number): number {
    const start = this.#offset;
    const end = start + size;
    if (end > this.#bytes.length) this.#resize(Math.max(end, this.#bytes.length * 2));
    this.#offset = end;
    return start;
  }

  #resize(capacity: number): void {
    const grown = Buffer.allocUnsafe(capacity);
    this.#bytes.copy(grown, 0, 0, this.#offset);
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
