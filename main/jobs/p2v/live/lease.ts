import { pause } from '../../../hosts/clock.ts';
import { overSourceLinks, uninterrupted, type SourceHost } from './source-host.ts';

/** What a job has changed on the source, and the source changes back by itself. */
export type Leased = 'services' | 'snapshots' | 'files';

/** Minutes without a sign of the job, after which it does so. A snapshot or a file that is left harms little, and a copy of hours is lost with it. */
const MINUTES: Readonly<Record<Leased, number>> = { services: 30, snapshots: 360, files: 360 };

/** Of the source: while it is there, and young enough, a job works on it. */
export function leaseFile(tag: string, what: Leased): string {
  return `/run/${tag}.${what}`;
}

/**
 * `sh -c WATCH sh LEASE MINUTES SCRIPT ARGUMENT…` goes on by itself, whatever becomes of whoever started it, until the file is gone; where that is old the
 * script is run with the arguments.
 */
const WATCH = [
  'lease=$1 minutes=$2 script=$3; shift 3; touch "$lease" || exit 1',
  '{ while [ -e "$lease" ] && [ -z "$(find "$lease" -mmin "+$minutes")" ]; do sleep 5; done',
  '[ ! -e "$lease" ] || { rm -f "$lease"; sh -c "$script" sh "$@"; }; } </dev/null >/dev/null 2>&1 &',
].join('\n');

/** A program that starts a watch on the source: begun anew, it is one more of the same, and the lease is young again. */
export function watching(
  tag: string,
  what: Leased,
  { script, args }: { readonly script: string; readonly args: readonly string[] },
): string[] {
  const minutes = String(MINUTES[what]);
  return uninterrupted(['sh', '-c', WATCH, 'sh', leaseFile(tag, what), minutes, script, ...args]);
}

const RENEW_MS = 5 * 60_000;

/** The source hears of the job now and then, until the returned function is called. What it is to change back soon by itself is not named. */
export function renewLeases(
  host: SourceHost,
  { tag, leased }: { readonly tag: string; readonly leased: readonly Leased[] },
  signal: AbortSignal,
): () => void {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const files = leased.map((what) => leaseFile(tag, what));
  const argv = ['sh', '-c', 'for lease; do [ ! -e "$lease" ] || touch "$lease"; done', 'sh', ...files];
  void (async () => {
    while (!until.aborted) {
      await overSourceLinks(host, until, (exec) => exec(argv, { signal: until }));
      await pause(host.clock, RENEW_MS, until);
    }
    // It is over, or the source has a fault that the reader meets, too.
  })().catch(() => undefined);
  return () => over.abort();
}
