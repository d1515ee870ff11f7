import { useCallback, useEffect, useSyncExternalStore } from 'react';
import type { DomainDetailFigures, DomainFigures, HostFigures } from '../../main/contract/figures.ts';
import type { DomainRef } from '../../main/contract/domain.ts';
import type { DomainLive, DomainTick, Samples, SparkSeries } from './figures.ts';
import { FiguresStore } from './figures.ts';
import { createStore, domainKey } from './store.ts';

/** The live figures of this window, fed by one `stats.watch` for the whole window (connect.ts). */
export const figures = new FiguresStore();

/** The machines whose details are wanted, as often as they are; a new array only when the set of machines changes. */
export const detailInterest = createStore<readonly DomainRef[]>([]);
const wanted = new Map<string, { ref: DomainRef; count: number }>();

/** Asks for per-vCPU, per-disk and per-NIC figures of a machine until the returned function is called. */
export function wantDetails(host: string, uuid: string): () => void {
  const key = domainKey(host, uuid);
  const entry = wanted.get(key) ?? { ref: { host, uuid }, count: 0 };
  entry.count += 1;
  wanted.set(key, entry);
  if (entry.count === 1) publish();
  return () => {
    entry.count -= 1;
    if (entry.count > 0) return;
    wanted.delete(key);
    publish();
  };
}

function publish(): void {
  detailInterest.set([...wanted.values()].map(({ ref }) => ref));
}

function useWatched(key: string): (listener: () => void) => () => void {
  return useCallback((listener: () => void) => figures.watch(key, listener), [key]);
}

/** The last figures of a machine; null when it does not run or its host is away. */
export function useFigures(host: string, uuid: string): DomainFigures | null {
  const key = domainKey(host, uuid);
  return useSyncExternalStore(useWatched(key), () => figures.figures(key));
}

/** The last detailed figures; asks for them while the component is mounted. */
export function useDetailFigures(host: string, uuid: string): DomainDetailFigures | null {
  const key = domainKey(host, uuid);
  useEffect(() => wantDetails(host, uuid), [host, uuid]);
  return useSyncExternalStore(useWatched(key), () => figures.detail(key));
}

/** The last samples, oldest first, as many as `SPARK_POINTS`; memory in KiB, disk and net in bytes per second (both directions). */
export function useSparkline(host: string, uuid: string, series: SparkSeries): Samples {
  const key = domainKey(host, uuid);
  return useSyncExternalStore(useWatched(key), () => figures.samples(key, series));
}

/** Figures and last samples of a machine under one subscription, for rows of which there are hundreds. */
export function useLive(host: string, uuid: string): DomainLive {
  const key = domainKey(host, uuid);
  return useSyncExternalStore(useWatched(key), () => figures.live(key));
}

export function useHostFigures(id: string): HostFigures | null {
  return useSyncExternalStore(useWatched(id), () => figures.host(id));
}

/** Calls `listener` with each new sample of a machine (details included while somebody wants them). No rendering by itself. */
export function onDomainTick(host: string, uuid: string, listener: (tick: DomainTick) => void): () => void {
  return figures.onTick(domainKey(host, uuid), listener);
}
