import { FLAG_DIRECTORY, PARENT, SECTOR, SELF, sectorsOf, ucs2, writeBoth16, writeBoth32 } from './fields.ts';
import { ShortNames } from './short-names.ts';
import type { FileNode, FolderNode } from './tree.ts';

/** A place on the medium. */
export interface Extent {
  readonly sector: number;
  readonly bytes: number;
}

/** How names are written: by level 1, or by Joliet. */
export type Naming = 'level1' | 'joliet';

/** A folder of one of the two trees, with what its records will say. */
interface Folder {
  readonly node: FolderNode;
  readonly identifier: Buffer;
  /** Null for the root, which is its own parent. */
  readonly parent: Folder | null;
  readonly entries: { readonly identifier: Buffer; readonly child: Folder | FileNode }[];
}

/** One tree of folders: the same files under names of one kind. */
export class TreeLayout {
  /** In the order of a path table: by depth, then by parent, then by name (ECMA-119, 6.9.1). */
  readonly #folders: Folder[];
  readonly #extents = new Map<Folder, Extent>();
  /** Of each of the two path tables. */
  readonly pathTableBytes: number;

  constructor(root: FolderNode, naming: Naming) {
    this.#folders = foldersOf(root, naming);
    this.pathTableBytes = this.#folders.reduce(
      (sum, { identifier }) => sum + 8 + identifier.length + (identifier.length % 2),
      0,
    );
  }

  /** Gives each folder its place, and says which sector is free after them. */
  place(sector: number): number {
    let next = sector;
    for (const folder of this.#folders) {
      const bytes = recordsBytes(folder);
      this.#extents.set(folder, { sector: next, bytes });
      next += sectorsOf(bytes);
    }
    return next;
  }

  rootRecord(date: Buffer): Buffer {
    const [root] = this.#folders;
    return record(SELF, root === undefined ? NOWHERE : this.#extent(root), FLAG_DIRECTORY, date);
  }

  /** The path table, low byte first (type L) or high byte first (type M). */
  pathTable(order: 'little' | 'big'): Buffer {
    const numbers = new Map(this.#folders.map((folder, index) => [folder, index + 1]));
    return Buffer.concat(
      this.#folders.map((folder) => {
        const { identifier } = folder;
        const row = Buffer.alloc(8 + identifier.length + (identifier.length % 2));
        row[0] = identifier.length;
        const { sector } = this.#extent(folder);
        const parent = numbers.get(folder.parent ?? folder) ?? 1;
        if (order === 'little') {
          row.writeUInt32LE(sector, 2);
          row.writeUInt16LE(parent, 6);
        } else {
          row.writeUInt32BE(sector, 2);
          row.writeUInt16BE(parent, 6);
        }
        identifier.copy(row, 8);
        return row;
      }),
    );
  }

  /** The records of all folders, each in its place. */
  writeFolders(image: Buffer, files: ReadonlyMap<FileNode, Extent>, date: Buffer): void {
    for (const folder of this.#folders) {
      const own = this.#extent(folder);
      let at = own.sector * SECTOR;
      const add = (bytes: Buffer): void => {
        at = fit(at, bytes.length);
        at += bytes.copy(image, at);
      };
      add(record(SELF, own, FLAG_DIRECTORY, date));
      add(record(PARENT, this.#extent(folder.parent ?? folder), FLAG_DIRECTORY, date));
      for (const { identifier, child } of folder.entries)
        if ('entries' in child) add(record(identifier, this.#extent(child), FLAG_DIRECTORY, date));
        else add(record(identifier, files.get(child) ?? NOWHERE, 0, date));
    }
  }

  #extent(folder: Folder): Extent {
    return this.#extents.get(folder) ?? NOWHERE;
  }
}

const NOWHERE: Extent = { sector: 0, bytes: 0 };

function foldersOf(root: FolderNode, naming: Naming): Folder[] {
  const folders: Folder[] = [{ node: root, identifier: SELF, parent: null, entries: [] }];
  for (const folder of folders) {
    const names = new ShortNames();
    for (const node of folder.node.children.values()) {
      if (node.kind === 'folder') {
        const identifier = naming === 'joliet' ? ucs2(node.name) : Buffer.from(names.folder(node.name));
        folder.entries.push({ identifier, child: { node, identifier, parent: folder, entries: [] } });
      } else {
        const identifier = naming === 'joliet' ? ucs2(node.name) : Buffer.from(names.file(node.name));
        folder.entries.push({ identifier, child: node });
      }
    }
    folder.entries.sort((a, b) => Buffer.compare(a.identifier, b.identifier));
    for (const { child } of folder.entries) if ('entries' in child) folders.push(child);
  }
  return folders;
}

/** Where a record may begin at or after `at`: none crosses the end of a sector (6.8.1.1). */
function fit(at: number, length: number): number {
  const left = SECTOR - (at % SECTOR);
  return length > left ? at + left : at;
}

function recordsBytes(folder: Folder): number {
  let at = 2 * recordBytes(SELF);
  for (const { identifier } of folder.entries) {
    const length = recordBytes(identifier);
    at = fit(at, length) + length;
  }
  return sectorsOf(at) * SECTOR;
}

const recordBytes = (identifier: Buffer): number => 33 + identifier.length + (1 - (identifier.length % 2));

/** A directory record (9.1). */
function record(identifier: Buffer, extent: Extent, flags: number, date: Buffer): Buffer {
  const out = Buffer.alloc(recordBytes(identifier));
  out[0] = out.length;
  writeBoth32(out, 2, extent.sector);
  writeBoth32(out, 10, extent.bytes);
  date.copy(out, 18);
  out[25] = flags;
  writeBoth16(out, 28, 1);
  out[32] = identifier.length;
  identifier.copy(out, 33);
  return out;
}
