/**
 * How bytes of a file go through a pipe (pipe.ts), both ways: in parts, each with a word of FILE_PART_BYTES in front of it, unsigned and
 * big-endian. Its highest bit says that the part is a run of zeros, which is named and not sent; the rest is the length in bytes.
 */
export const FILE_PART_BYTES = 8;

/** A part that is all zeros. */
export interface ZeroPart {
  readonly zeros: number;
}

const ZEROS_BIT = 0x8000_0000;
const WORD = 0x1_0000_0000;

/** What goes in front of a part of `length` bytes. */
export function filePartHead(length: number, isZeros: boolean): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(FILE_PART_BYTES);
  const view = new DataView(head.buffer);
  const high = Math.floor(length / WORD);
  view.setUint32(0, isZeros ? (high | ZEROS_BIT) >>> 0 : high);
  view.setUint32(4, length % WORD);
  return head;
}

/** Reads a head. */
export function readFilePartHead(head: Uint8Array): { length: number; isZeros: boolean } {
  const view = new DataView(head.buffer, head.byteOffset, FILE_PART_BYTES);
  const high = view.getUint32(0);
  return { length: (high & ~ZEROS_BIT) * WORD + view.getUint32(4), isZeros: high >= ZEROS_BIT };
}

/** Takes parts apart, however they are cut on their way. Bytes are not copied: they come out as pieces of what came in. */
export class FilePartReader<Bytes extends Uint8Array = Uint8Array> {
  readonly #head = new Uint8Array(FILE_PART_BYTES);
  #have = 0;
  /** Bytes of the part that are still to come. */
  #rest = 0;

  /** Whether a part has begun and not ended. */
  get isMidPart(): boolean {
    return this.#have > 0 || this.#rest > 0;
  }

  push(chunk: Bytes): (Bytes | ZeroPart)[] {
    const out: (Bytes | ZeroPart)[] = [];
    for (let at = 0; at < chunk.length;) {
      if (this.#rest > 0) {
        const to = Math.min(chunk.length, at + this.#rest);
        out.push(chunk.subarray(at, to) as Bytes);
        this.#rest -= to - at;
        at = to;
        continue;
      }
      const to = Math.min(chunk.length, at + FILE_PART_BYTES - this.#have);
      this.#head.set(chunk.subarray(at, to), this.#have);
      this.#have += to - at;
      at = to;
      if (this.#have < FILE_PART_BYTES) break;
      this.#have = 0;
      const { length, isZeros } = readFilePartHead(this.#head);
      if (isZeros) out.push({ zeros: length });
      else this.#rest = length;
    }
    return out;
  }
}
