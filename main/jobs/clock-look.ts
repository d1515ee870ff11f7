import type { HostSession } from '../hosts/session.ts';
import { runProgram } from './host-commands.ts';

/** A host that does not answer so long is not waited for: nothing depends on it but a warning. */
const PATIENCE_MS = 3000;

/** How far a host's clock is from this computer's. */
export interface ClockLook {
  readonly aheadMs: number;
  /** It may be wrong by so much. */
  readonly withinMs: number;
}

/** libvirt tells no time of a host; its `date` does, where the login runs programs. Null: nobody tells. */
export async function lookAtClock(session: HostSession, signal?: AbortSignal): Promise<ClockLook | null> {
  const limit = AbortSignal.timeout(PATIENCE_MS);
  const before = Date.now();
  try {
    const { status, stdout } = await runProgram(
      session,
      ['date', '-u', '+%s'],
      signal === undefined ? limit : AbortSignal.any([signal, limit]),
    );
    return status === 0 ? clockLook(stdout, { before, after: Date.now() }) : null;
  } catch {
    return null;
  }
}

/** @param stdout seconds since 1970 @param asked when this computer asked, and had the answer */
export function clockLook(
  stdout: string,
  { before, after }: { readonly before: number; readonly after: number },
): ClockLook | null {
  const text = stdout.trim();
  if (!/^\d{1,12}$/.test(text)) return null;
  // In the middle of a second that is told whole, and of the time that it took.
  const told = Number(text) * 1000 + 500;
  return { aheadMs: told - (before + after) / 2, withinMs: 500 + (after - before) / 2 };
}
