import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { NTFS_HEAD_BYTES, ntfsBootCopy } from '../../../drivers/formats/disk/ntfs-boot.ts';
import { openContent, runsFor } from './content.ts';
import type { Act } from './plan-builder.ts';
import type { RestorePlan } from './plan.ts';
import { RawDisk } from './raw-disk.ts';
import { Sums } from './sums.ts';
import { placesOf, type Target } from './target.ts';

/** How far it is: bytes of the image's files. */
export interface P2vProgress {
  /** The partition or volume. */
  readonly what: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface Watch {
  readonly signal: AbortSignal;
  onProgress(progress: P2vProgress): void;
}

type ContentAct = Extract<Act, { kind: 'content' }>;

/**
 * Carries a plan out: the file is there when it is whole, or not at all.
 * @throws {ClonezillaError} where the image is damaged; the signal's reason; Node's errors of the file
 */
export async function restoreToFile(
  files: ImageFiles,
  plan: RestorePlan,
  file: string,
  watch: Watch,
): Promise<void> {
  const disk = await RawDisk.create(file, plan.sizeBytes);
  try {
    let done = 0;
    for (const act of plan.acts) {
      watch.signal.throwIfAborted();
      if (act.kind === 'content') {
        await restoreContent(files, act, disk, {
          signal: watch.signal,
          onRead: (bytes) => {
            done += bytes;
            watch.signal.throwIfAborted();
            watch.onProgress({ what: act.device, doneBytes: done, totalBytes: plan.readsBytes });
          },
        });
      } else if (act.kind === 'file') await copyFile(files, act, disk);
      else for (const { offset, data } of act.pieces) await disk.write(offset, data);
    }
    await disk.finish();
  } catch (error) {
    await disk.discard();
    throw error;
  }
}

async function restoreContent(
  files: ImageFiles,
  { device, data, target, addsBootCopy, sums: list }: ContentAct,
  disk: RawDisk,
  { signal, onRead }: { readonly signal: AbortSignal; readonly onRead: (bytes: number) => void },
): Promise<void> {
  const sums = new Sums(files, list === null ? [] : [list]);
  const content = await openContent(sums, { bytes: target.bytes, data }, onRead);
  const head = Buffer.alloc(NTFS_HEAD_BYTES);
  let end = 0;
  try {
    for await (const run of runsFor({ device, bytes: target.bytes }, data, content.image, signal)) {
      if (run.offset < head.length) head.set(run.data.subarray(0, head.length - run.offset), run.offset);
      await writeAt(disk, target, run);
      end = run.offset + run.data.length;
    }
  } finally {
    await content.close();
  }
  const [wrong] = sums.wrong(data.parts);
  if (wrong !== undefined) throw new ClonezillaError('DAMAGED', wrong, data.parts[0] ?? null);
  const copy = addsBootCopy ? ntfsBootCopy(head, target.bytes) : null;
  // What the image has is not written over.
  if (copy !== null && copy.offset >= end) await writeAt(disk, target, copy);
}

async function writeAt(
  disk: RawDisk,
  target: Target,
  { offset, data }: { readonly offset: number; readonly data: Uint8Array },
): Promise<void> {
  for (const place of placesOf(target, offset, data.length))
    if (place.offset !== null)
      await disk.write(place.offset, data.subarray(place.from, place.from + place.bytes));
}

async function copyFile(
  files: ImageFiles,
  { file, offset, limit }: Extract<Act, { kind: 'file' }>,
  disk: RawDisk,
): Promise<void> {
  let done = 0;
  for await (const piece of files.stream(file)) {
    const some = piece.subarray(0, limit - done);
    await disk.write(offset + done, some);
    done += some.length;
    if (done === limit) return;
  }
}
