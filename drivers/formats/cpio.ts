import { gzipSync } from 'node:zlib';
import { FormatError } from './errors.ts';

/** A file of an archive. */
export interface CpioFile {
  /** From the root of the initrd, without a slash at the beginning: `preseed.cfg`, `etc/app.conf`. Its folders are made too. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Permissions; 0644 when left out. */
  readonly mode?: number;
}

const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const MAX_BYTES = 256 * 1024 * 1024;
const TRAILER = 'TRAILER!!!';

/**
 * A cpio archive of the "newc" kind (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). Everything belongs to root and
 * has no time, so the same input gives the same bytes.
 * @throws {FormatError} for a path that leaves the root or is given twice, or more than 256 MiB
 */
export function writeCpio(files: readonly CpioFile[]): Buffer {
  const parts: Buffer[] = [];
  const paths = new Set<string>();
  let inode = 1;
  let total = 0;
  const add = (path: string, mode: number, content: Uint8Array): void => {
    total += content.length;
    if (total > MAX_BYTES) throw new FormatError('TOO_LARGE', `An archive of more than ${MAX_BYTES} bytes`);
    if (paths.has(path)) throw new FormatError('BAD_VALUE', `Twice in the archive: ${path}`);
    paths.add(path);
    parts.push(header(path, { inode, mode, bytes: content.length }), padded(content));
    inode += 1;
  };
  for (const { path, content, mode = 0o644 } of files) {
    const names = path.split('/');
    // The kernel keeps 4096 bytes for a path.
    if (names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0')))
      throw new FormatError(
        'BAD_VALUE',
        `Not a path within an initrd: ${JSON.stringify(path.slice(0, 200))}`,
      );
    if (Buffer.byteLength(path) > 4000 || path === TRAILER)
      throw new FormatError('BAD_VALUE', `Not a path that a cpio archive holds: ${path.slice(0, 200)}`);
    for (let depth = 1; depth < names.length; depth += 1) {
      const folder = names.slice(0, depth).join('/');
      if (!paths.has(folder)) add(folder, DIRECTORY | 0o755, new Uint8Array());
    }
    add(path, REGULAR | (mode & 0o7777), content);
  }
  return Buffer.concat([...parts, header(TRAILER, { inode: 0, mode: 0, bytes: 0 })]);
}

/**
 * The bytes to append to an initrd, so that the installer within finds the files: a compressed archive of its own, which the kernel
 * unpacks over the first one. `initrdBytes`: how long the initrd is.
 */
export function initrdSupplement(initrdBytes: number, files: readonly CpioFile[]): Buffer {
  // Between two archives are zeros up to a multiple of four.
  return Buffer.concat([Buffer.alloc(-initrdBytes & 3), gzipSync(writeCpio(files))]);
}

interface Fields {
  readonly inode: number;
  readonly mode: number;
  readonly bytes: number;
}

/** c_magic, ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check; then the name. */
function header(path: string, { inode, mode, bytes }: Fields): Buffer {
  const name = Buffer.from(`${path}\0`, 'utf8');
  const links = (mode & DIRECTORY) === 0 ? 1 : 2;
  const numbers = [inode, mode, 0, 0, links, 0, bytes, 0, 0, 0, 0, name.length, 0];
  const text = `070701${numbers.map((value) => value.toString(16).padStart(8, '0')).join('')}`;
  return padded(Buffer.concat([Buffer.from(text, 'latin1'), name]));
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
