import { FormatError } from '../errors.ts';

/** What zstd's decoder has, as WebAssembly. Sizes and addresses are 32 bits. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  free(address: number): void;
  ZSTD_createDCtx(): number;
  ZSTD_freeDCtx(context: number): number;
  ZSTD_DStreamInSize(): number;
  ZSTD_DStreamOutSize(): number;
  /** @returns what is expected next; 0: a frame is whole; the last ones: an error */
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

/** Errors are the numbers from here on, up to the largest of 32 bits. */
const FIRST_ERROR = 0xff_ff_ff_88;
/** ZSTD_inBuffer and ZSTD_outBuffer: address, size, position. */
const STRUCT_BYTES = 12;
let loading: Promise<Exports> | null = null;

/** One frame after another, in memory that is given back by `close`. */
export class ZstdStream {
  readonly #zstd: Exports;
  readonly #context: number;
  readonly #input: number;
  readonly #output: number;
  readonly #structs: number;
  #left = 0;

  static async open(): Promise<ZstdStream> {
    loading ??= load();
    return new ZstdStream(await loading);
  }

  private constructor(zstd: Exports) {
    this.#zstd = zstd;
    this.#context = zstd.ZSTD_createDCtx();
    this.#input = zstd.malloc(zstd.ZSTD_DStreamInSize());
    this.#output = zstd.malloc(zstd.ZSTD_DStreamOutSize());
    this.#structs = zstd.malloc(2 * STRUCT_BYTES);
    if ([this.#context, this.#input, this.#output, this.#structs].includes(0))
      throw new Error('There is no memory for another stream of Zstandard');
  }

  /** What was given so far is a whole frame, its checksum included. */
  get isWhole(): boolean {
    return this.#left === 0;
  }

  /**
   * @param bytes at most a block with its header
   * @param at their offset, for errors
   * @throws FormatError
   */
  *push(bytes: Uint8Array, at: number): Generator<Uint8Array, void, void> {
    const { memory } = this.#zstd;
    const room = this.#zstd.ZSTD_DStreamOutSize();
    const input = this.#structs + STRUCT_BYTES;
    new Uint8Array(memory.buffer).set(bytes, this.#input);
    this.#describe(input, this.#input, bytes.length);
    for (;;) {
      this.#describe(this.#structs, this.#output, room);
      this.#left = this.#zstd.ZSTD_decompressStream(this.#context, this.#structs, input) >>> 0;
      // The memory may have grown, and is another one then.
      const view = new DataView(memory.buffer);
      const filled = view.getUint32(this.#structs + 8, true);
      const isTaken = view.getUint32(input + 8, true) === bytes.length;
      const isWhole = this.#left === 0;
      if (this.#left >= FIRST_ERROR || (isWhole && !isTaken)) throw damaged(at);
      if (filled > 0) yield new Uint8Array(memory.buffer).slice(this.#output, this.#output + filled);
      // Asked again after its end it would begin another frame.
      if (isWhole || (isTaken && filled < room)) return;
    }
  }

  close(): void {
    this.#zstd.ZSTD_freeDCtx(this.#context);
    for (const address of [this.#input, this.#output, this.#structs]) this.#zstd.free(address);
  }

  #describe(struct: number, address: number, size: number): void {
    const view = new DataView(this.#zstd.memory.buffer);
    view.setUint32(struct, address, true);
    view.setUint32(struct + 4, size, true);
    view.setUint32(struct + 8, 0, true);
  }
}

function damaged(at: number): FormatError {
  return new FormatError('BAD_VALUE', 'The packed bytes of a frame are damaged', at);
}

/** The package shows its instance to `_init` alone; what it does with it tells no errors and gives nothing back after one. */
async function load(): Promise<Exports> {
  const { ZSTDDecoder } = await import('zstddec/stream');
  return new Promise((resolve, reject) => {
    const decoder = new ZSTDDecoder();
    decoder._init = (result) => {
      ZSTDDecoder.prototype._init(result);
      resolve(result.instance.exports as unknown as Exports);
    };
    decoder.init().catch(reject);
  });
}
