import { FormatError } from '../errors.ts';
import { FIRST_DESCRIPTOR, SECTOR, sectorsOf, ucs2, writeBoth16, writeBoth32 } from './fields.ts';
import { TreeLayout, type Extent } from './layout.ts';
import { treeOf, type FileNode, type FolderNode, type IsoFile } from './tree.ts';

export interface NewIso {
  /** What a guest looks for: `cidata`, `OEMDRV`. Printable ASCII, at most 16 characters, so that Joliet holds it whole. */
  readonly volumeId: string;
  readonly files: readonly IsoFile[];
  /** The time of every file; the same input gives the same bytes. Midnight of 2020-01-01 UTC when left out. */
  readonly modified?: Date;
}

const MAX_BYTES = 256 * 1024 * 1024;
const MAX_VOLUME_ID = 16;
const EPOCH = new Date('2020-01-01T00:00:00Z');
const CREATOR = 'VIRTLANE';

/**
 * An image of a CD: ISO 9660 level 1 with Joliet names (ECMA-119; Microsoft's Joliet specification, level 3), which Linux, BSD and
 * Windows read. It cannot be booted from.
 * @throws {FormatError} for a label or path that a CD cannot hold, or more than 256 MiB
 */
export function writeIso({ volumeId, files, modified = EPOCH }: NewIso): Buffer {
  if (!/^[\x20-\x7e]+$/.test(volumeId) || volumeId.length > MAX_VOLUME_ID)
    throw new FormatError('BAD_VALUE', `Not a label of a CD: ${JSON.stringify(volumeId.slice(0, 80))}`);
  const root = treeOf(files);
  const trees = [new TreeLayout(root, 'level1'), new TreeLayout(root, 'joliet')] as const;
  // Two descriptors and the one that ends them, then of each tree a path table in both byte orders.
  let next = FIRST_DESCRIPTOR + 3;
  const tables = trees.map((tree) => {
    const little = next;
    const big = little + sectorsOf(tree.pathTableBytes);
    next = big + sectorsOf(tree.pathTableBytes);
    return { tree, little, big };
  });
  for (const tree of trees) next = tree.place(next);
  const extents = new Map<FileNode, Extent>();
  for (const file of filesOf(root)) {
    extents.set(file, { sector: next, bytes: file.content.length });
    next += sectorsOf(file.content.length);
  }
  if (next * SECTOR > MAX_BYTES)
    throw new FormatError(
      'TOO_LARGE',
      `An image of ${next * SECTOR} bytes is not made; ${MAX_BYTES} is the most`,
    );

  const image = Buffer.alloc(next * SECTOR);
  const date = recordDate(modified);
  tables.forEach(({ tree, little, big }, index) => {
    const joliet = index === 1;
    const at = (FIRST_DESCRIPTOR + index) * SECTOR;
    const descriptor = image.subarray(at, at + SECTOR);
    describe(descriptor, { joliet, volumeId, sectors: next, modified });
    writeBoth32(descriptor, 132, tree.pathTableBytes);
    descriptor.writeUInt32LE(little, 140);
    descriptor.writeUInt32BE(big, 148);
    tree.rootRecord(date).copy(descriptor, 156);
    tree.pathTable('little').copy(image, little * SECTOR);
    tree.pathTable('big').copy(image, big * SECTOR);
    tree.writeFolders(image, extents, date);
  });
  image.write('\xffCD001\x01', (FIRST_DESCRIPTOR + 2) * SECTOR, 'latin1');
  for (const [file, { sector }] of extents) image.set(file.content, sector * SECTOR);
  return image;
}

function filesOf(folder: FolderNode): FileNode[] {
  return [...folder.children.values()].flatMap((node) => (node.kind === 'file' ? [node] : filesOf(node)));
}

interface Description {
  readonly joliet: boolean;
  readonly volumeId: string;
  readonly sectors: number;
  readonly modified: Date;
}

/** The fields of a primary (8.4) or supplementary (8.5) volume descriptor that say nothing of a tree. */
function describe(out: Buffer, { joliet, volumeId, sectors, modified }: Description): void {
  const text = (value: string, offset: number, bytes: number): void => {
    const padded = value.padEnd(joliet ? bytes / 2 : bytes, ' ');
    (joliet ? ucs2(padded) : Buffer.from(padded, 'latin1')).copy(out, offset, 0, bytes);
  };
  out[0] = joliet ? 2 : 1;
  out.write('CD001\x01', 1, 'latin1');
  text('', 8, 32);
  text(volumeId, 40, 32);
  writeBoth32(out, 80, sectors);
  // Joliet is told by this escape sequence: UCS-2, level 3.
  if (joliet) out.write('%/E', 88, 'latin1');
  writeBoth16(out, 120, 1);
  writeBoth16(out, 124, 1);
  writeBoth16(out, 128, SECTOR);
  for (const offset of [190, 318, 446]) text('', offset, 128);
  text(CREATOR, 574, 128);
  for (const offset of [702, 739, 776]) text('', offset, joliet ? 36 : 37);
  for (const offset of [813, 830]) longDate(modified).copy(out, offset);
  for (const offset of [847, 864]) out.write('0'.repeat(16), offset, 'latin1');
  out[881] = 1;
}

/** A record's time (9.1.5), in UTC. */
function recordDate(date: Date): Buffer {
  return Buffer.from([
    date.getUTCFullYear() - 1900,
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    0,
  ]);
}

/** A descriptor's time (8.4.26.1): digits to the hundredth of a second, and the distance from UTC. */
function longDate(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 16);
  return Buffer.from(`${digits}\0`, 'latin1');
}
