import { FailureError } from '../../hosts/failures.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { BEGINNING_BYTES, takenFor } from '../../storage/image.ts';
import { rangesOf } from '../../storage/random-source.ts';

/**
 * Before hours of copying: a host makes another format of a file by what it takes that file for. A disk that begins with the header of an image
 * would not be converted, but opened, with whatever files of the host the header names.
 * @throws FailureError UNSUPPORTED; what reading the disk throws
 */
export async function assertPlain(disk: string, source: ByteSource, signal: AbortSignal): Promise<void> {
  const taken = takenFor(await rangesOf(source, signal).read(0, BEGINNING_BYTES));
  if (taken === null) return;
  throw new FailureError({
    code: 'UNSUPPORTED',
    message: `${disk} begins as ${taken} does: when the host converts it to another format, it would take it for that, and not for plain bytes. Make the new disk raw: then nothing is converted.`,
  });
}
