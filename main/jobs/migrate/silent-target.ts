import { lastHeardOf } from '../../hosts/open-client.ts';
import type { Clock } from '../../hosts/clock.ts';
import type { HostSession } from '../../hosts/session.ts';
import { watchSilence } from '../../hosts/silence.ts';

export interface SilentTargetOptions {
  readonly clock: Clock;
  /** @throws FailureError HOST_UNREACHABLE while it is not connected */
  readonly session: () => HostSession;
  /** Called when it has said nothing for a while, not to a sign of life that it was asked for either, and when it says something again. */
  readonly told: (isSilent: boolean) => void;
}

/** Watches a target that nothing is asked while data goes to it, until the signal tells that it is over. */
export async function watchTarget(
  { clock, session, told }: SilentTargetOptions,
  over: AbortSignal,
): Promise<void> {
  let heard: number | null = null;
  let isSilent = false;
  const lastHeard = (): number | null => {
    try {
      heard = lastHeardOf(session().client) ?? heard;
    } catch {
      // It is away: what it said last is what it said before.
    }
    return heard;
  };
  const seen = (since: number | null): void => {
    if ((since !== null) === isSilent) return;
    isSilent = !isSilent;
    told(isSilent);
  };
  await watchSilence({ clock, isOwed: () => true, lastHeard, told: seen }, over);
}
