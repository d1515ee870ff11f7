import { FormatError } from '../errors.ts';
import { copyMatch } from './lz4-block.ts';

/** Behind a run of literals that is not a match's own: a short instruction means another distance there. */
const AFTER_RUN = 4;
/** What a far match's distance begins with; nothing but that is the end. */
const FAR = 16384;

/**
 * One block of LZO1X (the stream format is described in Linux's Documentation/staging/lzo.rst).
 * @param length of what is packed
 * @param at the block's offset, for errors
 * @throws FormatError
 */
export function unpackLzo(packed: Uint8Array, length: number, at: number): Uint8Array {
  const out = new Uint8Array(length);
  let read = 0;
  let write = 0;
  let state = 0;
  const damaged = (): FormatError => new FormatError('BAD_VALUE', 'The packed bytes are damaged', at + read);
  const next = (): number => {
    const byte = packed[read];
    if (byte === undefined) throw damaged();
    read += 1;
    return byte;
  };
  /** A length of 0 goes on in the bytes that follow: zeros count 255. */
  const longer = (value: number, mask: number): number => {
    if (value !== 0) return value;
    let more = mask;
    for (;;) {
      const byte = next();
      if (byte !== 0) return more + byte;
      more += 255;
    }
  };
  const literals = (count: number): void => {
    if (read + count > packed.length || write + count > length) throw damaged();
    if (count > 32) out.set(packed.subarray(read, read + count), write);
    else for (let index = 0; index < count; index += 1) out[write + index] = packed[read + index] ?? 0;
    read += count;
    write += count;
  };
  const match = (distance: number, count: number, after: number): void => {
    if (distance > write || write + count > length) throw damaged();
    copyMatch(out, { write, distance, length: count });
    write += count;
    literals(after);
    state = after;
  };
  const [first = 0] = packed;
  if (first > 17) {
    read = 1;
    literals(first - 17);
    state = Math.min(first - 17, AFTER_RUN);
  }
  for (;;) {
    const code = next();
    if (code >= 64) {
      const count = code >= 128 ? 5 + ((code >> 5) & 3) : 3 + ((code >> 5) & 1);
      match((next() << 3) + ((code >> 2) & 7) + 1, count, code & 3);
    } else if (code >= 32) {
      const count = 2 + longer(code & 31, 31);
      const word = next() | (next() << 8);
      match((word >> 2) + 1, count, word & 3);
    } else if (code >= 16) {
      const count = 2 + longer(code & 7, 7);
      const word = next() | (next() << 8);
      const distance = FAR + ((code & 8) << 11) + (word >> 2);
      if (distance === FAR) break;
      match(distance, count, word & 3);
    } else if (state === 0) {
      literals(3 + longer(code, 15));
      state = AFTER_RUN;
    } else if (state < AFTER_RUN) match((next() << 2) + (code >> 2) + 1, 2, code & 3);
    else match((next() << 2) + (code >> 2) + 2049, 3, code & 3);
  }
  if (read !== packed.length || write !== length) throw damaged();
  return out;
}
