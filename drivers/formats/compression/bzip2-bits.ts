import { FormatError } from '../errors.ts';

/** Bits from the highest of a byte down. Behind the end they are zeros: `need` and `check` tell. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #at: number;
  /** Bits read, in the bytes. */
  position: number;

  /** @param from `skip`: bits of the first byte that are read already; `at`: offset of the bytes, for errors */
  constructor(bytes: Uint8Array, { skip, at }: { skip: number; at: number }) {
    this.#bytes = bytes;
    this.#at = at;
    this.position = skip;
  }

  /** At most 24 bits. */
  read(count: number): number {
    const value = this.peek(count);
    this.position += count;
    return value;
  }

  /** At most 24 bits. */
  peek(count: number): number {
    const index = this.position >> 3;
    const bytes = this.#bytes;
    const word =
      ((bytes[index] ?? 0) << 24) |
      ((bytes[index + 1] ?? 0) << 16) |
      ((bytes[index + 2] ?? 0) << 8) |
      (bytes[index + 3] ?? 0);
    return (word << (this.position & 7)) >>> (32 - count);
  }

  /** @throws FormatError TRUNCATED where fewer bits than so many are left */
  need(count: number): void {
    if (this.position + count > this.#bytes.length * 8)
      throw new FormatError('TRUNCATED', 'The packed bytes end too early', this.#at + this.#bytes.length);
  }

  damaged(): FormatError {
    this.need(0);
    return new FormatError('BAD_VALUE', 'The packed bytes are damaged', this.#at + (this.position >> 3));
  }
}
