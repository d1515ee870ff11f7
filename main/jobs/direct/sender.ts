import type { Exec, ExecResult } from '../../../drivers/transport/exec.ts';
import { PACKERS, type Device, type Packing, type SumProgram } from '../source/devices.ts';
import type { SourceHost } from '../source/source-host.ts';
import { FIRST_DEVICE, SEND } from './source-scripts.ts';
import { keyFolder, type OpenWay } from './way.ts';

/** What sends, and where to. */
export interface Sender extends OpenWay {
  readonly tag: string;
  readonly packing: Packing;
  readonly summing: SumProgram;
}

/** So many bytes of a device for that place of the volume; without a device: a sign is asked for that all up to there is on the host's disk. */
export type SentRange =
  | { readonly to: number; readonly device: null }
  | {
      readonly to: number;
      readonly device: Device;
      readonly at: number;
      readonly length: number;
      readonly summed: boolean;
    };

export interface Sending {
  readonly ranges: readonly SentRange[];
  readonly signal: AbortSignal;
  /** All up to there is on the host's disk. */
  readonly onOk: (to: number) => void;
  /** Of the range for that place, as it was sent: told before the `onOk` that confirms it. */
  readonly onSum: (to: number, hex: string) => void;
}

/** Longer than any line of the sender's. */
const MAX_LINE_CHARS = 1024;

/** Lets the source send ranges; with the promise its program is over. @throws TransportError */
export async function send(
  { boot }: Pick<SourceHost, 'name' | 'boot'>,
  exec: Exec,
  { tag, address, port, user, packing, summing }: Sender,
  { ranges, signal, onOk, onSum }: Sending,
): Promise<ExecResult> {
  const paths = [...new Set(ranges.flatMap(({ device }) => device?.path ?? []))];
  const lines = ranges.map((range) =>
    range.device === null
      ? `0 0 0 0 ${range.to} 0\n`
      : `${[
          paths.indexOf(range.device.path) + FIRST_DEVICE,
          range.device.live ? 1 : 0,
          range.at,
          range.length,
          range.to,
          range.summed ? 1 : 0,
        ].join(' ')}\n`,
  );
  const argv = [
    'sh',
    '-c',
    SEND,
    'sh',
    await boot(exec, signal),
    PACKERS[packing],
    summing,
    keyFolder(tag),
    address,
    String(port),
    user,
    ...paths,
  ];
  let rest = '';
  const onStdout = (chunk: Buffer): void => {
    const told = `${rest}${chunk.toString('latin1')}`.split('\n');
    rest = (told.pop() ?? '').slice(-MAX_LINE_CHARS);
    for (const line of told) {
      const ok = /^ok (\d+)$/.exec(line)?.[1];
      const [, to, hex] = /^sum (\d+) ([0-9a-f]{64,128})$/.exec(line) ?? [];
      if (ok !== undefined) onOk(Number(ok));
      else if (to !== undefined && hex !== undefined) onSum(Number(to), hex);
    }
  };
  return exec(argv, { signal, stdin: lines.join(''), onStdout });
}
