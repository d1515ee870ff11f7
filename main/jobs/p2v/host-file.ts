import type { PlacedFile } from './place.ts';

/** So many bytes of a file from an offset, in order. */
export type ReadRange = (offset: number, length: number) => AsyncGenerator<Uint8Array, void, void>;

/** At least so much is read for one program that is started. */
const WINDOW_BYTES = 1 << 18;
const NOTHING = new Uint8Array();

/** Bytes of the file that are here. */
interface Window {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * A file that is read at any place, where each range costs the start of a program: what is read in order, after a first piece, comes out of one
 * program that reads on to the file's end.
 */
export class HostFile implements PlacedFile {
  readonly sizeBytes: number;
  readonly #range: ReadRange;
  #window: Window = { at: 0, bytes: NOTHING };
  #flow: AsyncGenerator<Uint8Array, void, void> | null = null;

  constructor(sizeBytes: number, range: ReadRange) {
    this.sizeBytes = sizeBytes;
    this.#range = range;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.sizeBytes - offset));
    const { at, bytes } = this.#window;
    const end = at + bytes.length;
    if (offset < at || offset > end) await this.#jump(offset, wanted);
    else if (offset + wanted > end) await this.#goOn(offset, wanted);
    const from = offset - this.#window.at;
    return this.#window.bytes.subarray(from, from + wanted);
  }

  stream(offset: number, length: number): AsyncGenerator<Uint8Array, void, void> {
    return this.#range(offset, length);
  }

  async close(): Promise<void> {
    await this.#flow?.return();
    this.#flow = null;
  }

  async #jump(offset: number, length: number): Promise<void> {
    await this.close();
    const pieces: Uint8Array[] = [];
    const bytes = Math.min(Math.max(length, WINDOW_BYTES), this.sizeBytes - offset);
    for await (const piece of this.#range(offset, bytes)) pieces.push(piece);
    this.#window = { at: offset, bytes: Buffer.concat(pieces) };
  }

  /** Goes on from the end of the window, which then begins at `offset`. */
  async #goOn(offset: number, length: number): Promise<void> {
    const rest = this.#window.bytes.subarray(offset - this.#window.at);
    const end = offset + rest.length;
    this.#flow ??= this.#range(end, this.sizeBytes - end);
    const pieces: Uint8Array[] = [rest];
    let held = rest.length;
    while (held < length) {
      const { value, done } = await this.#flow.next().catch((error: unknown): never => {
        this.#flow = null;
        throw error;
      });
      if (done === true) break;
      pieces.push(value);
      held += value.length;
    }
    this.#window = { at: offset, bytes: Buffer.concat(pieces) };
  }
}
