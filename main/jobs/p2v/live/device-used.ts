import { ByteReader } from '../../../../drivers/formats/byte-stream.ts';
import { FormatError } from '../../../../drivers/formats/errors.ts';
import type { RangeSource } from '../../../../drivers/formats/used-blocks/ranges.ts';
import { readUsedBlocks, type UsedBlocks } from '../../../../drivers/formats/used-blocks/used-blocks.ts';
import type { Device, DeviceReader } from './device-reader.ts';

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

/**
 * What the file system of a device uses, which nobody may write to: a snapshot, or what is not mounted.
 * @returns why all of it is to be read, where that is so; null: that file system has no map that is known here
 * @throws FailureError where the device cannot be read; the signal's reason
 */
export async function deviceUsed(
  reader: DeviceReader,
  { device, sizeBytes }: { readonly device: Device; readonly sizeBytes: number },
  signal: AbortSignal,
): Promise<UsedBlocks | string | null> {
  try {
    const used = await readUsedBlocks(deviceRanges(reader, device, signal));
    if (used !== null && used.blocks * used.blockBytes > sizeBytes)
      return `The file system is larger than ${device.path}`;
    return used;
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}
