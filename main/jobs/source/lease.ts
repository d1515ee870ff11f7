import { z } from 'zod';
import { pause } from '../../hosts/clock.ts';
import { FailureError } from '../../hosts/failures.ts';
import { overSourceLinks, uninterrupted, type SourceHost } from './source-host.ts';

/** Tells what of a machine is the job's; letters, digits and dashes. */
export const jobTag = z.string().regex(/^[A-Za-z0-9-]+$/);

/** What a job has changed on the source, and the source changes back by itself. */
export type Leased = 'services' | 'snapshots' | 'files' | 'direct';

/**
 * Minutes without a sign of the job, after which it does so. A snapshot or a file that is left harms little, and a copy of hours is lost with it; without the key to a host the copy
 * goes on by another way.
 */
const MINUTES: Readonly<Record<Leased, number>> = {
  services: 30,
  snapshots: 360,
  files: 360,
  direct: 30,
};

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

/** What another job would change back under this one. */
const HOLDING = ['services', 'snapshots', 'files'] as const;

const RENEW_MS = 5 * 60_000;

/**
 * That no other job holds services or volumes of the source still: each would change back what the other one relies on.
 * @throws FailureError CONFLICT
 */
export async function assertAlone(host: SourceHost, tag: string, signal: AbortSignal): Promise<void> {
  // An old one is of nobody: whoever watched over it was killed.
  const young = HOLDING.flatMap((what) => [
    '-o',
    '-name',
    `virtlane-*.${what}`,
    '-mmin',
    `-${MINUTES[what] + 5}`,
  ]);
  const argv = ['find', '/run', '-maxdepth', '1', ...young.slice(1)];
  const { stdout } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
  const other = [...stdout.matchAll(/^\/run\/(virtlane-[\w-]+)\.\w+$/gm)].find(([, found]) => found !== tag);
  if (other === undefined) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `Another copy of ${host.name} is being made (${other[1]}), which holds its services or volumes still. Wait until that is over; of one that was given up they are as before after half an hour, or six where there are snapshots.`,
  });
}

/**
 * Does work while the source hears of the job now and then. What it is to change back soon by itself is not named.
 * @param tag null: there is no lease
 */
export async function whileRenewing<T>(
  host: SourceHost,
  { tag, leased }: { readonly tag: string | null; readonly leased: readonly Leased[] },
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const stop = tag === null ? null : renewLeases(host, { tag, leased }, signal);
  try {
    return await work();
  } finally {
    stop?.();
  }
}

/** Until the returned function is called. */
function renewLeases(
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
