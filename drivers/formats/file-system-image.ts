import type { Run } from './byte-stream.ts';

/** How far the bytes are proven. */
export type Checked = 'crc32' | 'xxh64' | 'xxh128' | 'none';

/** One partition's (or disk's) content as an image has it. */
export interface FileSystemImage {
  readonly format: 'partclone 1' | 'partclone 2' | 'ntfsclone' | 'dd';
  /** As the image's header names it (EXTFS, NTFS, BTRFS …); null: the format has none. */
  readonly fileSystem: string | null;
  readonly deviceBytes: number | null;
  /** Of the runs in all; null: it is not known before they are read. */
  readonly usedBytes: number | null;
  readonly checked: Checked;
  /**
   * Read once, to its end: only that proves the last bytes.
   * @throws FormatError where the bytes are not what they should be; its offset is in the image, what is around it taken off
   */
  readonly runs: AsyncIterable<Run>;
}
