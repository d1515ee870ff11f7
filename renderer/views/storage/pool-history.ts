import { POOL_SPANS, type Pool, type PoolHistory, type PoolSpan } from '../../../main/contract/storage.ts';
import { api } from '../../api/client.ts';
import type { Frame } from '../../charts/frame.ts';
import { createStore, useStore } from '../../state/store.ts';
import { useNow } from '../../ui/time.tsx';
import { useAnswer } from '../../ui/use-answer.ts';

/** The core keeps a point each five minutes. */
const STEP_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
export const SPAN_MS: Record<PoolSpan, number> = { day: DAY_MS, month: 30 * DAY_MS, year: 365 * DAY_MS };

/** The same for all pools, as one goes from pool to pool. */
const chosenSpan = createStore<PoolSpan>('day');

export function chooseSpan(value: string): void {
  chosenSpan.set(POOL_SPANS.find((span) => span === value) ?? 'day');
}

export interface ShownHistory extends PoolHistory {
  readonly span: PoolSpan;
  /** Where the graph ends, in milliseconds since the epoch. */
  readonly now: number;
}

/** How full the pool was in the chosen time, asked of the core when the pool is opened and whenever there may be one more point. */
export function usePoolHistory({ host, uuid }: Pool): ShownHistory {
  const span = useStore(chosenSpan);
  const now = useNow(STEP_MS);
  const { value } = useAnswer((signal) => api.pool.history({ host, uuid, span }, { signal }), {
    subject: `${host} ${uuid}`,
    version: `${span} ${now}`,
  });
  return { ...(value ?? { points: [], daysToFull: null }), span, now };
}

/** Columns `used` and `size` in KiB; ends with what the pool is now. */
export function historyFrame(history: ShownHistory, pool: Pool): Frame {
  const { capacityBytes, availableBytes } = pool;
  const points = history.points.filter(({ time }) => time < history.now);
  if (capacityBytes !== null && availableBytes !== null)
    points.push({ time: history.now, usedBytes: capacityBytes - availableBytes, capacityBytes });
  return {
    times: points.map(({ time }) => time),
    columns: {
      used: points.map(({ usedBytes }) => usedBytes / 1024),
      size: points.map((point) => point.capacityBytes / 1024),
    },
    gaps: [],
  };
}
