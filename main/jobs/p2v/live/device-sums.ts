import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import { FRESH, GUARD, sumProgram, type DeviceRange } from '../../source/devices.ts';
import type { SourceFacts } from './model.ts';
import { overSourceLinks, type SourceHost } from '../../source/source-host.ts';

/** What one program sums: so much is done again after a lost link. */
const BATCH = 256;

/** What sums on the source, as a plan names it. */
export const summing = z.object({
  program: sumProgram,
  /** So many at one time: one alone is slower than a disk. */
  parallel: z.number().int().min(1).max(4),
});
export type Summing = z.infer<typeof summing>;

/** As the source can. */
export function summingOf({ tools, cpus }: Pick<SourceFacts, 'tools' | 'cpus'>): Summing {
  return {
    program: tools.includes('b2sum') ? 'b2sum' : 'sha256sum',
    parallel: Math.max(1, Math.min(4, cpus)),
  };
}

/** As the reader's, but of each range its sum, on a line. */
const SUM = [
  GUARD,
  FRESH,
  'exec 3>&1',
  'same "$1"; sum=$2',
  'while read -r n at length; do eval "d=\\${$n}"; within "$d" $((at + length)); fresh "$d" $at $length',
  '{ dd if="$d" bs=1048576 iflag=skip_bytes,count_bytes,fullblock$f skip=$at count=$length status=none || echo failed >&3; } | $sum || exit 1',
  'done',
].join('\n');

/**
 * Sums of ranges of devices, in hex and in their order, as the source's disks have them now.
 * @throws FailureError where they cannot be read; the signal's reason
 */
export async function* deviceSums(
  host: SourceHost,
  ranges: readonly DeviceRange[],
  { program, parallel }: Summing,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const asked: Promise<string[]>[] = [];
  try {
    for (let first = 0; first < ranges.length || asked.length > 0;) {
      while (asked.length < parallel && first < ranges.length) {
        const sums = batchSums(host, ranges.slice(first, first + BATCH), program, until);
        // It is told when its turn comes.
        sums.catch(() => undefined);
        asked.push(sums);
        first += BATCH;
      }
      yield* (await asked.shift()) ?? [];
    }
  } finally {
    over.abort();
    await Promise.allSettled(asked);
    signal.throwIfAborted();
  }
}

async function batchSums(
  host: SourceHost,
  some: readonly DeviceRange[],
  program: Summing['program'],
  signal: AbortSignal,
): Promise<string[]> {
  const paths = [...new Set(some.map(({ device }) => device.path))];
  const lines = some.map(({ device, at, length }) => `${paths.indexOf(device.path) + 3} ${at} ${length}\n`);
  const { status, stdout, stderr } = await overSourceLinks(host, signal, async (exec) =>
    exec(['sh', '-c', SUM, 'sh', await host.boot(exec, signal), program, ...paths], {
      signal,
      stdin: lines.join(''),
    }),
  );
  const sums = [...stdout.matchAll(/^([0-9a-f]{64,128}) /gm)].map(([, sum = '']) => sum);
  // What is said beside it may be sudo's, of a name that it cannot look up.
  if (status !== 0 || sums.length !== some.length || /^failed$/m.test(stdout))
    throw new FailureError({
      code: 'CONFLICT',
      message: `${paths.join(', ')} of ${host.name} could not be compared with the copy.`,
      detail: stderr.trim(),
    });
  return sums;
}
