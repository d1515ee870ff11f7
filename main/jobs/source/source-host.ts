import type { Exec } from '../../../drivers/transport/exec.ts';
import { pause, type Clock } from '../../hosts/clock.ts';
import { FailureError } from '../../hosts/failures.ts';
import { isLinkLost } from '../../storage/steps/deps.ts';
import { BOOT_ID, readBootId } from '../host-boot.ts';

/** The source, for those who run programs there, over any number of logins. */
export interface SourceHost {
  /** As it was named. */
  readonly name: string;
  readonly clock: Clock;
  /**
   * Does `work` with a login.
   * @throws FailureError where there is none: HOST_UNREACHABLE while it is away; what `work` throws
   */
  use<T>(signal: AbortSignal, work: (exec: Exec) => Promise<T>): Promise<T>;
  /**
   * The start of the machine that a job reads from, as it was at the first question. Whoever reads compares it: after another start its disks may be of
   * another moment, and have other names.
   */
  readonly boot: (exec: Exec, signal: AbortSignal) => Promise<string>;
  /** It is away and waited for, or it is back. */
  readonly onAway: (isAway: boolean) => void;
  /** `false`: while it is away it is its caller who waits. */
  readonly awaited?: false;
}

/** `boot` of a SourceHost of that name; it throws FailureError where the machine does not tell. */
export function firstBoot(name: string): SourceHost['boot'] {
  let first: string | null = null;
  return async (exec, signal) => {
    first ??= readBootId((await exec(BOOT_ID, { signal })).stdout);
    if (first !== null) return first;
    const message = `${name} does not tell when it was started (${BOOT_ID.join(' ')}), so that what is read could be of two starts. Look at what that prints there.`;
    throw new FailureError({ code: 'UNSUPPORTED', message });
  };
}

const RETRY_MS = 2000;

/**
 * Does work that may be done again, until no lost link to the source is in its way.
 * @throws what is no lost link, or what nobody waits for here; the signal's reason
 */
export async function overSourceLinks<T>(
  host: SourceHost,
  signal: AbortSignal,
  work: (exec: Exec) => Promise<T>,
): Promise<T> {
  let isAway = false;
  for (;;) {
    try {
      return await host.use(signal, (exec) => {
        if (isAway) host.onAway((isAway = false));
        return work(exec);
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!isLinkLost(error) || host.awaited === false) throw error;
      if (!isAway) host.onAway((isAway = true));
      await pause(host.clock, RETRY_MS, signal);
    }
  }
}

/**
 * A program of the source that is to end well; it may be run again.
 * @param failed what is said where it does not
 * @param before a program (`untilOver`) that is run before, each time, and is to end well, too
 * @throws FailureError CONFLICT, with its own words
 */
export async function endsWell(
  host: SourceHost,
  argv: readonly string[],
  failed: string,
  {
    signal,
    stdin = '',
    before,
  }: { readonly signal: AbortSignal; readonly stdin?: string; readonly before?: readonly string[] },
): Promise<void> {
  const { status, stderr } = await overSourceLinks(host, signal, async (exec) => {
    const over = before === undefined ? null : await exec(before, { signal });
    if (over?.status === STILL_RUNS)
      throw new FailureError({
        code: 'CONFLICT',
        message: `${failed} What was begun before still runs on ${host.name}: two at one time would be in each other’s way.`,
      });
    if (over !== null && over.status !== 0) return over;
    return exec(argv, { signal, stdin });
  });
  if (status !== 0) throw new FailureError({ code: 'CONFLICT', message: failed, detail: stderr.trim() });
}

export interface BorrowedLogin {
  readonly exec: Exec;
  /** It is not used any more. */
  release(): void;
}

/** A login for work that is not one function; waited for while the source is away. */
export function borrowLogin(host: SourceHost, signal: AbortSignal): Promise<BorrowedLogin> {
  return new Promise((resolve, reject) => {
    overSourceLinks(host, signal, (exec) => new Promise<void>((release) => resolve({ exec, release }))).catch(
      reject,
    );
  });
}

/**
 * `sh -c APART sh PROGRAM ARGUMENT…`, in a group of processes of its own, and not among those of the login where systemd can part them: some machines end what a login
 * leaves behind (KillUserProcesses=), or with sshd all that it started.
 */
const APART = [
  'if systemd-run --quiet --scope -- true </dev/null >/dev/null 2>&1; then set -- systemd-run --quiet --scope -- setsid "$@"; else set -- setsid "$@"; fi',
  // Not as the shell itself, which may lead its group of processes where sudo starts it: a child leads none, so that setsid becomes the program, and is waited for.
  '"$@"; exit $?',
].join('\n');

/**
 * A program that goes on to its end when the link is lost or the job is cancelled: LVM that is killed while it makes a snapshot may leave a file system
 * frozen.
 */
export function uninterrupted(argv: readonly string[]): string[] {
  return ['sh', '-c', APART, 'sh', ...argv];
}

const STILL_RUNS = 1;

/**
 * `sh -c UNTIL_OVER sh PATTERN` ends when no program has that in its arguments, and with STILL_RUNS where one still has after some minutes. Not every machine has pgrep; what the
 * kernel tells of them has zeros between.
 */
const UNTIL_OVER = [
  'scan() { for some in /proc/[0-9]*/cmdline; do tr "\\0" " " <"$some" | grep -q -- "$1" && return 0; done; return 1; }',
  'runs() { if command -v pgrep >/dev/null; then pgrep -f -- "$1"; else scan "$1"; fi >/dev/null 2>&1; }',
  `i=0; while runs "$1"; do [ $i -lt 300 ] || exit ${STILL_RUNS}; sleep 1; i=$((i + 1)); done`,
].join('\n');

/**
 * A program that waits for those that go on by themselves, and does not find itself among them.
 * @param name what they are called, or their script is
 * @param tag of the job, among their arguments
 * @returns its status is STILL_RUNS where one still runs after some minutes
 */
export function untilOver(name: string, tag: string): string[] {
  return ['sh', '-c', UNTIL_OVER, 'sh', `[${name.slice(0, 1)}]${name.slice(1)} .*${tag}`];
}
