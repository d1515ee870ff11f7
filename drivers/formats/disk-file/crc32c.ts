import type { IHasher } from 'hash-wasm';
import { hashes } from '../hashes.ts';

/** Castagnoli's polynomial, backwards. */
const POLYNOMIAL = 0x82f63b78;

/** CRC-32C of bytes that hold it themselves. */
export class Crc32c {
  readonly #hasher: IHasher;

  private constructor(hasher: IHasher) {
    this.#hasher = hasher;
  }

  static async load(): Promise<Crc32c> {
    return new Crc32c(await hashes().createCRC32(POLYNOMIAL));
  }

  /** Whether the four bytes at `at` are the checksum of all, with zeros in their place. */
  isRight(bytes: Buffer, at: number): boolean {
    const hasher = this.#hasher.init();
    hasher.update(bytes.subarray(0, at));
    hasher.update(Buffer.alloc(4));
    hasher.update(bytes.subarray(at + 4));
    return parseInt(hasher.digest('hex'), 16) === bytes.readUInt32LE(at);
  }
}
