import type { Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Zeros } from '../../drivers/formats/zero-runs.ts';

const ZEROS = Buffer.alloc(1 << 20);
/** Hashing a long run takes seconds: others have their turn so often. */
const TURN_BYTES = 16 << 20;

/** The same with every zero in its place. */
export async function* bytesOf(
  source: AsyncIterable<Uint8Array | Zeros>,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const part of source)
    if (part instanceof Uint8Array) yield part;
    else yield* zeroBytes(part);
}

function* zeroBytes({ zeros }: Zeros): Generator<Uint8Array, void, void> {
  for (let left = zeros; left > 0; left -= ZEROS.length)
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
}

/** Adds bytes or a run of zeros to a digest. */
export async function hashPart(hash: Hash, part: Uint8Array | Zeros): Promise<void> {
  if (part instanceof Uint8Array) {
    hash.update(part);
    return;
  }
  let done = 0;
  for (const bytes of zeroBytes(part)) {
    hash.update(bytes);
    done += bytes.length;
    if (done % TURN_BYTES === 0) await setImmediate();
  }
}
