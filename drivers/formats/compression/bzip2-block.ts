import { FormatError } from '../errors.ts';
import type { BitReader } from './bzip2-bits.ts';

/** So many symbols in a row are of one table. */
const GROUP = 50;
const MAX_LENGTH = 20;
const RUN_A = 0;
const RUN_B = 1;
const OUT_BYTES = 256 * 1024;

/** What turns bits into symbols: of each length the codes below `limit`, and what leads from a code to its symbol. */
interface Table {
  readonly shortest: number;
  readonly limit: Int32Array;
  readonly base: Int32Array;
  readonly symbols: Uint16Array;
}

/**
 * A block behind its mark and checksum. The bits are all read when it returns; the bytes come from it, and at their end it is found out
 * whether they are the right ones.
 * @throws FormatError
 */
export function readBlock(
  bits: BitReader,
  { blockBytes, sum }: { blockBytes: number; sum: number },
): Iterable<Uint8Array> {
  // Only versions before 0.9.5 (1999) made these.
  if (bits.read(1) === 1) throw new FormatError('UNSUPPORTED', 'A block of an old bzip2 is randomised');
  const origin = bits.read(24);
  const { column, length } = readSymbols(bits, blockBytes);
  if (origin >= length) throw bits.damaged();
  bits.need(0);
  return unpack(column, { length, origin, sum, bits });
}

/** Huffman codes, then runs and moves to front. @returns the last column of the sorted block, each byte in the lowest bits */
function readSymbols(bits: BitReader, blockBytes: number): { column: Uint32Array; length: number } {
  const front = readAlphabet(bits);
  const tableCount = bits.read(3);
  const selectors = readSelectors(bits, tableCount);
  const end = front.length + 1;
  const tables = Array.from({ length: tableCount }, () => readTable(bits, end + 1));
  const column = new Uint32Array(blockBytes);
  let length = 0;
  let run = 0;
  let place = 1;
  for (const selector of selectors) {
    const table = tables[selector];
    if (table === undefined) throw bits.damaged();
    bits.need(0);
    for (let index = 0; index < GROUP; index += 1) {
      const symbol = readSymbol(bits, table);
      if (symbol === RUN_A || symbol === RUN_B) {
        run += place << symbol;
        place *= 2;
        if (run > blockBytes) throw bits.damaged();
        continue;
      }
      if (run > 0) {
        if (length + run > blockBytes) throw bits.damaged();
        column.fill(front[0] ?? 0, length, length + run);
        length += run;
        run = 0;
        place = 1;
      }
      if (symbol === end) return { column, length };
      if (length === blockBytes) throw bits.damaged();
      const byte = front[symbol - 1] ?? 0;
      front.copyWithin(1, 0, symbol - 1);
      front[0] = byte;
      column[length] = byte;
      length += 1;
    }
  }
  throw bits.damaged();
}

/** Which bytes occur: 16 bits for the sixteens, and 16 for each that is there. */
function readAlphabet(bits: BitReader): Uint8Array {
  const sixteens = bits.read(16);
  const bytes: number[] = [];
  for (let high = 0; high < 16; high += 1) {
    if ((sixteens & (0x8000 >> high)) === 0) continue;
    const lows = bits.read(16);
    for (let low = 0; low < 16; low += 1) if ((lows & (0x8000 >> low)) !== 0) bytes.push(high * 16 + low);
  }
  if (bytes.length === 0) throw bits.damaged();
  return Uint8Array.from(bytes);
}

/** Which table each group has, moved to front, in unary numbers. */
function readSelectors(bits: BitReader, tableCount: number): Uint8Array {
  const count = bits.read(15);
  if (tableCount < 2 || tableCount > 6 || count === 0) throw bits.damaged();
  const order = Array.from({ length: tableCount }, (_, index) => index);
  return Uint8Array.from({ length: count }, () => {
    let index = 0;
    while (bits.read(1) === 1) {
      index += 1;
      if (index >= tableCount) throw bits.damaged();
    }
    const [table = 0] = order.splice(index, 1);
    order.unshift(table);
    return table;
  });
}

/** Lengths of the codes, each by its difference to the one before. */
function readTable(bits: BitReader, symbolCount: number): Table {
  let length = bits.read(5);
  const lengths = Uint8Array.from({ length: symbolCount }, () => {
    for (;;) {
      if (length < 1 || length > MAX_LENGTH) throw bits.damaged();
      if (bits.read(1) === 0) return length;
      length += bits.read(1) === 0 ? 1 : -1;
    }
  });
  const limit = new Int32Array(MAX_LENGTH + 1);
  const base = new Int32Array(MAX_LENGTH + 1);
  const symbols = new Uint16Array(symbolCount);
  let code = 0;
  let before = 0;
  for (let bitCount = 1; bitCount <= MAX_LENGTH; bitCount += 1) {
    base[bitCount] = before - code;
    for (const [symbol, own] of lengths.entries())
      if (own === bitCount) {
        symbols[before] = symbol;
        before += 1;
        code += 1;
      }
    limit[bitCount] = code;
    code *= 2;
  }
  return { shortest: Math.min(...lengths), limit, base, symbols };
}

function readSymbol(bits: BitReader, { shortest, limit, base, symbols }: Table): number {
  const word = bits.peek(MAX_LENGTH);
  for (let length = shortest; length <= MAX_LENGTH; length += 1) {
    const code = word >>> (MAX_LENGTH - length);
    if (code >= (limit[length] ?? 0)) continue;
    bits.position += length;
    return symbols[code + (base[length] ?? 0)] ?? 0;
  }
  throw bits.damaged();
}

/** Undoes the sorting (Burrows and Wheeler), then the runs: four equal bytes, and how many more. */
function* unpack(
  column: Uint32Array,
  { length, origin, sum, bits }: { length: number; origin: number; sum: number; bits: BitReader },
): Generator<Uint8Array, void, void> {
  link(column, length);
  let crc = 0xff_ff_ff_ff;
  let out = new Uint8Array(OUT_BYTES);
  let filled = 0;
  let last = -1;
  let equal = 0;
  let place = (column[origin] ?? 0) >>> 8;
  for (let left = length; left > 0; left -= 1) {
    const entry = column[place] ?? 0;
    const byte = entry & 0xff;
    place = entry >>> 8;
    let count = 1;
    let value = byte;
    if (equal === 4) {
      count = byte;
      value = last;
      equal = 0;
    } else {
      equal = byte === last ? equal + 1 : 1;
      last = byte;
    }
    if (filled + count > OUT_BYTES) {
      yield out.subarray(0, filled);
      out = new Uint8Array(OUT_BYTES);
      filled = 0;
    }
    for (; count > 0; count -= 1) {
      out[filled] = value;
      filled += 1;
      crc = (crc << 8) ^ (TABLE[(crc >>> 24) ^ value] ?? 0);
    }
  }
  if (~crc >>> 0 !== sum) throw bits.damaged();
  if (filled > 0) yield out.subarray(0, filled);
}

/** Adds to each byte, in the upper bits, where the one that follows it stands. */
function link(column: Uint32Array, length: number): void {
  const starts = new Uint32Array(256);
  for (let index = 0; index < length; index += 1) {
    const byte = column[index] ?? 0;
    starts[byte] = (starts[byte] ?? 0) + 1;
  }
  let total = 0;
  for (let byte = 0; byte < 256; byte += 1) {
    const count = starts[byte] ?? 0;
    starts[byte] = total;
    total += count;
  }
  for (let index = 0; index < length; index += 1) {
    const byte = (column[index] ?? 0) & 0xff;
    const start = starts[byte] ?? 0;
    starts[byte] = start + 1;
    column[start] = (column[start] ?? 0) | (index << 8);
  }
}

/** CRC-32 with the bits of a byte from the highest down. */
const TABLE = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value < 0 ? (value << 1) ^ 0x04_c1_1d_b7 : value << 1;
  return value;
});
