import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { contentRuns } from './content-runs.ts';
import { proveFile, type FileAct } from './prove-file.ts';
import type { RestorePlan } from './plan.ts';
import { RawDisk } from './raw-disk.ts';
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
        const onRead = (bytes: number): void => {
          done += bytes;
          watch.signal.throwIfAborted();
          watch.onProgress({ what: act.device, doneBytes: done, totalBytes: plan.readsBytes });
        };
        for await (const run of contentRuns(files, act, { signal: watch.signal, onRead }))
          await writeAt(disk, act.target, run);
      } else if (act.kind === 'file') await copyFile(files, act, disk);
      else for (const { offset, data } of act.pieces) await disk.write(offset, data);
    }
    await disk.finish();
  } catch (error) {
    await disk.discard();
    throw error;
  }
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

async function copyFile(files: ImageFiles, act: FileAct, disk: RawDisk): Promise<void> {
  const { file, offset, limit } = act;
  await proveFile(files, act);
  let done = 0;
  for await (const piece of files.stream(file)) {
    const some = piece.subarray(0, limit - done);
    await disk.write(offset + done, some);
    done += some.length;
    if (done === limit) return;
  }
  if (done < limit)
    throw new ClonezillaError('DAMAGED', `${file} is shorter than it was. Copy it again.`, file);
}
