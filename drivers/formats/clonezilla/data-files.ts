import { ClonezillaError } from './errors.ts';

/** The content of one partition, volume or disk, in one file or in the parts that `split` made of it. */
export interface DataFile {
  /** Clonezilla's name of the device, `/` written as `-`: `sda1`, `vg0-root`, `cciss-c0d0p1`. */
  readonly device: string;
  /** As in the name: `ext4`, `ntfs`, `dd`; in old images `partclone`'s own. */
  readonly fileSystem: string;
  /** By the name, as Clonezilla spells it (`gz`, `zst`, `uncomp`); null: the first bytes say it. */
  readonly suffix: string | null;
  /** In order. */
  readonly parts: readonly string[];
  /** Of all parts, as they are on the disk. */
  readonly storedBytes: number;
}

const SUFFIXES = 'gz|bz2|lzo|lzma|xz|lzip|lrz|lz4|zst|uncomp';
/** `get_image_cat_zip_cmd` of Clonezilla's ocs-functions has the same list. */
const NAME = new RegExp(
  `^(?<stem>(?<device>.+)\\.(?<fs>[A-Za-z0-9+_-]+?)-(?:ptcl-img(?:\\.(?<suffix>${SUFFIXES}))?|img))(?:\\.(?<part>[a-z]{2,5}))?$`,
);
/** Of partimage, which Clonezilla wrote before 2009: `sda1.000`, `sda1.aa`. */
const PARTIMAGE = /^[^.]+\.(?:000|aa)$/;

/**
 * What of a directory's names are contents, by device.
 * @throws {ClonezillaError} MISSING where a part is not there between others, UNSUPPORTED for formats that are not read
 */
export function dataFilesOf(sizes: ReadonlyMap<string, number>): Map<string, DataFile> {
  const found = new Map<string, DataFile>();
  for (const [stem, group] of grouped(sizes)) {
    const { device, fileSystem, suffix } = group;
    const before = found.get(device);
    const parts = inOrder(stem, group.parts);
    if (before !== undefined)
      throw new ClonezillaError(
        'UNSUPPORTED',
        `${before.parts[0] ?? ''} and ${parts[0] ?? ''} are both the content of ${device}. Take the one away that is not of this image.`,
        parts[0] ?? null,
      );
    const storedBytes = parts.reduce((sum, part) => sum + (sizes.get(part) ?? 0), 0);
    found.set(device, { device, fileSystem, suffix, parts, storedBytes });
  }
  return found;
}

interface Group {
  readonly device: string;
  readonly fileSystem: string;
  readonly suffix: string | null;
  /** Suffix of `split` to the name; '' is a file that is not split. */
  readonly parts: Map<string, string>;
}

function grouped(sizes: ReadonlyMap<string, number>): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const name of sizes.keys()) {
    const match = NAME.exec(name)?.groups;
    if (match === undefined) {
      if (PARTIMAGE.test(name))
        throw new ClonezillaError(
          'UNSUPPORTED',
          `${name} is an image of partimage, which is not read. Restore it by Clonezilla and save it anew.`,
          name,
        );
      continue;
    }
    const { stem = '', device = '', fs = '', suffix = null, part = '' } = match;
    const group = groups.get(stem) ?? { device, fileSystem: fs, suffix, parts: new Map<string, string>() };
    group.parts.set(part, name);
    groups.set(stem, group);
  }
  return groups;
}

/** `aa`, `ab`… as `split` counts. @throws {ClonezillaError} where one is not there */
function inOrder(stem: string, parts: ReadonlyMap<string, string>): string[] {
  const whole = parts.get('');
  if (whole !== undefined && parts.size === 1) return [whole];
  const [width, ...others] = [...new Set([...parts.keys()].map((part) => part.length))];
  if (whole !== undefined || width === undefined || others.length > 0)
    throw new ClonezillaError(
      'UNSUPPORTED',
      `${stem} is there split and whole, or split in two ways. Take the files away that are not of this image.`,
      stem,
    );
  return Array.from(parts, (_, index) => {
    const part = splitSuffix(index, width);
    const name = parts.get(part);
    if (name === undefined)
      throw new ClonezillaError(
        'MISSING',
        `${stem}.${part} is missing in the image: the parts that are there are ${shown([...parts.keys()].sort())}. Copy it here, too.`,
        `${stem}.${part}`,
      );
    return name;
  });
}

function shown(parts: readonly string[]): string {
  return parts.length > 6 ? `${parts.slice(0, 3).join(', ')} … ${parts.at(-1) ?? ''}` : parts.join(', ');
}

/** The nth suffix of `split -a width`. */
function splitSuffix(index: number, width: number): string {
  let rest = index;
  let out = '';
  for (let place = 0; place < width; place += 1) {
    out = String.fromCharCode(0x61 + (rest % 26)) + out;
    rest = Math.floor(rest / 26);
  }
  return out;
}
