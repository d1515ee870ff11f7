import type { Codec } from './codec.ts';
import { XdrError } from './errors.ts';
import type { XdrReader } from './reader.ts';

/** A pointer in the language of RFC 4506, section 4.19: nothing, or one value. */
export function optional<T>(of: Codec<T>): Codec<T | null> {
  return {
    shape: { kind: 'optional', of },
    minSize: 4,
    encode: (writer, value) => {
      writer.bool(value !== null);
      if (value !== null) of.encode(writer, value);
    },
    decode: (reader) => (reader.bool() ? of.decode(reader) : null),
  };
}

export function array<T>(of: Codec<T>, max: number): Codec<T[]> {
  return {
    shape: { kind: 'array', of, max },
    minSize: 4,
    encode: (writer, value) => {
      writer.count(value.length, max);
      for (const item of value) of.encode(writer, item);
    },
    decode: (reader) => {
      const count = reader.count(max, of.minSize);
      const items: T[] = [];
      for (let index = 0; index < count; index++) items.push(of.decode(reader));
      return items;
    },
  };
}

/** Fields one after the other, in the order they are written here. */
export function struct<T extends object>(fields: { [K in keyof T]: Codec<T[K]> }): Codec<T> {
  const entries: [string, Codec<unknown>][] = Object.entries(fields);
  return {
    shape: { kind: 'struct', fields: entries },
    minSize: entries.reduce((sum, [, codec]) => sum + codec.minSize, 0),
    encode: (writer, value) => {
      const record = value as Record<string, unknown>;
      for (const [key, codec] of entries) codec.encode(writer, record[key]);
    },
    decode: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [key, codec] of entries) value[key] = codec.decode(reader);
      return value as T;
    },
  };
}

/** One case of a union: its name here, its number on the wire, the value that follows the number. */
export interface UnionCase {
  readonly tag: number;
  readonly of: Codec<unknown>;
}

type UnionValue<C extends Record<string, UnionCase>> = {
  [K in keyof C & string]: { type: K; value: C[K]['of'] extends Codec<infer T> ? T : never };
}[keyof C & string];

/** A union discriminated by an int, read as `{ type, value }`. */
export function union<const C extends Record<string, UnionCase>>(cases: C): Codec<UnionValue<C>> {
  const byType = new Map(Object.entries(cases).map(([type, { tag, of }]) => [type, { type, tag, of }]));
  const byTag = new Map([...byType.values()].map((entry) => [entry.tag, entry]));
  return {
    shape: { kind: 'union', cases: [...byType.values()] },
    minSize: 4 + Math.min(...[...byType.values()].map(({ of }) => of.minSize)),
    encode: (writer, value) => {
      const found = byType.get(value.type);
      if (!found) throw new XdrError('BAD_VALUE', `no case of the union is named ${value.type}`);
      writer.int(found.tag);
      found.of.encode(writer, value.value);
    },
    decode: (reader) => {
      const tag = reader.int();
      const found = byTag.get(tag);
      if (!found) throw new XdrError('BAD_VALUE', `no case of the union has the number ${tag}`);
      return { type: found.type, value: found.of.decode(reader) } as UnionValue<C>;
    },
  };
}

/** `char x[length]`: a C text in a fixed field, four bytes for each character, NUL up to the end. */
export function charsFixed(length: number): Codec<string> {
  return {
    shape: { kind: 'charsFixed', length },
    minSize: 4 * length,
    encode: (writer, value) => {
      const bytes = cText(value, length - 1);
      for (let index = 0; index < length; index++) writer.int(bytes[index] ?? 0);
    },
    decode: (reader) => textBefore0(readChars(reader, length)),
  };
}

/** `char x<max>` that holds a C text and its NUL. */
export function chars(max: number): Codec<string> {
  return {
    shape: { kind: 'chars', max },
    minSize: 4,
    encode: (writer, value) => {
      const bytes = cText(value, max - 1);
      writer.count(bytes.length + 1, max);
      for (const byte of bytes) writer.int(byte);
      writer.int(0);
    },
    decode: (reader) => textBefore0(readChars(reader, reader.count(max, 4))),
  };
}

/** `char x<max>` that holds bytes, as those of SASL. */
export function charBytes(max: number): Codec<Uint8Array> {
  return {
    shape: { kind: 'charBytes', max },
    minSize: 4,
    encode: (writer, value) => {
      writer.count(value.length, max);
      for (const byte of value) writer.int(byte);
    },
    decode: (reader) => new Uint8Array(readChars(reader, reader.count(max, 4))),
  };
}

function cText(value: string, max: number): Uint8Array {
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.length > max) throw new XdrError('TOO_LONG', `${bytes.length} bytes, at most ${max} are allowed`);
  if (bytes.includes(0)) throw new XdrError('BAD_VALUE', 'a string must not contain a NUL');
  return bytes;
}

/** A char above 127 comes sign-extended from machines where `char` is signed. */
function readChars(reader: XdrReader, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  for (let index = 0; index < count; index++) bytes[index] = reader.int() & 0xff;
  return bytes;
}

function textBefore0(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
