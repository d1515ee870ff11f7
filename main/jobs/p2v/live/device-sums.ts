import { FailureError } from '../../../hosts/failures.ts';
import { FRESH, GUARD, type DeviceRange } from './device-reader.ts';
import { overSourceLinks, type SourceHost } from './source-host.ts';

/** What one program sums: so much is done again after a lost link. */
const BATCH = 256;

/** As the reader's, but of each range its SHA-256, on a line. */
const SUM = [
  GUARD,
  FRESH,
  'exec 3>&1',
  'same "$1"',
  'while read -r n at length; do eval "d=\\${$n}"; within "$d" $((at + length)); fresh "$d" $at $length',
  '{ dd if="$d" bs=1048576 iflag=skip_bytes,count_bytes,fullblock$f skip=$at count=$length status=none || echo failed >&3; } | sha256sum || exit 1',
  'done',
].join('\n');

/**
 * SHA-256 of ranges of devices, in hex, as the source's disks have them now.
 * @throws FailureError where they cannot be read; the signal's reason
 */
export async function* deviceSums(
  host: SourceHost,
  ranges: readonly DeviceRange[],
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  for (let first = 0; first < ranges.length; first += BATCH) {
    const some = ranges.slice(first, first + BATCH);
    const paths = [...new Set(some.map(({ device }) => device.path))];
    const lines = some.map(({ device, at, length }) => `${paths.indexOf(device.path) + 2} ${at} ${length}\n`);
    const { status, stdout, stderr } = await overSourceLinks(host, signal, async (exec) =>
      exec(['sh', '-c', SUM, 'sh', await host.boot(exec, signal), ...paths], {
        signal,
        stdin: lines.join(''),
      }),
    );
    const sums = [...stdout.matchAll(/^([0-9a-f]{64}) /gm)].map(([, sum = '']) => sum);
    // What is said beside it may be sudo's, of a name that it cannot look up.
    if (status !== 0 || sums.length !== some.length || /^failed$/m.test(stdout))
      throw new FailureError({
        code: 'CONFLICT',
        message: `${paths.join(', ')} of ${host.name} could not be compared with the copy.`,
        detail: stderr.trim(),
      });
    yield* sums;
  }
}
