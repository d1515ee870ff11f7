import type { Run } from '../../../drivers/formats/byte-stream.ts';
import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { Sums } from '../../../drivers/formats/clonezilla/sums.ts';
import { NTFS_HEAD_BYTES, ntfsBootCopy } from '../../../drivers/formats/disk/ntfs-boot.ts';
import { openContent, runsFor } from './content.ts';
import type { Act } from './plan-builder.ts';

export type ContentAct = Extract<Act, { kind: 'content' }>;

/**
 * What a partition or volume gets, in order: what its image has, and what that leaves out. Only its end proves all of it.
 * @throws {ClonezillaError} where the image is damaged; the signal's reason
 */
export async function* contentRuns(
  files: ImageFiles,
  { device, data, target, addsBootCopy, sums: list }: ContentAct,
  {
    signal,
    onRead = () => undefined,
  }: { readonly signal: AbortSignal; readonly onRead?: (bytes: number) => void },
): AsyncGenerator<Run, void, void> {
  const sums = new Sums(files, list === null ? [] : [list]);
  const content = await openContent(sums, { bytes: target.bytes, data }, onRead);
  const head = Buffer.alloc(NTFS_HEAD_BYTES);
  let end = 0;
  try {
    for await (const run of runsFor({ device, bytes: target.bytes }, data, content.image, signal)) {
      if (run.offset < head.length) head.set(run.data.subarray(0, head.length - run.offset), run.offset);
      yield run;
      end = run.offset + run.data.length;
    }
  } finally {
    await content.close();
  }
  const [wrong] = sums.wrong(data.parts);
  if (wrong !== undefined) throw new ClonezillaError('DAMAGED', wrong, data.parts[0] ?? null);
  const copy = addsBootCopy ? ntfsBootCopy(head, target.bytes) : null;
  // What the image has is not written over.
  if (copy !== null && copy.offset >= end) yield copy;
}
