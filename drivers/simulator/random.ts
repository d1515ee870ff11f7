/** A stream of numbers in [0, 1) from a 32-bit seed (mulberry32): the same seed always gives the same fleet. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A number in [0, 1) that depends only on the two integers: noise that can be asked for at any time, in any order. */
export function hashUnit(seed: number, position: number): number {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(position | 0, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4294967296;
}

/** Smooth noise in [0, 1): random heights every `period` seconds, joined by an S-curve. */
export function smoothNoise(seed: number, seconds: number, period: number): number {
  const position = seconds / period;
  const cell = Math.floor(position);
  const within = position - cell;
  const ease = within * within * (3 - 2 * within);
  const left = hashUnit(seed, cell);
  return left + (hashUnit(seed, cell + 1) - left) * ease;
}

/** A 32-bit hash of a text (FNV-1a), to give every name a seed of its own. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** A version 4 UUID from a random stream, so that a seed also fixes the identities. */
export function randomUuid(random: () => number): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = Math.floor(random() * 256);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}
