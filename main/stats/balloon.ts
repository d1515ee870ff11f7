import type { DomainSample, MemorySample } from './sample.ts';

/** The longest period of guest statistics that is still taken for a live one: libvirt does not tell the period itself. */
const STALE_AFTER_MS = 90_000;

/** Remembers when each machine's guest last told of its memory: figures of a guest that fell silent are not shown as live. */
export class BalloonWatch {
  readonly #seen = new Map<
    string,
    { readonly update: number; readonly since: number; readonly id: number }
  >();

  /** Whether the guest's own figures in this sample are live. `now` is monotonic, `wall` since the epoch. */
  isLive(sample: DomainSample, time: { readonly now: number; readonly wall: number }): boolean {
    const { lastUpdateSec, availableKiB } = sample.memory;
    if (availableKiB === null) return false;
    // A libvirt older than 4.6 does not say when.
    if (lastUpdateSec === null) return true;
    if (lastUpdateSec === 0) return false;
    const seen = this.#seen.get(sample.uuid);
    if (seen !== undefined && seen.id === sample.id && seen.update === lastUpdateSec)
      return time.now - seen.since < STALE_AFTER_MS;
    // At first sight only the clocks can tell, which on the host may be wrong; afterwards it is the change that counts.
    const first = seen === undefined || seen.id !== sample.id;
    const age = first ? Math.max(0, time.wall - lastUpdateSec * 1000) : 0;
    this.#seen.set(sample.uuid, { update: lastUpdateSec, since: time.now - age, id: sample.id });
    return age < STALE_AFTER_MS;
  }

  keepOnly(present: { readonly size: number; has(uuid: string): boolean }): void {
    if (this.#seen.size <= present.size) return;
    for (const uuid of this.#seen.keys()) if (!present.has(uuid)) this.#seen.delete(uuid);
  }
}

/** What the guest uses without its caches, and the caches. Guests that tell of no caches tell what programs could have instead. */
export function guestMemory(memory: MemorySample): {
  usedKiB: number | null;
  cacheKiB: number | null;
  freeKiB: number | null;
} {
  const { availableKiB, unusedKiB, usableKiB, cachesKiB } = memory;
  const cacheKiB =
    cachesKiB ?? (usableKiB === null || unusedKiB === null ? null : Math.max(0, usableKiB - unusedKiB));
  const freeKiB = unusedKiB ?? usableKiB;
  if (availableKiB === null || freeKiB === null) return { usedKiB: null, cacheKiB, freeKiB };
  const cached = unusedKiB === null ? 0 : (cacheKiB ?? 0);
  return { usedKiB: Math.max(0, availableKiB - freeKiB - cached), cacheKiB, freeKiB };
}
