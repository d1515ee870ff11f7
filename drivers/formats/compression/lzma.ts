/** More than what one symbol reads (LZMA_REQUIRED_INPUT_MAX of the reference decoder). */
export const LZMA_SYMBOL_BYTES = 20;
/** Dictionaries beyond are refused, as they are held: no preset of xz or lzip has more. */
export const LZMA_MAX_DICTIONARY = 64 * 1024 ** 2;
const MIN_DICTIONARY = 4096;
const FIRST_DICTIONARY = 64 * 1024;

/** Where the probabilities of each kind begin. */
const IS_MATCH = 0;
const IS_REP = 192;
const IS_REP_0 = 204;
const IS_REP_1 = 216;
const IS_REP_2 = 228;
const IS_REP_0_LONG = 240;
const SLOT = 432;
const SPECIAL = 688;
const ALIGN = 804;
const LENGTH = 820;
const REP_LENGTH = 1334;
const LITERAL = 1848;
/** Within those of lengths. */
const LENGTH_LOW = 2;
const LENGTH_MIDDLE = 130;
const LENGTH_HIGH = 258;
const END_MARK = 0xff_ff_ff_ff;

export type LzmaStop = 'limit' | 'input' | 'end' | 'damaged';

/** The decoder of LZMA, as the specification that comes with the LZMA SDK has it. Its dictionary is its output: see `run`. */
export class LzmaDecoder {
  /** Grows until it is as large as it may be. */
  dictionary: Uint8Array;
  /** Where in the dictionary the next byte comes. */
  at = 0;
  /** Where the next byte of the input is; past its length when that has ended too early. */
  read = 0;
  /** So many bytes before `at` may be referred to. */
  #behind = 0;
  #input: Uint8Array = new Uint8Array();
  /** Both are unsigned numbers of 32 bits, kept signed: so the engine does not box them. */
  #range = 0;
  #code = 0;
  #state = 0;
  readonly #maximum: number;
  readonly #reps = new Uint32Array(4);
  #probabilities = new Uint16Array();
  #lc = 0;
  #literalMask = 0;
  #positionMask = 0;
  /** Bytes since the last reset of the state: positions are counted from there. */
  #position = 0;
  #pending = 0;

  constructor(dictionaryBytes: number) {
    this.#maximum = Math.max(dictionaryBytes, MIN_DICTIONARY);
    this.dictionary = new Uint8Array(Math.min(this.#maximum, FIRST_DICTIONARY));
  }

  /** What came since `from`, a copy. There is room in the dictionary afterwards. */
  take(from: number): Uint8Array {
    const piece = this.dictionary.slice(from, this.at);
    if (this.at < this.dictionary.length) return piece;
    if (this.at === this.#maximum) this.at = 0;
    else {
      const larger = new Uint8Array(Math.min(this.#maximum, this.at * 4));
      larger.set(this.dictionary);
      this.dictionary = larger;
    }
    return piece;
  }

  /** @returns whether they are properties: (pb * 5 + lp) * 9 + lc */
  setProperties(byte: number): boolean {
    if (byte >= 9 * 5 * 5) return false;
    const lp = Math.floor(byte / 9) % 5;
    this.#lc = byte % 9;
    this.#literalMask = 2 ** lp - 1;
    this.#positionMask = 2 ** Math.floor(byte / 45) - 1;
    this.#probabilities = new Uint16Array(LITERAL + 0x300 * 2 ** (this.#lc + lp));
    return true;
  }

  resetState(): void {
    this.#probabilities.fill(1024);
    this.#state = 0;
    this.#reps.fill(0);
    this.#pending = 0;
  }

  resetDictionary(): void {
    this.#behind = 0;
    this.#position = 0;
  }

  setInput(bytes: Uint8Array): void {
    this.#input = bytes;
    this.read = 0;
  }

  /** @returns whether the input begins as coded bytes do */
  startCoder(): boolean {
    this.#range = 0xff_ff_ff_ff | 0;
    this.#code = 0;
    const first = this.#next();
    for (let index = 0; index < 4; index += 1) this.#code = (this.#code << 8) | this.#next();
    return first === 0;
  }

  /** Nothing is left in the coder, as it is at an end. */
  get isCoderDone(): boolean {
    return this.#code === 0;
  }

  /** A byte that is not packed. */
  put(bytes: Uint8Array): void {
    this.dictionary.set(bytes, this.at);
    this.#advance(bytes.length);
  }

  /**
   * Decodes until the dictionary has `limit` (no more than up to its end) more bytes or, unless it is all there is, little input is left.
   * The bytes are in the dictionary before `at`.
   */
  run(limit: number, isAll: boolean): LzmaStop {
    const end = this.at + limit;
    const inputEnd = isAll ? this.#input.length : this.#input.length - LZMA_SYMBOL_BYTES;
    while (this.at < end) {
      if (this.#pending > 0) {
        this.#copy(end);
        continue;
      }
      if (this.read > inputEnd) return 'input';
      const positionState = this.#position & this.#positionMask;
      if (this.#bit(IS_MATCH + (this.#state << 4) + positionState) === 0) {
        this.#literal();
        continue;
      }
      const stop = this.#match(positionState);
      if (stop !== null) return stop;
    }
    return 'limit';
  }

  #literal(): void {
    const { dictionary } = this;
    const before = this.#behind === 0 ? 0 : this.#byteBack(1);
    const place = ((this.#position & this.#literalMask) << this.#lc) + (before >> (8 - this.#lc));
    const base = LITERAL + 0x300 * place;
    let symbol = 1;
    if (this.#state >= 7) {
      let matched = this.#byteBack((this.#reps[0] ?? 0) + 1);
      while (symbol < 0x100) {
        const bit = (matched >> 7) & 1;
        matched <<= 1;
        const read = this.#bit(base + ((1 + bit) << 8) + symbol);
        symbol = (symbol << 1) | read;
        if (bit !== read) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(base + symbol);
    dictionary[this.at] = symbol;
    this.#advance(1);
    this.#state = this.#state < 4 ? 0 : this.#state - (this.#state < 10 ? 3 : 6);
  }

  /** Finds out which bytes come again, and how many; they are copied by and by. */
  #match(positionState: number): 'end' | 'damaged' | null {
    const reps = this.#reps;
    const state = this.#state;
    if (this.#bit(IS_REP + state) === 0) {
      reps.copyWithin(1, 0, 3);
      this.#pending = this.#length(LENGTH, positionState);
      this.#state = state < 7 ? 7 : 10;
      reps[0] = this.#distance(this.#pending);
      if (reps[0] === END_MARK) {
        this.#pending = 0;
        return 'end';
      }
    } else if (this.#bit(IS_REP_0 + state) === 0) {
      if (this.#bit(IS_REP_0_LONG + (state << 4) + positionState) === 0) {
        this.#state = state < 7 ? 9 : 11;
        this.#pending = 1;
      }
    } else {
      const index = this.#bit(IS_REP_1 + state) === 0 ? 1 : 2 + this.#bit(IS_REP_2 + state);
      const distance = reps[index] ?? 0;
      reps.copyWithin(1, 0, index);
      reps[0] = distance;
    }
    if (this.#pending === 0) {
      this.#pending = this.#length(REP_LENGTH, positionState);
      this.#state = state < 7 ? 8 : 11;
    }
    return (reps[0] ?? 0) < this.#behind ? null : 'damaged';
  }

  #copy(end: number): void {
    const { dictionary } = this;
    const distance = (this.#reps[0] ?? 0) + 1;
    const count = Math.min(this.#pending, end - this.at);
    let from = this.at - distance;
    if (from < 0) from += dictionary.length;
    for (let to = this.at; to < this.at + count; to += 1) {
      dictionary[to] = dictionary[from] ?? 0;
      from += 1;
      if (from === dictionary.length) from = 0;
    }
    this.#pending -= count;
    this.#advance(count);
  }

  #length(base: number, positionState: number): number {
    if (this.#bit(base) === 0) return 2 + this.#tree(base + LENGTH_LOW + (positionState << 3), 3);
    if (this.#bit(base + 1) === 0) return 10 + this.#tree(base + LENGTH_MIDDLE + (positionState << 3), 3);
    return 18 + this.#tree(base + LENGTH_HIGH, 8);
  }

  #distance(length: number): number {
    const slot = this.#tree(SLOT + (Math.min(length - 2, 3) << 6), 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const high = ((2 | (slot & 1)) << bits) >>> 0;
    if (slot < 14) return high + this.#reverseTree(SPECIAL + high - slot, bits);
    let direct = 0;
    for (let left = bits - 4; left > 0; left -= 1) {
      this.#range = (this.#range >>> 1) | 0;
      const bit = this.#code >>> 0 >= this.#range >>> 0 ? 1 : 0;
      if (bit === 1) this.#code = (this.#code - this.#range) | 0;
      direct = (direct << 1) | bit;
      this.#normalize();
    }
    return (high + direct * 16 + this.#reverseTree(ALIGN, 4)) >>> 0;
  }

  #tree(base: number, bits: number): number {
    let symbol = 1;
    for (let left = bits; left > 0; left -= 1) symbol = (symbol << 1) | this.#bit(base + symbol);
    return symbol - (1 << bits);
  }

  #reverseTree(base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let index = 0; index < bits; index += 1) {
      const bit = this.#bit(base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << index;
    }
    return value;
  }

  #bit(index: number): number {
    const probability = this.#probabilities[index] ?? 0;
    const bound = Math.imul(this.#range >>> 11, probability);
    let bit = 0;
    if (this.#code >>> 0 < bound >>> 0) {
      this.#range = bound;
      this.#probabilities[index] = probability + ((2048 - probability) >> 5);
    } else {
      this.#code = (this.#code - bound) | 0;
      this.#range = (this.#range - bound) | 0;
      this.#probabilities[index] = probability - (probability >> 5);
      bit = 1;
    }
    this.#normalize();
    return bit;
  }

  #normalize(): void {
    if (this.#range >>> 24 !== 0) return;
    this.#range <<= 8;
    this.#code = (this.#code << 8) | (this.#input[this.read] ?? 0);
    this.read += 1;
  }

  #next(): number {
    const byte = this.#input[this.read] ?? 0;
    this.read += 1;
    return byte;
  }

  #byteBack(distance: number): number {
    const from = this.at - distance;
    return this.dictionary[from < 0 ? from + this.dictionary.length : from] ?? 0;
  }

  #advance(count: number): void {
    this.at += count;
    this.#position += count;
    this.#behind = Math.min(this.#behind + count, this.dictionary.length);
  }
}
