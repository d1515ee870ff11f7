import type { Job } from '../../../main/contract/activity.ts';

/**
 * So fast machines went between two hosts when one did last, in bytes a second; null: none has since Virtlane was started. What a link gives
 * is not known before it was used.
 */
export function measuredRate(jobs: readonly Job[], from: string, to: string): number | null {
  const last = jobs.find(
    ({ kind, state, hosts, speeds }) =>
      kind === 'migrate' && state === 'done' && hosts?.[0] === from && hosts[1] === to && speeds.length > 0,
  );
  if (last === undefined) return null;
  const rate = last.speeds.reduce((sum, speed) => sum + speed, 0) / last.speeds.length;
  return rate > 0 ? rate : null;
}
