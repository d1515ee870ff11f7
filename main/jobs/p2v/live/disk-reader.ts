import type { Zeros } from '../../../../drivers/formats/zero-runs.ts';
import type { UsedBlocks } from '../../../../drivers/formats/used-blocks/used-blocks.ts';
import { usedBytes } from '../../../../drivers/formats/used-blocks/used-blocks.ts';
import type { ByteSource } from '../../../storage/byte-source.ts';
import type { Item, SentDisk } from '../../direct/sent-disk.ts';
import type { DeviceRange } from '../../source/devices.ts';
import type { DeviceReader } from './device-reader.ts';
import type { LayoutPart } from './disk-layout.ts';

/** Shorter free pieces are read, too: to ask for what is behind them costs as much. */
const WORTH_SKIPPING = 256 * 1024;
/** What is looked ahead for one program of the source. */
const WINDOW_BYTES = 1024 ** 3;

/** A disk of a running machine, as its copy is to be: read by programs of the source, from any offset, best from front to back. */
export class SourceDiskReader implements ByteSource, SentDisk {
  readonly sizeBytes: number;
  readonly #reader: DeviceReader;
  readonly #parts: readonly LayoutPart[];
  /** Where the map of a part was read to. */
  readonly #maps = new Map<UsedBlocks, UsedRuns>();

  /** @param parts in order; side by side, from the disk's first byte to its last, where they are read */
  constructor(reader: DeviceReader, parts: readonly LayoutPart[]) {
    const last = parts.at(-1);
    this.sizeBytes = last === undefined ? 0 : last.at + last.length;
    this.#reader = reader;
    this.#parts = parts;
  }

  /** @throws FailureError where the source cannot be read; the signal's reason */
  async *read(
    offset: number,
    length: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | Zeros, void, void> {
    for (let at = offset; at < offset + length; at += WINDOW_BYTES)
      yield* this.#readWindow(at, Math.min(offset + length, at + WINDOW_BYTES), signal);
  }

  /** Where parts have something else than zeros, in order; with fewer zeros than so many bytes in between it is one. */
  filled(gapBytes: number): { at: number; length: number }[] {
    const found: { at: number; length: number }[] = [];
    for (const part of this.#parts) {
      let { at } = part;
      let last: { at: number; length: number } | undefined;
      for (const item of this.#items(part, at, at + part.length)) {
        const length = lengthOf(item);
        if (!('zeros' in item)) {
          if (last !== undefined && at - (last.at + last.length) < gapBytes)
            last.length = at + length - last.at;
          else found.push((last = { at, length }));
        }
        at += length;
      }
    }
    return found;
  }

  /** What a part of the disk is made of, in order and from its first byte to its last. */
  *items(from: number, to: number): Generator<{ at: number; length: number; item: Item }, void, void> {
    let at = from;
    for (const item of this.#parts.flatMap((part) => [...this.#items(part, from, to)])) {
      const length = lengthOf(item);
      yield { at, length, item };
      at += length;
    }
  }

  async *#readWindow(
    from: number,
    to: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | Zeros, void, void> {
    const items = this.#parts.flatMap((part) => [...this.#items(part, from, to)]);
    const ranges = items.filter((item): item is DeviceRange => 'device' in item);
    const bytes = this.#reader.read(ranges, signal);
    let rest: Uint8Array = new Uint8Array();
    try {
      for (const item of items) {
        if (!('device' in item)) {
          yield item;
          continue;
        }
        for (let left = item.length; left > 0;) {
          if (rest.length === 0) rest = await nextOf(bytes);
          const some = rest.subarray(0, left);
          rest = rest.subarray(some.length);
          left -= some.length;
          yield some;
        }
      }
    } finally {
      await bytes.return();
    }
  }

  /** Of the part what lies in the window. */
  *#items({ at, length, from: source }: LayoutPart, from: number, to: number): Generator<Item, void, void> {
    const first = Math.max(at, from);
    const end = Math.min(at + length, to);
    if (first >= end) return;
    switch (source.kind) {
      case 'zeros':
        return yield { zeros: end - first };
      case 'bytes':
        return yield source.data.subarray(first - at, end - at);
      case 'device': {
        const { device, deviceAt, used, fileSystemAt } = source;
        const skip = first - at;
        if (used === null) return yield { device, at: deviceAt + skip, length: end - first };
        const range = { at: fileSystemAt + skip, length: end - first };
        let done = range.at;
        for (const run of this.#runs(used, range)) {
          if (run.at > done) yield { zeros: run.at - done };
          yield { device, at: deviceAt + run.at - fileSystemAt, length: run.length };
          done = run.at + run.length;
        }
        if (done < range.at + range.length) yield { zeros: range.at + range.length - done };
      }
    }
  }

  #runs(used: UsedBlocks, range: Place): Place[] {
    let runs = this.#maps.get(used);
    if (runs === undefined || runs.at > range.at) this.#maps.set(used, (runs = new UsedRuns(used)));
    return runs.within(range);
  }
}

function lengthOf(item: Item): number {
  if (item instanceof Uint8Array) return item.length;
  return 'zeros' in item ? item.zeros : item.length;
}

async function nextOf(bytes: AsyncGenerator<Uint8Array, void, void>): Promise<Uint8Array> {
  const { value } = await bytes.next();
  if (value === undefined) throw new Error('The reader of a device ended before its ranges');
  return value;
}

interface Place {
  readonly at: number;
  readonly length: number;
}

/** Used runs, forwards alone. */
class UsedRuns {
  readonly #runs: Iterator<Place>;
  #next: Place | null;
  at = 0;

  constructor(used: UsedBlocks) {
    this.#runs = usedBytes(used, Number.MAX_SAFE_INTEGER);
    this.#next = this.#pull();
  }

  #pull(): Place | null {
    const { value, done } = this.#runs.next();
    return done === true ? null : value;
  }

  /** What is used of a range that is not before the last one; runs with little between them are one. */
  within({ at, length }: Place): Place[] {
    const end = at + length;
    this.at = end;
    const found: { at: number; length: number }[] = [];
    while (this.#next !== null && this.#next.at < end) {
      const runEnd = this.#next.at + this.#next.length;
      const from = Math.max(this.#next.at, at);
      const to = Math.min(runEnd, end);
      const last = found.at(-1);
      if (to > from) {
        if (last !== undefined && from - (last.at + last.length) < WORTH_SKIPPING) last.length = to - last.at;
        else found.push({ at: from, length: to - from });
      }
      // It goes on in the next range.
      if (runEnd > end) break;
      this.#next = this.#pull();
    }
    return found;
  }
}
