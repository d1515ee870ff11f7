import { crc32 } from 'node:zlib';
import type { IHasher } from 'hash-wasm';
import { hashes } from '../hashes.ts';

/** A checksum as partclone keeps it beside the blocks. */
export interface Checksum {
  /** In the image. */
  readonly bytes: number;
  restart(): void;
  update(data: Uint8Array): void;
  /** Of all since the restart, as it stands in the image; more may follow. */
  value(): Uint8Array;
}

/** As partclone computes it: it begins with all ones, and its end is not inverted as zlib's is. */
export class Crc32 implements Checksum {
  readonly bytes = 4;
  #crc = 0;

  restart(): void {
    this.#crc = 0;
  }

  update(data: Uint8Array): void {
    this.#crc = crc32(data, this.#crc);
  }

  value(): Uint8Array {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(~this.#crc >>> 0);
    return bytes;
  }
}

/** XXH64 or XXH3's 128 bits with seed 0, as the numbers lie in the memory of a little-endian computer: xxHash's canonical form backwards. */
class XxHash implements Checksum {
  readonly bytes: number;
  readonly #hasher: IHasher;

  constructor(hasher: IHasher) {
    this.bytes = hasher.digestSize;
    this.#hasher = hasher.init();
  }

  restart(): void {
    this.#hasher.init();
  }

  update(data: Uint8Array): void {
    this.#hasher.update(data);
  }

  value(): Uint8Array {
    const state = this.#hasher.save();
    const value = this.#hasher.digest('binary').toReversed();
    this.#hasher.load(state);
    return value;
  }
}

export type ChecksumKind = 'crc32' | 'xxh64' | 'xxh128';

export async function openChecksum(kind: ChecksumKind): Promise<Checksum> {
  switch (kind) {
    case 'crc32':
      return new Crc32();
    case 'xxh64':
      return new XxHash(await hashes().createXXHash64());
    case 'xxh128':
      return new XxHash(await hashes().createXXHash128());
  }
}
