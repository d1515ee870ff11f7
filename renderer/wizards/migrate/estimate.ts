import type { Job } from '../../../main/contract/activity.ts';

/**
 * So fast machines went between two hosts by one way when one did last without a limit, in bytes a second; null: none has since Virtlane was started. What a link
 * gives is not known before it was used.
 */
export function measuredRate(
  jobs: readonly Job[],
  { from, to, via }: { readonly from: string; readonly to: string; readonly via: 'direct' | 'relay' },
): number | null {
  const last = jobs.find(
    ({ kind, state, hosts, speeds, migration }) =>
      kind === 'migrate' &&
      state === 'done' &&
      hosts?.[0] === from &&
      hosts[1] === to &&
      // What is off is copied by this program.
      (migration?.via ?? 'relay') === via &&
      migration?.limited !== true &&
      speeds.length > 0,
  );
  if (last === undefined) return null;
  const rate = last.speeds.reduce((sum, speed) => sum + speed, 0) / last.speeds.length;
  return rate > 0 ? rate : null;
}
