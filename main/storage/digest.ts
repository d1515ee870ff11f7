import { createHash } from 'node:crypto';
import type { Zeros } from '../../drivers/formats/zero-runs.ts';
import { ThreadDigest } from './digest-thread.ts';
import { hashPart } from './zero-bytes.ts';

export type DigestAlgorithm = 'sha256' | 'sha512';

/** A digest of bytes that come in parts. What is added may be taken back, as far as it was not kept. */
export interface Digest {
  /** Resolves when the bytes are taken. Rejects when the signal is aborted. */
  add(part: Uint8Array | Zeros): Promise<void>;
  /** What was added until now stays. */
  keep(): void;
  /** Forgets what was added since the last `keep`. */
  back(): void;
  /** Of all that was added, in hex; empty where none is computed. */
  hex(): Promise<string>;
  close(): void;
}

/** Less is hashed before a thread has begun. */
const THREAD_FROM_BYTES = 64 * 1024 * 1024;

/**
 * Computes beside the transfer where there is much: whoever reads and encrypts has the other core for itself.
 * @param algorithm null: nobody asks for one
 */
export function openDigest(
  algorithm: DigestAlgorithm | null,
  sizeBytes: number,
  signal: AbortSignal,
): Digest {
  if (algorithm === null) return NO_DIGEST;
  return sizeBytes < THREAD_FROM_BYTES ? new OwnDigest(algorithm) : new ThreadDigest(algorithm, signal);
}

const NO_DIGEST: Digest = {
  add: () => Promise.resolve(),
  keep: () => undefined,
  back: () => undefined,
  hex: () => Promise.resolve(''),
  close: () => undefined,
};

class OwnDigest implements Digest {
  #kept;
  #hash;

  constructor(algorithm: DigestAlgorithm) {
    this.#hash = createHash(algorithm);
    this.#kept = this.#hash.copy();
  }

  add(part: Uint8Array | Zeros): Promise<void> {
    return hashPart(this.#hash, part);
  }

  keep(): void {
    this.#kept = this.#hash.copy();
  }

  back(): void {
    this.#hash = this.#kept.copy();
  }

  hex(): Promise<string> {
    return Promise.resolve(this.#hash.copy().digest('hex'));
  }

  close(): void {
    // It is memory alone.
  }
}
