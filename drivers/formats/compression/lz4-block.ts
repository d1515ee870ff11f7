import { FormatError } from '../errors.ts';

/** Behind a literal run comes a match of at least so many bytes. */
const MIN_MATCH = 4;

/**
 * One block of LZ4 (lz4_Block_format.md).
 * @param packed of the whole block
 * @param into the window: what lies before `from` may be referred to, and the bytes are written from there on; `at` is the block's offset, for errors
 * @returns where in the window they end
 * @throws FormatError
 */
export function unpackLz4(
  packed: Uint8Array,
  { window, from, at }: { window: Uint8Array; from: number; at: number },
): number {
  const end = packed.length;
  let read = 0;
  let write = from;
  const damaged = (): FormatError => new FormatError('BAD_VALUE', 'The packed bytes are damaged', at + read);
  /** Past 15 more bytes follow, until one is not 255. */
  const longer = (): number => {
    let length = 0;
    for (;;) {
      const byte = packed[read];
      if (byte === undefined) throw damaged();
      read += 1;
      length += byte;
      if (byte !== 255) return length;
    }
  };
  while (read < end) {
    const token = packed[read] ?? 0;
    read += 1;
    let literals = token >> 4;
    if (literals === 15) literals += longer();
    if (literals > 0) {
      if (read + literals > end || write + literals > window.length) throw damaged();
      window.set(packed.subarray(read, read + literals), write);
      read += literals;
      write += literals;
    }
    if (read === end) return write;
    if (read + 2 > end) throw damaged();
    const distance = (packed[read] ?? 0) | ((packed[read + 1] ?? 0) << 8);
    read += 2;
    let length = (token & 15) + MIN_MATCH;
    if (length === 15 + MIN_MATCH) length += longer();
    if (distance === 0 || distance > write || write + length > window.length) throw damaged();
    copyMatch(window, { write, distance, length });
    write += length;
  }
  // The last sequence is literals alone.
  throw damaged();
}

/** Copies within `window`, also where the bytes are those that it writes itself. */
export function copyMatch(
  window: Uint8Array,
  { write, distance, length }: { write: number; distance: number; length: number },
): void {
  if (distance >= length && length > 32) {
    window.copyWithin(write, write - distance, write - distance + length);
    return;
  }
  if (distance === 1 && length > 32) {
    window.fill(window[write - 1] ?? 0, write, write + length);
    return;
  }
  for (let from = write - distance, to = write; to < write + length; from += 1, to += 1)
    window[to] = window[from] ?? 0;
}
