import { z } from 'zod';
import { ByteReader } from '../../../../drivers/formats/byte-stream.ts';
import { FormatError } from '../../../../drivers/formats/errors.ts';
import type { ExecResult } from '../../../../drivers/transport/exec.ts';
import { execOutput } from '../../../../drivers/transport/exec-output.ts';
import { readDomainLog } from '../../../../drivers/formats/used-blocks/domain-log.ts';
import type { RangeSource } from '../../../../drivers/formats/used-blocks/ranges.ts';
import { readUsedBlocks, type UsedBlocks } from '../../../../drivers/formats/used-blocks/used-blocks.ts';
import type { Device } from '../../source/devices.ts';
import type { DeviceReader } from './device-reader.ts';
import type { SourceContent } from './model.ts';
import { overSourceLinks, type SourceHost } from '../../source/source-host.ts';

/** A device of the source, for whoever looks at a thousand places of it. */
export function deviceRanges(reader: DeviceReader, device: Device, signal: AbortSignal): RangeSource {
  return {
    async *readRanges(ranges) {
      const stream = reader.read(
        ranges.map((range) => ({ device, ...range })),
        signal,
      );
      const bytes = new ByteReader(stream);
      try {
        for (const { length } of ranges) yield await bytes.exact(length, device.path);
      } finally {
        await bytes.close();
      }
    },
  };
}

/** Programs of partclone's that tell what a file system uses, by blkid's name of it; of others this program reads the maps itself. */
const MAPPERS = {
  btrfs: 'partclone.btrfs',
  exfat: 'partclone.exfat',
  f2fs: 'partclone.f2fs',
  vfat: 'partclone.vfat',
} as const;

/** As a plan names it. */
export const mapper = z.enum(['partclone.btrfs', 'partclone.exfat', 'partclone.f2fs', 'partclone.vfat']);
export type Mapper = z.infer<typeof mapper>;

/** The program that maps such a file system, where the source has it. */
export function mapperOf(content: SourceContent, tools: readonly string[]): Mapper | null {
  if (content.kind !== 'fileSystem') return null;
  const [, found = null] = Object.entries(MAPPERS).find(([type]) => type === content.type) ?? [];
  return found !== null && tools.includes(found) ? found : null;
}

export interface StillDevice {
  readonly device: Device;
  readonly sizeBytes: number;
  readonly mapper: Mapper | null;
}

/**
 * What the file system of a device uses, which nobody may write to: a snapshot, for which the kernel has brought it to rest.
 * @returns why all of it is to be read, where that is so; null: nothing here tells what that file system uses
 * @throws FailureError where the device cannot be read; the signal's reason
 */
export async function deviceUsed(
  host: SourceHost,
  reader: DeviceReader,
  still: StillDevice,
  signal: AbortSignal,
): Promise<UsedBlocks | string | null> {
  const { device, sizeBytes, mapper: program } = still;
  try {
    const used = await readUsedBlocks(deviceRanges(reader, device, signal));
    if (used !== null && used.blocks * used.blockBytes > sizeBytes)
      return `The file system is larger than ${device.path}`;
    if (used !== null || program === null) return used;
    return await mapped(host, program, still, signal);
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

/** @throws FormatError where what it prints is no map */
function mapped(
  host: SourceHost,
  program: Mapper,
  { device: { path }, sizeBytes }: StillDevice,
  signal: AbortSignal,
): Promise<UsedBlocks | string> {
  // It would keep a log of its own on the source.
  const argv = [program, '-D', '-s', path, '-o', '-', '-L', '/dev/null'];
  return overSourceLinks(host, signal, async (exec) => {
    const ended: { result: ExecResult | null } = { result: null };
    const output = (async function* () {
      ended.result = yield* execOutput(exec, argv, { signal });
    })();
    try {
      const used = await readDomainLog(output, sizeBytes);
      return ended.result?.status === 0 ? used : failed(program, ended.result);
    } catch (error) {
      if (error instanceof FormatError && (ended.result?.status ?? 0) !== 0)
        return failed(program, ended.result);
      throw error;
    } finally {
      await output.return();
    }
  });
}

function failed(program: Mapper, result: ExecResult | null): string {
  const words =
    result?.stderr
      .trim()
      .split(/[\r\n]+/)
      .at(-1) ?? '';
  return `${program} tells nothing of what it uses${words === '' ? '' : `: ${words}`}`;
}
