import { decompress } from '../../../../drivers/formats/compression/decompress.ts';
import { FormatError } from '../../../../drivers/formats/errors.ts';
import type { Exec, ExecResult } from '../../../../drivers/transport/exec.ts';
import { TransportError } from '../../../../drivers/transport/errors.ts';
import { execOutput } from '../../../../drivers/transport/exec-output.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { isLinkLost } from '../../../storage/steps/deps.ts';
import { FRESH, GUARD, PACKERS, type DeviceRange, type Packing } from '../../source/devices.ts';
import { borrowLogin, type SourceHost } from '../../source/source-host.ts';

/** Of one program: their list is far below what it may be given to read (1 MiB). */
const MAX_RANGES = 10_000;

/**
 * `sh -c READ sh BOOT PACK DEVICE…` prints ranges, as many as lines `DEVICE LIVE AT LENGTH` are on its standard input, the devices by number from 3 on.
 * It ends at the first that cannot be read.
 */
const READ = [
  GUARD,
  FRESH,
  'same "$1"; pack=$2',
  'while read -r n live at length; do eval "d=\\${$n}"; within "$d" $((at + length)); f=; [ $live = 0 ] || fresh "$d" $at $length',
  'dd if="$d" bs=1048576 iflag=skip_bytes,count_bytes,fullblock$f skip=$at count=$length status=none || exit 1',
  'done | $pack',
].join('\n');

/** Reads devices of a source. */
export class DeviceReader {
  readonly #host: SourceHost;
  readonly #packing: Packing;
  /** Of the devices, as they arrived here. */
  readBytes = 0;

  constructor(host: SourceHost, packing: Packing) {
    this.#host = host;
    this.#packing = packing;
  }

  /**
   * The bytes of all ranges, one after another, in pieces of any size. After a lost link to the source, and when the program there was ended, it
   * goes on with the byte that comes next.
   * @throws FailureError where a device cannot be read; the signal's reason
   */
  async *read(ranges: readonly DeviceRange[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    for (let left = ranges; left.length > 0;) {
      const before = left;
      const login = await borrowLogin(this.#host, signal);
      let end: ExecResult | null = null;
      const bytes = this.#readOnce(login.exec, left.slice(0, MAX_RANGES), signal);
      try {
        for (let next = await bytes.next(); ; next = await bytes.next()) {
          if (next.done === true) {
            end = next.value;
            break;
          }
          left = without(left, next.value.length);
          this.readBytes += next.value.length;
          yield next.value;
        }
      } catch (error) {
        signal.throwIfAborted();
        if (!isLinkLost(error) && !(isEnded(error) && left !== before)) throw error;
        continue;
      } finally {
        // Who stops reading ends the program there, which would hold a snapshot open.
        await bytes.return(null);
        login.release();
      }
      // It was ended from outside: by a person, or by a kernel that is short of memory. A device that cannot be read stops it at the same byte again.
      if (left === before) throw this.#unreadable(left[0], end);
    }
  }

  async *#readOnce(
    exec: Exec,
    ranges: readonly DeviceRange[],
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, ExecResult | null, void> {
    const paths = [...new Set(ranges.map(({ device }) => device.path))];
    const lines = ranges.map(({ device: { path, live }, at, length }) =>
      [paths.indexOf(path) + 3, live ? 1 : 0, at, length].join(' '),
    );
    const boot = await this.#host.boot(exec, signal);
    const argv = ['sh', '-c', READ, 'sh', boot, PACKERS[this.#packing], ...paths];
    const program = execOutput(exec, argv, { signal, stdin: `${lines.join('\n')}\n` });
    const ended: { result: ExecResult | null } = { result: null };
    const output = (async function* () {
      ended.result = yield* program;
    })();
    try {
      // An unpacker may use its bytes again.
      for await (const piece of decompress(this.#packing, output)) yield Buffer.from(piece);
    } catch (error) {
      // What was ended is cut: the program's end says more.
      const isCut =
        error instanceof FormatError && (error.code === 'TRUNCATED' || (ended.result?.status ?? 0) !== 0);
      if (!isCut) throw error;
    }
    return ended.result;
  }

  #unreadable(range: DeviceRange | undefined, end: ExecResult | null): FailureError {
    return new FailureError({
      code: 'CONFLICT',
      message: `${range?.device.path} of ${this.#host.name} cannot be read at byte ${range?.at}.`,
      detail: end?.stderr.trim() ?? '',
    });
  }
}

/** The program was ended from outside, with all that watched over it. */
function isEnded(error: unknown): boolean {
  return error instanceof TransportError && error.code === 'EXEC';
}

const BLOCK = 4096;

/** What is left when so many bytes have arrived. */
function without(ranges: readonly DeviceRange[], bytes: number): readonly DeviceRange[] {
  let whole = 0;
  let rest = bytes;
  for (let range = ranges[0]; range !== undefined && range.length <= rest; range = ranges[whole]) {
    rest -= range.length;
    whole += 1;
  }
  const [partly, ...others] = ranges.slice(whole);
  if (partly === undefined && rest > 0)
    throw new FormatError('BAD_VALUE', 'The source sends more than it was asked for');
  if (partly === undefined) return [];
  const { device, at, length } = partly;
  // Direct reads begin at whole blocks: what is left of one is a range of its own.
  const head = Math.min((BLOCK - (rest % BLOCK)) % BLOCK, length - rest);
  return [
    ...(head > 0 ? [{ device, at: at + rest, length: head }] : []),
    ...(rest + head < length ? [{ device, at: at + rest + head, length: length - rest - head }] : []),
    ...others,
  ];
}
