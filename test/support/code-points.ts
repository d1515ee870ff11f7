import fc from 'fast-check';

/** What is no character by itself: halves of pairs. */
const HALVES = { from: 0xd800, count: 0x800 };

/** Any character of Unicode. fast-check's own `binary` first makes a table of all million of them, which takes a core a second or two in each process. */
export const codePoint = fc
  .integer({ min: 0, max: 0x10_ffff - HALVES.count })
  .map((n) => String.fromCodePoint(n < HALVES.from ? n : n + HALVES.count));
