import { useEffect, useState, useSyncExternalStore } from 'react';
import { append, EMPTY_FRAME, type Frame } from '../../../charts/frame.ts';
import { onDomainTick, wantDetails } from '../../../state/stats.ts';
import { createStore, type Store } from '../../../state/store.ts';
import { tickValues } from './tick-values.ts';

/** As long as the core keeps the full rate. */
const KEEP_MS = 3_600_000;

/** The ticks of a machine since its page was opened, details included, for as long as the component is mounted. */
export function useLiveFrame(host: string, uuid: string): Store<Frame> {
  const [store] = useState(() => createStore<Frame>(EMPTY_FRAME));
  useEffect(() => {
    const release = wantDetails(host, uuid);
    const stop = onDomainTick(host, uuid, ({ time, intervalMs, figures, detail }) =>
      store.update((frame) =>
        append(frame, { time, intervalMs, values: tickValues(figures, detail) }, KEEP_MS),
      ),
    );
    return () => {
      stop();
      release();
    };
  }, [host, uuid, store]);
  return store;
}

export function useFrame(store: Store<Frame>): Frame {
  return useSyncExternalStore(store.subscribe, store.get);
}
