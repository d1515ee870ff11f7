import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { hashes } from '../hashes.ts';

/** Of each kind of check, known or not (section 2.1.1.2 of the format). */
export const XZ_CHECK_BYTES: readonly number[] = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];
const CRC32 = 1;
const CRC64 = 4;
const SHA256 = 10;

/** What proves a block. */
export interface XzCheck {
  restart(): void;
  update(bytes: Uint8Array): void;
  /** As it stands in the file; null: there is none, or none that is known. */
  value(): Uint8Array | null;
}

export async function openXzCheck(kind: number): Promise<XzCheck> {
  if (kind === CRC32) return new Crc32();
  if (kind === SHA256) return new Sha256();
  if (kind !== CRC64) return { restart: () => undefined, update: () => undefined, value: () => null };
  const hasher = await hashes().createCRC64();
  return {
    restart: () => void hasher.init(),
    update: (bytes) => void hasher.update(bytes),
    value: () => hasher.digest('binary').toReversed(),
  };
}

class Crc32 implements XzCheck {
  #crc = 0;

  restart(): void {
    this.#crc = 0;
  }

  update(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc);
  }

  value(): Uint8Array {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(this.#crc);
    return bytes;
  }
}

class Sha256 implements XzCheck {
  #hash: Hash = createHash('sha256');

  restart(): void {
    this.#hash = createHash('sha256');
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  value(): Uint8Array {
    return this.#hash.digest();
  }
}
