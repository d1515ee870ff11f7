import { createHash, type Hash } from 'node:crypto';
import type { ChecksumList } from './checksum-lists.ts';
import type { ImageFiles } from './image-files.ts';

/** The files of an image, and the checksums of what is read of them to the end. */
export class Sums implements ImageFiles {
  readonly sizes: ReadonlyMap<string, number>;
  readonly #files: ImageFiles;
  readonly #lists: readonly ChecksumList[];
  /** By file and list. */
  readonly #right = new Map<string, Map<string, boolean>>();

  constructor(files: ImageFiles, lists: readonly ChecksumList[]) {
    this.sizes = files.sizes;
    this.#files = files;
    this.#lists = lists;
  }

  get skipped(): readonly string[] {
    return this.#files.skipped ?? [];
  }

  /** Files that a list has. */
  get names(): Set<string> {
    return new Set(this.#lists.flatMap(({ sums }) => [...sums.keys()]));
  }

  async *stream(name: string): AsyncGenerator<Uint8Array, void, void> {
    const hashes = this.#lists
      .filter(({ sums }) => sums.has(name))
      .map((list): [typeof list, Hash] => [list, createHash(list.algorithm)]);
    for await (const piece of this.#files.stream(name)) {
      for (const [, hash] of hashes) hash.update(piece);
      yield piece;
    }
    if (hashes.length === 0) return;
    this.#right.set(
      name,
      new Map(hashes.map(([{ file, sums }, hash]) => [file, hash.digest('hex') === sums.get(name)])),
    );
  }

  /** Files that were read to the end, and are in a list. */
  get compared(): string[] {
    return [...this.#right.keys()];
  }

  /** What lists say otherwise of these files, in sentences. */
  wrong(names: readonly string[]): string[] {
    return names.flatMap((name) =>
      [...(this.#right.get(name) ?? [])]
        .filter(([, right]) => !right)
        .map(
          ([list]) =>
            `${name} is not what ${list} says. Copy it again from where it was saved; where it was changed on purpose, take its line out of ${list}.`,
        ),
    );
  }

  /** Lists that have all of these files, and are right. */
  covering(names: readonly string[]): string[] {
    return this.#lists
      .map(({ file }) => file)
      .filter((list) => names.every((name) => this.#right.get(name)?.get(list) === true));
  }
}
