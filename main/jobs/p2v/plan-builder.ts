import type { ChecksumList } from '../../../drivers/formats/clonezilla/checksum-lists.ts';
import type { Compression } from '../../../drivers/formats/compression/kinds.ts';
import type { DataFile } from '../../../drivers/formats/clonezilla/data-files.ts';
import type { Content } from '../../../drivers/formats/clonezilla/image.ts';
import type { Piece } from '../../../drivers/formats/disk/piece.ts';
import { swapHeader } from '../../../drivers/formats/disk/swap-area.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';
import type { FileSystemImage } from '../../../drivers/formats/file-system-image.ts';
import { hasChecksum } from './content.ts';
import { placesOf, type Target } from './target.ts';

/** What the header of a content tells. */
export interface ContentFacts extends Pick<
  FileSystemImage,
  'format' | 'fileSystem' | 'deviceBytes' | 'usedBytes' | 'checked'
> {
  readonly compression: Compression;
}

/** By Clonezilla's names of devices, as in `DataFile.device`; a sentence where the content cannot be read. */
export type Facts = ReadonlyMap<string, ContentFacts | string>;

/** What is done to an empty disk, in this order. */
export type Act =
  /** Written as they are: tables, swap areas, labels of LVM. */
  | { readonly kind: 'pieces'; readonly what: string; readonly pieces: readonly Piece[] }
  /** A file as it is. */
  | {
      readonly kind: 'file';
      readonly file: string;
      readonly offset: number;
      readonly limit: number;
      /** The checksums that it is proven by; null: there are none. */
      readonly sums: ChecksumList | null;
    }
  | {
      readonly kind: 'content';
      readonly device: string;
      readonly data: DataFile;
      readonly target: Target;
      /** It is no plain copy: where it is NTFS, the copy of its boot sector is not in the image. */
      readonly addsBootCopy: boolean;
      /** The checksums that it is proven by, where it has none of its own. */
      readonly sums: ChecksumList | null;
    };

/** What a plan is put together in. */
export class PlanBuilder {
  readonly acts: Act[] = [];
  readonly problems: string[] = [];
  readonly warnings: string[] = [];
  writesBytes = 0;
  readonly #facts: Facts;
  readonly #lists: readonly ChecksumList[];

  /** @param lists the weakest first */
  constructor(facts: Facts, lists: readonly ChecksumList[]) {
    this.#facts = facts;
    this.#lists = lists;
  }

  /** The strongest list of checksums that has all of these files; null: there is none. */
  listOf(files: readonly string[]): ChecksumList | null {
    return this.#lists.findLast(({ sums }) => files.every((file) => sums.has(file))) ?? null;
  }

  /** What a format does not hold is a problem of the plan. */
  attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.problems.push(`${error.message}.`);
    }
  }

  add(name: string, content: Content, target: Target): void {
    if (content.kind === 'data') this.#addData(name, content.data, target);
    if (content.kind === 'swap')
      this.attempt(() => {
        if (content.identity.uuid === null)
          this.warnings.push(`The swap area ${name} gets no UUID: the image has none of it.`);
        const pieces = piecesAt(target, [{ offset: 0, data: swapHeader(target.bytes, content.identity) }]);
        this.acts.push({ kind: 'pieces', what: `${name}: a new swap area`, pieces });
      });
  }

  #addData(name: string, data: DataFile, target: Target): void {
    const facts = this.#facts.get(data.device);
    if (facts === undefined || typeof facts === 'string') {
      this.problems.push(facts ?? `The header of ${data.parts[0] ?? name} was not read.`);
      return;
    }
    const { format, deviceBytes, usedBytes, checked, compression } = facts;
    if (deviceBytes !== null && deviceBytes > target.bytes) {
      this.problems.push(
        `${data.parts[0] ?? name} is of ${deviceBytes} bytes, and ${name} has ${target.bytes}.`,
      );
      return;
    }
    const unchecked = checked === 'none' && !hasChecksum(compression);
    const list = unchecked ? this.listOf(data.parts) : null;
    // Of other formats the end of the file need not be read.
    const sums = format === 'dd' ? list : null;
    if (unchecked && sums === null)
      this.warnings.push(
        list === null
          ? `${name} is unchecked: its image has no checksums (${format}).`
          : `${name} is not checked while it is restored: its image has no checksums of its own (${format}). ${list.file} has those of its files, which verify compares.`,
      );
    this.acts.push({ kind: 'content', device: name, data, target, addsBootCopy: format !== 'dd', sums });
    this.writesBytes += usedBytes ?? 0;
  }
}

/** Pieces of a partition or volume as pieces of the disk; what is on another disk is left out. */
export function piecesAt(target: Target, pieces: readonly Piece[]): Piece[] {
  return pieces.flatMap(({ offset, data }) =>
    [...placesOf(target, offset, data.length)].flatMap((place) =>
      place.offset === null
        ? []
        : [{ offset: place.offset, data: data.subarray(place.from, place.from + place.bytes) }],
    ),
  );
}
