import path from 'node:path';
import { z } from 'zod';
import type { Pool, PoolHistory, PoolSpan } from '../contract/storage.ts';
import type { Clock } from '../hosts/clock.ts';
import { JsonFile, type BrokenFile } from '../settings/json-file.ts';
import { daysToFull } from './capacity-forecast.ts';
import { decode, DETAILS, encode, merge, SPANS, thin, type CapacityPoint } from './capacity-points.ts';

const MINUTE = 60_000;
const SLOT_MS = SPANS.day.everyMs;
/** What was seen is written this long after it was seen; what is lost in a crash is no more. */
const WRITE_MS = 5 * MINUTE;
/** Within the 4 MiB of a settings file (settings/json-file.ts), with room for its indentation. */
const MOST_CHARS = 3.5 * 1024 * 1024;
const INDENTATION = 48;
const MOST_POOLS = 2000;

/** A pool is known by its host's URI, which stays when a host is taken out of the list and added again. */
const savedPool = z.object({
  uri: z.string().max(4096),
  uuid: z.guid(),
  points: z.string().refine((text) => decode(text) !== null, 'no points'),
});
type SavedPool = z.infer<typeof savedPool>;

export interface CapacityHistoryOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  /** `nothing`: it is neither read nor written; `read`: it is the app's to write. */
  readonly keep: 'nothing' | 'read' | 'write';
  readonly onBroken: (broken: BrokenFile) => void;
  readonly onFault: (error: unknown) => void;
}

interface KnownPool {
  readonly uri: string;
  readonly uuid: string;
  readonly points: readonly CapacityPoint[];
}

/** How full pools were over the last year, in memory and in `capacity.json`. Open with `openCapacityHistory`. */
export class CapacityHistory {
  readonly #options: CapacityHistoryOptions;
  readonly #file: JsonFile<SavedPool[]> | null;
  readonly #pools = new Map<string, KnownPool>();
  #cancelWrite: (() => void) | null = null;

  constructor(options: CapacityHistoryOptions, file: JsonFile<SavedPool[]> | null, saved: SavedPool[]) {
    this.#options = options;
    this.#file = file;
    this.#put(saved);
  }

  /** How full a pool is now. One that is not active tells nothing. */
  record(uri: string, { uuid, capacityBytes, availableBytes }: Pool): void {
    const { clock, keep } = this.#options;
    if (capacityBytes === null || availableBytes === null) return;
    const now = clock.now();
    const key = keyOf({ uri, uuid });
    const known = this.#pools.get(key);
    const last = known?.points.at(-1)?.time;
    // Of the finest five minutes one point is enough; a last one of the future is of a clock that was put back.
    if (last !== undefined && last <= now && last >= Math.floor(now / SLOT_MS) * SLOT_MS) return;
    if (known === undefined && this.#pools.size >= MOST_POOLS) return;
    const point: CapacityPoint = {
      time: Math.floor(now / MINUTE) * MINUTE,
      usedKiB: Math.max(0, Math.round((capacityBytes - availableBytes) / 1024)),
      capacityKiB: Math.round(capacityBytes / 1024),
    };
    this.#pools.set(key, { uri, uuid, points: thin(merge(known?.points ?? [], [point]), now) });
    if (keep === 'write') this.#cancelWrite ??= clock.setTimer(() => void this.#write(), WRITE_MS);
  }

  history(uri: string, uuid: string, span: PoolSpan): PoolHistory {
    const now = this.#options.clock.now();
    const points = this.#pools.get(keyOf({ uri, uuid }))?.points ?? [];
    return {
      points: thin(points, now, [SPANS[span]]).map(({ time, usedKiB, capacityKiB }) => ({
        time,
        usedBytes: usedKiB * 1024,
        capacityBytes: capacityKiB * 1024,
      })),
      daysToFull: daysToFull(points, now),
    };
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    if (this.#cancelWrite !== null) await this.#write();
    await this.#file?.settled();
  }

  /** Another instance of the app may have seen other pools, or these at other times: both count. */
  async #write(): Promise<void> {
    this.#cancelWrite?.();
    this.#cancelWrite = null;
    try {
      await this.#file?.update([], (saved) => {
        this.#put(saved);
        return this.#fit();
      });
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  /** What the file has joins what is known. */
  #put(saved: readonly SavedPool[]): void {
    const now = this.#options.clock.now();
    for (const { uri, uuid, points } of saved) {
      const key = keyOf({ uri, uuid });
      const joined = merge(decode(points) ?? [], this.#pools.get(key)?.points ?? []);
      this.#pools.set(key, { uri, uuid, points: thin(joined, now) });
    }
  }

  /** What goes into the file: coarser, and in the end without the pools not seen for longest, as far as it must. The rest is forgotten. */
  #fit(): SavedPool[] {
    const now = this.#options.clock.now();
    const pools = [...this.#pools.values()]
      .filter(({ points }) => points.length > 0)
      .toSorted((a, b) => (b.points.at(-1)?.time ?? 0) - (a.points.at(-1)?.time ?? 0))
      .slice(0, MOST_POOLS);
    let fitting: SavedPool[] = [];
    for (const tiers of DETAILS) {
      const all = pools.map((pool) => ({ ...pool, points: encode(thin(pool.points, now, tiers)) }));
      fitting = within(all, MOST_CHARS);
      if (fitting.length === all.length) break;
    }
    this.#pools.clear();
    this.#put(fitting);
    return fitting;
  }
}

/** Reads what was kept. A file that cannot be read is put aside; history is no reason not to start. */
export async function openCapacityHistory(options: CapacityHistoryOptions): Promise<CapacityHistory> {
  if (options.keep === 'nothing') return new CapacityHistory(options, null, []);
  const file = new JsonFile<SavedPool[]>({
    path: path.join(options.dataDir, 'capacity.json'),
    schema: z.array(savedPool).max(MOST_POOLS),
    version: 1,
    fallback: () => [],
    onBroken: options.onBroken,
  });
  const saved = await file.read().catch((error: unknown) => {
    options.onFault(error);
    return [];
  });
  return new CapacityHistory(options, file, saved);
}

/** The first of them that have room. */
function within(pools: readonly SavedPool[], most: number): SavedPool[] {
  let size = 0;
  const fits = pools.findIndex((pool) => {
    size += JSON.stringify(pool).length + INDENTATION;
    return size > most;
  });
  return pools.slice(0, fits < 0 ? pools.length : fits);
}

function keyOf({ uri, uuid }: { uri: string; uuid: string }): string {
  return `${uuid} ${uri}`;
}
