import { FormatError } from '../errors.ts';
import { readExactly, type RandomSource } from '../random-source.ts';
import { readVolumes, type IsoDescriptor, type IsoVolumes } from './descriptor.ts';
import { FLAG_ASSOCIATED, FLAG_DIRECTORY, FLAG_MULTI_EXTENT, SECTOR, fromUcs2 } from './fields.ts';
import type { Extent } from './layout.ts';
import { parseRecord, type IsoRecord } from './record.ts';
import { ReadBudget, readRockRidge, rockRidgeSkip } from './rock-ridge.ts';

export interface IsoEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'symlink';
  readonly sizeBytes: number;
}

interface Node extends IsoEntry {
  readonly extents: readonly Extent[];
  readonly compressed: boolean;
}

/** Where names come from. */
type Names = { readonly kind: 'level1' | 'joliet' } | { readonly kind: 'rock-ridge'; readonly skip: number };

/** A folder of installers' packages has some thousand files, of about 150 bytes each. */
const MAX_FOLDER_BYTES = 16 * 1024 * 1024;
/** Each is of 4 GiB at most. */
const MAX_PIECES = 1024;
/** Names of a folder that are elsewhere on the image, each of which is a read of its own: those of some 150 letters and more. */
const MAX_CONTINUATION_READS = 4096;
const MAX_PATH_PARTS = 64;
const READ_BYTES = 256 * 1024;

/** An ISO 9660 image that is read by ranges, with Rock Ridge's names where it has them, else Joliet's, else its own in small letters. */
export class IsoImage {
  readonly descriptor: IsoDescriptor;
  readonly #source: RandomSource;
  readonly #root: Extent;
  readonly #names: Names;

  private constructor(
    source: RandomSource,
    { descriptor, root, jolietRoot }: IsoVolumes,
    skip: number | null,
  ) {
    this.#source = source;
    this.descriptor = descriptor;
    const joliet = skip === null && jolietRoot !== null;
    this.#root = joliet ? jolietRoot : root;
    this.#names = skip !== null ? { kind: 'rock-ridge', skip } : { kind: joliet ? 'joliet' : 'level1' };
  }

  /** @throws {FormatError} OTHER_FORMAT when this is no ISO 9660 image; else the image is damaged or cut */
  static async open(source: RandomSource): Promise<IsoImage> {
    const volumes = await readVolumes(source);
    const at = volumes.root.sector * SECTOR;
    const first = await readExactly(source, at, SECTOR);
    const own = parseRecord(first.subarray(0, first[0]), at);
    return new IsoImage(source, volumes, rockRidgeSkip(own.systemUse));
  }

  /** What is in a folder; the root is `''`. Folders are parted by `/`. @throws {FormatError} NOT_FOUND, or the image is damaged */
  async list(path: string): Promise<IsoEntry[]> {
    const nodes = await this.#folder(await this.#find(path), path);
    return nodes.map(({ name, kind, sizeBytes }) => ({ name, kind, sizeBytes }));
  }

  /** Small and capital letters are the same in `path`. @throws {FormatError} NOT_FOUND, or the image is damaged */
  async stat(path: string): Promise<IsoEntry> {
    const { name, kind, sizeBytes } = await this.#find(path);
    return { name, kind, sizeBytes };
  }

  /** A file's bytes, in pieces of at most 256 KiB. @throws {FormatError} as `stat`, or UNSUPPORTED */
  async *stream(path: string): AsyncGenerator<Uint8Array, void, void> {
    const node = await this.#find(path);
    if (node.kind !== 'file') throw new FormatError('NOT_FOUND', `Not a file on the image: ${shown(path)}`);
    if (node.compressed) throw new FormatError('UNSUPPORTED', `Compressed on the image: ${shown(path)}`);
    for (const { sector, bytes } of node.extents)
      for (let done = 0; done < bytes; done += READ_BYTES)
        yield await readExactly(this.#source, sector * SECTOR + done, Math.min(READ_BYTES, bytes - done));
  }

  /** A whole file. @throws {FormatError} as `stream`, and TOO_LARGE when it is longer than `maxBytes` */
  async readFile(path: string, maxBytes: number): Promise<Buffer> {
    const { sizeBytes } = await this.#find(path);
    if (sizeBytes > maxBytes)
      throw new FormatError(
        'TOO_LARGE',
        `${shown(path)} has ${sizeBytes} bytes; ${maxBytes} are read at most`,
      );
    const parts: Uint8Array[] = [];
    for await (const part of this.stream(path)) parts.push(part);
    return Buffer.concat(parts);
  }

  async #find(path: string): Promise<Node> {
    const parts = path.split('/').filter((part) => part !== '');
    if (parts.length > MAX_PATH_PARTS)
      throw new FormatError('TOO_LARGE', `A path of ${parts.length} parts is not looked for`);
    let node = folderNode('', this.#root);
    for (const part of parts) {
      const nodes = await this.#folder(node, path);
      const found =
        nodes.find(({ name }) => name === part) ??
        nodes.find(({ name }) => name.toLowerCase() === part.toLowerCase());
      if (found === undefined) throw new FormatError('NOT_FOUND', `Not on the image: ${shown(path)}`);
      node = found;
    }
    return node;
  }

  async #folder({ kind, extents }: Node, path: string): Promise<Node[]> {
    const [extent] = extents;
    if (kind !== 'folder' || extent === undefined)
      throw new FormatError('NOT_FOUND', `Not a folder on the image: ${shown(path)}`);
    const nodes: Node[] = [];
    const reads = new ReadBudget(MAX_CONTINUATION_READS);
    /** Of a file whose next record goes on with it: files of 4 GiB and more (ECMA-119, 6.5.1). */
    let pieces: Extent[] = [];
    for (const record of await this.#records(extent)) {
      const node = await this.#node(record, reads);
      if (node === null) continue;
      pieces.push(...node.extents);
      if (pieces.length > MAX_PIECES)
        throw new FormatError('TOO_LARGE', `A file in more than ${MAX_PIECES} pieces is not read`);
      if ((record.flags & FLAG_MULTI_EXTENT) !== 0) continue;
      const sizeBytes = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
      nodes.push({ ...node, extents: pieces, sizeBytes });
      pieces = [];
    }
    return nodes;
  }

  async #records({ sector, bytes }: Extent): Promise<IsoRecord[]> {
    const start = sector * SECTOR;
    if (bytes > MAX_FOLDER_BYTES)
      throw new FormatError('TOO_LARGE', `A folder of ${bytes} bytes is not read`, start);
    const folder = await readExactly(this.#source, start, bytes);
    const records: IsoRecord[] = [];
    for (let at = 0; at < folder.length;) {
      const length = folder[at] ?? 0;
      if (length === 0) {
        // The rest of the sector is empty: no record crosses its end.
        at += SECTOR - (at % SECTOR);
        continue;
      }
      if (at + length > folder.length || (at % SECTOR) + length > SECTOR)
        throw new FormatError('BAD_VALUE', 'A directory record crosses the end of a sector', start + at);
      records.push(parseRecord(folder.subarray(at, at + length), start + at));
      at += length;
    }
    return records;
  }

  /** Null for what is not shown: the folder itself, its parent, what belongs to another file. */
  async #node({ identifier, flags, extent, systemUse }: IsoRecord, reads: ReadBudget): Promise<Node | null> {
    if (identifier.length === 1 && (identifier[0] ?? 2) < 2) return null;
    if ((flags & FLAG_ASSOCIATED) !== 0) return null;
    const folder = (flags & FLAG_DIRECTORY) !== 0;
    if (this.#names.kind === 'rock-ridge') {
      const extra = await readRockRidge(this.#source, systemUse.subarray(this.#names.skip), reads);
      if (extra.moved) return null;
      const name = extra.name ?? plainName(identifier);
      if (extra.movedTo !== null) return folderNode(name, await this.#extentAt(extra.movedTo, reads));
      if (folder) return folderNode(name, extent);
      const kind = extra.symlink ? 'symlink' : 'file';
      return { name, kind, sizeBytes: extent.bytes, extents: [extent], compressed: extra.compressed };
    }
    const name = this.#names.kind === 'joliet' ? withoutVersion(fromUcs2(identifier)) : plainName(identifier);
    if (folder) return folderNode(name, extent);
    return { name, kind: 'file', sizeBytes: extent.bytes, extents: [extent], compressed: false };
  }

  /** A folder's extent by its first sector: its own record says how long it is. */
  async #extentAt(sector: number, reads: ReadBudget): Promise<Extent> {
    reads.spend();
    const at = sector * SECTOR;
    const bytes = await readExactly(this.#source, at, SECTOR);
    return parseRecord(bytes.subarray(0, bytes[0]), at).extent;
  }
}

function folderNode(name: string, extent: Extent): Node {
  return { name, kind: 'folder', sizeBytes: extent.bytes, extents: [extent], compressed: false };
}

/** A name of level 1 as Linux shows it: small letters, no version, no point at the end. */
function plainName(identifier: Buffer): string {
  return withoutVersion(identifier.toString('latin1')).replace(/\.$/, '').toLowerCase();
}

function withoutVersion(name: string): string {
  return name.replace(/;\d+$/, '');
}

function shown(path: string): string {
  return JSON.stringify(path.slice(0, 200));
}
