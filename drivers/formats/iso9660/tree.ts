import { FormatError } from '../errors.ts';

/** A file of a new image. */
export interface IsoFile {
  /** Folders are parted by `/`, and made where they are named: `$WinPEDriver$/net/netkvm.inf`. */
  readonly path: string;
  readonly content: Uint8Array;
}

export interface FileNode {
  readonly kind: 'file';
  readonly name: string;
  readonly content: Uint8Array;
}

export interface FolderNode {
  readonly kind: 'folder';
  readonly name: string;
  readonly children: Map<string, FileNode | FolderNode>;
}

/** ECMA-119, 6.8.2.1: eight levels, the root being the first. */
const MAX_DEPTH = 8;
/** Joliet, "SVD file and directory identifiers": 64 characters. */
const MAX_NAME = 64;
const MAX_FILES = 10_000;
// oxlint-disable-next-line no-control-regex
const NOT_JOLIET = /[\u0000-\u001f*/:;?\\]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws {FormatError} for a path that Joliet cannot hold, one that is given twice, or a file that is also a folder */
export function treeOf(files: readonly IsoFile[]): FolderNode {
  if (files.length > MAX_FILES)
    throw new FormatError('TOO_LARGE', `An image of more than ${MAX_FILES} files is not made`);
  const root: FolderNode = { kind: 'folder', name: '', children: new Map() };
  for (const { path, content } of files) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    if (parts.length > MAX_DEPTH - 2)
      throw new FormatError('UNSUPPORTED', `More folders within folders than ISO 9660 has: ${path}`);
    for (const part of [...parts, name]) checkName(part, path);
    const folder = parts.reduce((at, part) => folderIn(at, part, path), root);
    if (folder.children.has(name)) throw new FormatError('BAD_VALUE', `Twice in the image: ${path}`);
    folder.children.set(name, { kind: 'file', name, content });
  }
  return root;
}

function folderIn(parent: FolderNode, name: string, path: string): FolderNode {
  const there = parent.children.get(name);
  if (there?.kind === 'file') throw new FormatError('BAD_VALUE', `A folder and a file at once: ${path}`);
  if (there !== undefined) return there;
  const folder: FolderNode = { kind: 'folder', name, children: new Map() };
  parent.children.set(name, folder);
  return folder;
}

function checkName(name: string, path: string): void {
  if (name === '' || name === '.' || name === '..' || NOT_JOLIET.test(name) || LONE_SURROGATE.test(name))
    throw new FormatError('BAD_VALUE', `Not a name on a CD: ${JSON.stringify(path.slice(0, 200))}`);
  if (name.length > MAX_NAME)
    throw new FormatError('TOO_LARGE', `A name of more than ${MAX_NAME} characters: ${path.slice(0, 200)}`);
}
