import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import type { Zeros } from '../../../drivers/formats/zero-runs.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { ContentCursor } from './content-cursor.ts';
import { contentRuns, type ContentAct } from './content-runs.ts';
import type { Act } from './plan-builder.ts';
import type { RestorePlan } from './plan.ts';
import { proveFile, type FileAct } from './prove-file.ts';
import type { TargetSegment } from './target.ts';

/** A part of the disk that is no hole, and where its bytes are from. */
interface Extent {
  readonly at: number;
  readonly bytes: number;
  readonly from:
    | { readonly kind: 'bytes'; readonly data: Uint8Array }
    | { readonly kind: 'file'; readonly act: FileAct }
    | {
        readonly kind: 'content';
        readonly act: ContentAct;
        readonly segment: TargetSegment;
        readonly stripe: number;
      };
}

/** Each holds what it unpacks with: those of a few volumes whose parts take turns on the disk. */
const MAX_OPEN = 3;

/**
 * A disk as a restore would write it, read from front to back out of its image: nothing of it is on this computer. From an earlier offset a
 * content is unpacked anew. A content that is damaged fails the read of its last bytes at the latest.
 */
export class DiskSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #files: ImageFiles;
  readonly #extents: readonly Extent[];
  /** The last part of each content on the disk. */
  readonly #lasts = new Map<ContentAct, Extent>();
  /** What a list of checksums has was compared with it. */
  readonly #proven = new Set<FileAct>();
  /** The one that was used last comes last. */
  readonly #open = new Map<ContentAct, ContentCursor>();

  /** @throws {ClonezillaError} UNSUPPORTED where parts of the disk overlap */
  constructor(files: ImageFiles, { disk, acts, sizeBytes }: RestorePlan) {
    this.#files = files;
    this.sizeBytes = sizeBytes;
    this.#extents = acts
      .flatMap(extentsOf)
      .filter(({ bytes }) => bytes > 0)
      .toSorted((a, b) => a.at - b.at);
    let end = 0;
    for (const extent of this.#extents) {
      if (extent.at < end)
        throw new ClonezillaError('UNSUPPORTED', `${disk} has two contents at byte ${extent.at}.`);
      end = extent.at + extent.bytes;
      if (extent.from.kind === 'content') this.#lasts.set(extent.from.act, extent);
    }
  }

  /** @throws {ClonezillaError} where the image is damaged or cannot be read; the signal's reason */
  async *read(
    offset: number,
    length: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | Zeros, void, void> {
    const end = offset + length;
    let at = offset;
    for (const extent of this.#extents) {
      const extentEnd = extent.at + extent.bytes;
      if (extentEnd <= at) continue;
      if (extent.at >= end) break;
      signal.throwIfAborted();
      if (extent.at > at) yield { zeros: extent.at - at };
      const from = Math.max(at, extent.at);
      at = Math.min(extentEnd, end);
      yield* this.#readExtent(extent, from - extent.at, at - from, signal);
      if (at === extentEnd) await this.#finish(extent);
    }
    if (at < end) yield { zeros: end - at };
  }

  async close(): Promise<void> {
    for (const cursor of this.#open.values()) await cursor.close();
    this.#open.clear();
  }

  async *#readExtent(
    { from }: Extent,
    offset: number,
    length: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | Zeros, void, void> {
    switch (from.kind) {
      case 'bytes':
        yield from.data.subarray(offset, offset + length);
        return;
      case 'file':
        if (!this.#proven.has(from.act)) await proveFile(this.#files, from.act);
        this.#proven.add(from.act);
        yield* partOf(this.#files, from.act.file, { offset, length });
        return;
      case 'content':
        for (const { at, bytes } of contentPlaces(from.segment, from.stripe, { offset, length }))
          yield* (await this.#cursor(from.act, at, signal)).read(at, bytes);
    }
  }

  async #cursor(act: ContentAct, at: number, signal: AbortSignal): Promise<ContentCursor> {
    const open = this.#open.get(act);
    this.#open.delete(act);
    if (open !== undefined && open.at <= at) {
      this.#open.set(act, open);
      return open;
    }
    await open?.close();
    const [oldest] = this.#open;
    if (oldest !== undefined && this.#open.size >= MAX_OPEN) {
      this.#open.delete(oldest[0]);
      await oldest[1].close();
    }
    const cursor = new ContentCursor(contentRuns(this.#files, act, { signal }));
    this.#open.set(act, cursor);
    return cursor;
  }

  /** After the last part of a content that is on the disk the rest is read, too. */
  async #finish(extent: Extent): Promise<void> {
    if (extent.from.kind !== 'content' || this.#lasts.get(extent.from.act) !== extent) return;
    const { act } = extent.from;
    const cursor = this.#open.get(act);
    this.#open.delete(act);
    try {
      await cursor?.finish();
    } finally {
      await cursor?.close();
    }
  }
}

function extentsOf(act: Act): Extent[] {
  switch (act.kind) {
    case 'pieces':
      return act.pieces.map(({ offset, data }) => ({
        at: offset,
        bytes: data.length,
        from: { kind: 'bytes', data },
      }));
    case 'file':
      return [{ at: act.offset, bytes: act.limit, from: { kind: 'file', act } }];
    case 'content':
      return act.target.segments.flatMap((segment) =>
        segment.stripes.flatMap((at, stripe): Extent[] =>
          at === null
            ? []
            : [
                {
                  at,
                  bytes: segment.bytes / segment.stripes.length,
                  from: { kind: 'content', act, segment, stripe },
                },
              ],
        ),
      );
  }
}

/** Where the bytes of a stripe are in the content. */
function* contentPlaces(
  { from, stripes, stripeBytes }: TargetSegment,
  stripe: number,
  { offset, length }: { readonly offset: number; readonly length: number },
): Generator<{ at: number; bytes: number }, void, void> {
  for (let done = 0; done < length;) {
    const within = (offset + done) % stripeBytes;
    const row = Math.floor((offset + done) / stripeBytes);
    const bytes = Math.min(stripeBytes - within, length - done);
    yield { at: from + (row * stripes.length + stripe) * stripeBytes + within, bytes };
    done += bytes;
  }
}

async function* partOf(
  files: ImageFiles,
  file: string,
  { offset, length }: { readonly offset: number; readonly length: number },
): AsyncGenerator<Uint8Array, void, void> {
  let at = 0;
  for await (const piece of files.stream(file)) {
    const some = piece.subarray(Math.max(0, offset - at), offset + length - at);
    at += piece.length;
    if (some.length > 0) yield some;
    if (at >= offset + length) return;
  }
  throw new ClonezillaError('DAMAGED', `${file} is shorter than it was. Copy it again.`, file);
}
