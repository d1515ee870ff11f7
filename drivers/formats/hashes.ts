import { createRequire } from 'node:module';
import type * as HashWasm from 'hash-wasm';

type Hashes = typeof HashWasm;

/** XXH32, XXH64, XXH3, CRC-64 and Adler-32, at the speed of compiled code. It is loaded when it is wanted, and a module of the old kind. */
export function hashes(): Hashes {
  return createRequire(import.meta.url)('hash-wasm') as Hashes;
}
