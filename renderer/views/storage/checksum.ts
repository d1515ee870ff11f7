import type { Job } from '../../../main/contract/activity.ts';

/** The SHA-256 that an upload or download has logged at its end. */
export function checksumOf({ state, log }: Pick<Job, 'state' | 'log'>): string | null {
  if (state !== 'done') return null;
  const line = log.findLast(({ text }) => /\b[0-9a-f]{64}\b/.test(text));
  return /\b[0-9a-f]{64}\b/.exec(line?.text ?? '')?.[0] ?? null;
}
