import { useSyncExternalStore } from 'react';
import { formatDuration, formatExact } from './format.ts';

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const wake of listeners) wake();
    }, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** This computer's clock in steps of `stepMs` (default a second): renders only when the step changes. */
export function useNow(stepMs = 1000): number {
  return useSyncExternalStore(subscribe, () => Math.floor(now / stepMs) * stepMs);
}

/** How long ago, as `4 min`, with the exact time on hover. */
export function Age({ since }: { since: number }) {
  const passed = useNow() - since;
  return (
    <time dateTime={new Date(since).toISOString()} title={formatExact(since)}>
      {formatDuration(passed)}
    </time>
  );
}
