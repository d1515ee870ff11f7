import { pause, type Clock } from '../hosts/clock.ts';
import { isExpected } from '../hosts/failures.ts';
import type { HostSession } from '../hosts/session.ts';
import type { CapacityHistory } from './capacity-history.ts';
import { readPools } from './read.ts';

/** How often the core looks which hosts are due, and how long after a look a host is due again. */
const LOOK_MS = 60_000;
const DUE_MS = 3_600_000;

export interface CapacityWatchOptions {
  readonly clock: Clock;
  readonly history: CapacityHistory;
  /** The hosts that are connected. */
  readonly connected: () => readonly { readonly uri: string; readonly session: HostSession }[];
  readonly onFault: (error: unknown) => void;
}

/** Asks each connected host once an hour how full its pools are, so that their history goes on while nobody looks at them. */
export async function watchCapacity(options: CapacityWatchOptions, signal: AbortSignal): Promise<void> {
  const { clock, history, connected, onFault } = options;
  const looked = new Map<string, number>();
  for (;;) {
    await pause(clock, LOOK_MS, signal);
    if (signal.aborted) return;
    for (const { uri, session } of connected()) {
      // An early look by a clock that was put back since is none.
      const before = looked.get(uri) ?? 0;
      if (before <= clock.now() && clock.now() < before + DUE_MS) continue;
      looked.set(uri, clock.now());
      try {
        for (const pool of await readPools(session.client, session.id, { signal })) history.record(uri, pool);
      } catch (error) {
        if (!signal.aborted && !isExpected(error)) onFault(error);
      }
      if (signal.aborted) return;
    }
  }
}
