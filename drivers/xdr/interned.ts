/** What one sequence of bytes stands for, in a chain of those with the same hash. */
interface Entry<T> {
  /** The bytes as big-endian words, the padding of the last one included. */
  readonly words: Int32Array;
  readonly length: number;
  readonly value: T;
  readonly chained: Entry<T> | undefined;
  /** What was found after this one the last time. */
  next: Entry<T> | undefined;
}

/** Longer names are rare, and a host that makes them up is not kept. */
const WORDS_MAX = 16;
/** A longer chain is a host that makes its names collide: they are worked out each time. */
const CHAIN_MAX = 8;

/**
 * Values by bytes that come again and again, in the same order for the most part: what followed the last time is tried first, so that a
 * name costs the comparison of a few words and no string is made of it. It never holds more than `limit` values.
 */
export class InternTable<T> {
  readonly #make: (bytes: Buffer) => T;
  readonly #limit: number;
  readonly #chains = new Map<number, Entry<T>>();
  #size = 0;
  #last: Entry<T> | undefined;

  /** `make` works a value out; equal bytes get the same value, so it must not be changed by whoever gets it. */
  constructor(make: (bytes: Buffer) => T, limit: number) {
    this.#make = make;
    this.#limit = limit;
  }

  /** Values that are kept. */
  get size(): number {
    return this.#size;
  }

  /** The value of `length` bytes from `start`; `view` holds their padding too. */
  at(view: DataView, start: number, length: number): T {
    const likely = this.#last?.next;
    if (likely !== undefined && matches(likely, view, start, length)) {
      this.#last = likely;
      return likely.value;
    }
    const found = length > WORDS_MAX * 4 ? undefined : this.#find(view, start, length);
    if (found === undefined) return this.#make(bytesOf(view, start, length));
    if (this.#last !== undefined) this.#last.next = found;
    this.#last = found;
    return found.value;
  }

  #find(view: DataView, start: number, length: number): Entry<T> | undefined {
    const hash = hashOf(view, start, length);
    const first = this.#chains.get(hash);
    let tried = 0;
    for (let entry = first; entry !== undefined; entry = entry.chained) {
      if (matches(entry, view, start, length)) return entry;
      tried += 1;
    }
    if (tried >= CHAIN_MAX) return undefined;
    if (this.#size >= this.#limit) {
      this.#chains.clear();
      this.#last = undefined;
      this.#size = 0;
    }
    const words = Int32Array.from({ length: (length + 3) >> 2 }, (_, at) => view.getInt32(start + 4 * at));
    const value = this.#make(bytesOf(view, start, length));
    const entry = { words, length, value, chained: this.#size === 0 ? undefined : first, next: undefined };
    this.#chains.set(hash, entry);
    this.#size += 1;
    return entry;
  }
}

function matches(entry: Entry<unknown>, view: DataView, start: number, length: number): boolean {
  if (entry.length !== length) return false;
  const { words } = entry;
  for (let at = 0; at < words.length; at++) if (view.getInt32(start + 4 * at) !== words[at]) return false;
  return true;
}

function hashOf(view: DataView, start: number, length: number): number {
  let hash = length;
  for (let at = start; at < start + length; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

function bytesOf(view: DataView, start: number, length: number): Buffer {
  return Buffer.from(view.buffer, view.byteOffset + start, length);
}
