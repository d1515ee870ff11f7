import { FormatError } from './errors.ts';
import { readExactly, type RandomSource } from './random-source.ts';

/** A regular file of an archive. */
export interface TarEntry {
  /** As the archive has it: it may have folders, and `..`. */
  readonly name: string;
  /** Where its bytes begin in the archive. */
  readonly offset: number;
  readonly size: number;
}

export interface TarIndex {
  readonly files: readonly TarEntry[];
  /** Names of what is neither a regular file nor a folder: symbolic links, devices, pipes. */
  readonly others: readonly string[];
}

const BLOCK = 512;
const MAX_ENTRIES = 200_000;
/** A long name, or the fields of pax. */
const MAX_EXTRA_BYTES = 1 << 20;

/**
 * Finds the regular files, and second names of them, of a tar archive (ustar, GNU's and pax) by its headers, without reading what is between them.
 * @throws {FormatError} OTHER_FORMAT where it begins with no header; for a header that cannot be
 */
export async function readTarIndex(source: RandomSource): Promise<TarIndex> {
  const files: TarEntry[] = [];
  const others: string[] = [];
  const byName = new Map<string, TarEntry>();
  const keep = (entry: TarEntry): void => {
    files.push(entry);
    byName.set(entry.name, entry);
  };
  let extra: Extra = {};
  for (let at = 0, count = 0; ; count += 1) {
    if (count > MAX_ENTRIES) throw new FormatError('TOO_LARGE', `Over ${MAX_ENTRIES} files`, at);
    const header = await readExactly(source, at, BLOCK);
    if (header.every((byte) => byte === 0)) return { files, others };
    if (checksum(header) !== octal(header, 148, 8)) throw wrongHeader(at);
    const type = header.toString('latin1', 156, 157);
    const extends_ = 'LKxg'.includes(type);
    const size = (extends_ ? undefined : extra.size) ?? sizeIn(header, at);
    const offset = at + BLOCK;
    if (extends_) {
      if (size > MAX_EXTRA_BYTES) throw new FormatError('TOO_LARGE', `A name of ${size} bytes`, at);
      extra = extended(type, await readExactly(source, offset, size), extra);
    } else {
      const name = extra.name ?? nameIn(header);
      if (extra.sparse === true || type === 'S')
        throw new FormatError('UNSUPPORTED', `${name} is stored with holes`, at);
      if (type === '0' || type === '\0' || type === '7') keep({ name, offset, size });
      if (/[2-46]/.test(type)) others.push(name);
      if (type === '1') keep(secondName(name, extra.target ?? text(header, 157, 100), { byName, at }));
      extra = {};
    }
    // Links and folders have no bytes, whatever their size says; nothing else is as long as its size tells.
    at = offset + (/[1-6]/.test(type) ? 0 : Math.ceil(size / BLOCK) * BLOCK);
    if (!Number.isSafeInteger(at)) throw wrongHeader(at);
  }
}

/** A hard link: tar stores the bytes once, with the first name. */
function secondName(
  name: string,
  target: string,
  { byName, at }: { readonly byName: ReadonlyMap<string, TarEntry>; readonly at: number },
): TarEntry {
  const first = byName.get(target);
  if (first === undefined)
    throw new FormatError('BAD_VALUE', `${name} is a second name of ${target}, which is not before it`, at);
  return { ...first, name };
}

/** What is told of the next file before its header. */
interface Extra {
  readonly name?: string;
  /** Of a link. */
  readonly target?: string;
  readonly size?: number;
  readonly sparse?: boolean;
}

function extended(type: string, bytes: Buffer, before: Extra): Extra {
  if (type === 'L') return { ...before, name: text(bytes, 0, bytes.length) };
  if (type === 'K') return { ...before, target: text(bytes, 0, bytes.length) };
  if (type !== 'x') return before;
  const fields = paxFields(bytes);
  const [name, target, size] = [fields.get('path'), fields.get('linkpath'), fields.get('size')];
  return {
    ...before,
    ...(name === undefined ? {} : { name }),
    ...(target === undefined ? {} : { target }),
    ...(size === undefined || !/^\d{1,16}$/.test(size) ? {} : { size: Number(size) }),
    ...([...fields.keys()].some((key) => key.startsWith('GNU.sparse.')) ? { sparse: true } : {}),
  };
}

/** `LENGTH KEY=VALUE\n` again and again; the length counts all of it. */
function paxFields(bytes: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const length = Number(/^(\d{1,7}) /.exec(bytes.toString('latin1', at, at + 8))?.[1]);
    if (!(length > 4 && at + length <= bytes.length)) return fields;
    const field = bytes.toString('utf8', at + String(length).length + 1, at + length - 1);
    const [key = ''] = field.split('=', 1);
    fields.set(key, field.slice(key.length + 1));
    at += length;
  }
  return fields;
}

/** All bytes of the header, its own place taken as blanks. */
function checksum(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function nameIn(header: Buffer): string {
  const name = text(header, 0, 100);
  // GNU's own header has times in that place.
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? text(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function text(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

function octal(header: Buffer, at: number, length: number): number {
  const digits = header.toString('latin1', at, at + length).replaceAll(/[\0 ]/g, '');
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
}

/** GNU writes what needs more than eleven octal digits as a number of 8 bytes, with the first bit of the field set. */
function sizeIn(header: Buffer, at: number): number {
  const size = header[124] === 0x80 ? Number(header.readBigUInt64BE(128)) : octal(header, 124, 12);
  if (!Number.isSafeInteger(size)) throw wrongHeader(at);
  return size;
}

function wrongHeader(at: number): FormatError {
  return new FormatError(at === 0 ? 'OTHER_FORMAT' : 'BAD_VALUE', 'No header of tar', at);
}
