import { z } from 'zod';
import type { KeptFill } from '../../../storage/steps/fill.ts';
import { ownVolume, type VolumeParams } from '../../../storage/steps/volume-calls.ts';
import { volumeNoteOf } from '../../../storage/steps/own-volume.ts';
import { SEGMENT_BYTES } from '../../../storage/upload.ts';
import type { StepContext } from '../../engine/step.ts';
import { hostBoot } from '../../host-boot.ts';
import type { SummedSource } from './chunk-sums.ts';
import { overSourceLinks, type SourceHost } from '../../source/source-host.ts';

/** What a journal has of a disk is at most so many lines: of a large one more is read anew after Virtlane has died. */
const MAX_PIECES = 1024;

/** How far a disk is, so that another program can go on within it. */
const progress = z.object({
  /** The host has confirmed so much. */
  bytes: z.number(),
  /** So many notes of sums belong to that. */
  pieces: z.number(),
  /** Starts of both machines: after another one, what was read may be of other disks, and what was confirmed may not be on the host's. */
  sourceBoot: z.string(),
  hostBoot: z.string().nullable(),
});
type Progress = z.infer<typeof progress>;

/** Sums of the chunks that begin in what one note has added; all would be as long as the disk is large, each time. */
const piece = z.object({ sums: z.string() });

/** What an earlier program has read of a disk. */
export interface ReadBefore {
  readonly confirmedBytes: number;
  /** As `SummedSource.kept`, up to there. */
  readonly sums: string;
}

export interface ReadingDisk {
  readonly at: VolumeParams;
  readonly source: SourceHost;
  readonly sizeBytes: number;
  /** What is confirmed at one time. */
  readonly segmentBytes?: number;
}

/** Keeps in the journal how far a disk is read, beside the note of its volume. */
export class ReadProgress implements KeptFill {
  readonly confirmedBytes: number | null;
  readonly #step: StepContext;
  readonly #disk: ReadingDisk;
  readonly #summed: SummedSource;
  #now: Progress;
  #keeping: Promise<void> = Promise.resolve();

  private constructor(
    step: StepContext,
    disk: ReadingDisk,
    at: { readonly summed: SummedSource; readonly now: Progress; readonly confirmedBytes: number | null },
  ) {
    this.#step = step;
    this.#disk = disk;
    this.#summed = at.summed;
    this.#now = at.now;
    this.confirmedBytes = at.confirmedBytes;
  }

  /** @param before of this disk (`readBefore`); null: it is read from its begin on, and what was kept before counts no more */
  static async begin(
    step: StepContext,
    disk: ReadingDisk,
    { summed, before }: { readonly summed: SummedSource; readonly before: ReadBefore | null },
  ): Promise<ReadProgress> {
    const kept = before === null ? null : keptOf(step, disk.at);
    const now = kept ?? { bytes: 0, pieces: 0, ...(await bootsOf(step, disk)) };
    await step.note(now, idOf(disk.at));
    return new ReadProgress(step, disk, { summed, now, confirmedBytes: before?.confirmedBytes ?? null });
  }

  /** Also told by several at one time. */
  keep(bytes: number): Promise<void> {
    const kept = this.#keeping.then(() => this.#keep(bytes));
    this.#keeping = kept.catch(() => undefined);
    return kept;
  }

  async #keep(bytes: number): Promise<void> {
    const { at, sizeBytes, segmentBytes = SEGMENT_BYTES } = this.#disk;
    const worth = Math.max(segmentBytes, sizeBytes / MAX_PIECES);
    if (bytes - this.#now.bytes < worth && !(bytes === sizeBytes && bytes > this.#now.bytes)) return;
    const { pieces } = this.#now;
    // Until the next line says that it counts, this one does not.
    await this.#step.note({ sums: this.#summed.kept(this.#now.bytes, bytes) }, pieceOf(at, pieces));
    this.#now = { ...this.#now, bytes, pieces: pieces + 1 };
    await this.#step.note(this.#now, idOf(at));
  }
}

/**
 * What an earlier program has read of a disk, where it can be gone on with: the volume is the job's own, and neither machine was started anew since.
 * @returns why not; null: nothing was copied
 * @throws what asking for it throws
 */
export async function readBefore(step: StepContext, disk: ReadingDisk): Promise<ReadBefore | string | null> {
  const { at, source, sizeBytes } = disk;
  const noted = volumeNoteOf(step);
  if (noted?.state !== 'open' && noted?.state !== 'whole') return null;
  const kept = keptOf(step, at);
  if (kept === null || kept.bytes === 0) return `nothing of it was confirmed yet`;
  if (noted.state === 'whole' && kept.bytes < sizeBytes) return 'it is not known what was read';
  const sums = Array.from(
    { length: kept.pieces },
    (_, index) => piece.safeParse(step.noted(pieceOf(at, index))).data?.sums,
  );
  if (sums.includes(undefined)) return 'it is not known what was read';
  const { sourceBoot, hostBoot } = await bootsOf(step, disk);
  if (sourceBoot !== kept.sourceBoot) return `${source.name} was started anew meanwhile`;
  if (hostBoot === null || hostBoot !== kept.hostBoot)
    return 'the host was started anew meanwhile, or does not tell, so that what it had confirmed may not be on its disk';
  if ((await ownVolume(at, step)) === null)
    return 'its volume is not there any more, or is not as it was left';
  const bytes = sums.map((some) => Buffer.from(some ?? '', 'base64'));
  return { confirmedBytes: kept.bytes, sums: Buffer.concat(bytes).toString('base64') };
}

function keptOf(step: StepContext, at: VolumeParams): Progress | null {
  return progress.safeParse(step.noted(idOf(at))).data ?? null;
}

async function bootsOf(
  step: StepContext,
  { at, source }: ReadingDisk,
): Promise<Pick<Progress, 'sourceBoot' | 'hostBoot'>> {
  const sourceBoot = await overSourceLinks(source, step.signal, (exec) => source.boot(exec, step.signal));
  return { sourceBoot, hostBoot: await hostBoot(step.session(at.host), step.signal) };
}

/** Notes that are no step's own; of the volume, which there is once in a job. */
function idOf({ pool, name }: VolumeParams): string {
  return `progress ${pool}/${name}`;
}

function pieceOf(at: VolumeParams, index: number): string {
  return `${idOf(at)} ${index}`;
}
