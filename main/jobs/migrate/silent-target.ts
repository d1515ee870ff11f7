import { pause, type Clock } from '../../hosts/clock.ts';
import { lastHeardOf } from '../../hosts/open-client.ts';
import type { HostSession } from '../../hosts/session.ts';
import { watchSilence } from '../../hosts/silence.ts';

/** So long nothing may go to a target that says nothing. libvirtd gives up another one after half a minute of silence (virConnectSetKeepAlive). */
const STALLED_MS = 10_000;

export interface SilentTargetOptions {
  readonly clock: Clock;
  /** @throws FailureError HOST_UNREACHABLE while it is not connected */
  readonly session: () => HostSession;
  /** What is still to go, as its source told it last. */
  readonly left: () => number;
  /** Called when it has said nothing for a while, not to a sign of life that it was asked for either, and when it says something again. */
  readonly told: (isSilent: boolean) => void;
  /** Called once, when it says nothing, and nothing went to it since that was told. */
  readonly stalled: () => void;
}

/** Watches a target that nothing is asked while data goes to it, until the signal tells that it is over. */
export async function watchTarget(options: SilentTargetOptions, over: AbortSignal): Promise<void> {
  const { clock, session, left, told, stalled } = options;
  let heard: number | null = null;
  let silence: AbortController | null = null;
  const lastHeard = (): number | null => {
    try {
      heard = lastHeardOf(session().client) ?? heard;
    } catch {
      // It is away: what it said last is what it said before.
    }
    return heard;
  };
  const whetherStalled = async (signal: AbortSignal): Promise<void> => {
    const before = left();
    await pause(clock, STALLED_MS, signal);
    if (!signal.aborted && left() === before) stalled();
  };
  const seen = (since: number | null): void => {
    if ((since !== null) === (silence !== null)) return;
    silence?.abort();
    silence = since === null ? null : new AbortController();
    told(silence !== null);
    if (silence !== null) void whetherStalled(AbortSignal.any([silence.signal, over]));
  };
  await watchSilence({ clock, isOwed: () => true, lastHeard, told: seen }, over);
}
