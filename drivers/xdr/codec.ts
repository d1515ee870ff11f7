import { XdrError } from './errors.ts';
import { padded, XdrReader } from './reader.ts';
import { XdrWriter } from './writer.ts';

/** What a codec is made of: for property tests, documentation and tools. */
export type Shape =
  | { kind: 'int'; min: number; max: number }
  | { kind: 'hyper' | 'uhyper' | 'double' | 'bool' | 'void' }
  | { kind: 'string' | 'opaque' | 'chars' | 'charBytes'; max: number }
  | { kind: 'opaqueFixed' | 'charsFixed'; length: number }
  | { kind: 'optional'; of: Codec<unknown> }
  | { kind: 'array'; of: Codec<unknown>; max: number }
  | { kind: 'struct'; fields: [string, Codec<unknown>][] }
  | { kind: 'union'; cases: { type: string; tag: number; of: Codec<unknown> }[] };

/** One XDR type: writes and reads a `T`. */
export interface Codec<T> {
  readonly shape: Shape;
  /** The fewest bytes a value takes: a list of n items cannot be shorter than n times this. */
  readonly minSize: number;
  encode(writer: XdrWriter, value: T): void;
  decode(reader: XdrReader): T;
}

/** What reads a `T`: a codec, or another way to read the same bytes. */
export type Decoder<T> = Pick<Codec<T>, 'decode'>;

export type Infer<C> = C extends Codec<infer T> ? T : never;

/** Encodes one value as a body of its own. */
export function encodeBody<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new XdrWriter();
  codec.encode(writer, value);
  return writer.take();
}

/**
 * Decodes a whole body.
 * @throws XdrError also when bytes are left over
 */
export function decodeBody<T>(codec: Decoder<T>, bytes: Uint8Array): T {
  const reader = new XdrReader(bytes);
  const value = codec.decode(reader);
  reader.end();
  return value;
}

const INT_MIN = -0x80000000;
const INT_MAX = 0x7fffffff;
const UINT_MAX = 0xffffffff;

export const int: Codec<number> = {
  shape: { kind: 'int', min: INT_MIN, max: INT_MAX },
  minSize: 4,
  encode: (writer, value) => writer.int(value),
  decode: (reader) => reader.int(),
};

export const uint: Codec<number> = {
  shape: { kind: 'int', min: 0, max: UINT_MAX },
  minSize: 4,
  encode: (writer, value) => writer.uint(value),
  decode: (reader) => reader.uint(),
};

/** A C type narrower than int; it takes four bytes on the wire all the same. */
function narrow(min: number, max: number): Codec<number> {
  const checked = (value: number): number => {
    if (value < min || value > max) throw new XdrError('BAD_VALUE', `${value} is not in ${min}..${max}`);
    return value;
  };
  return {
    shape: { kind: 'int', min, max },
    minSize: 4,
    encode: (writer, value) => writer.int(checked(value)),
    decode: (reader) => checked(reader.int()),
  };
}

/** `char` is signed on some machines and unsigned on others. */
export const char: Codec<number> = narrow(-128, 255);
export const uchar: Codec<number> = narrow(0, 255);
export const short: Codec<number> = narrow(-32768, 32767);
export const ushort: Codec<number> = narrow(0, 65535);

export const hyper: Codec<bigint> = {
  shape: { kind: 'hyper' },
  minSize: 8,
  encode: (writer, value) => writer.hyper(value),
  decode: (reader) => reader.hyper(),
};

export const uhyper: Codec<bigint> = {
  shape: { kind: 'uhyper' },
  minSize: 8,
  encode: (writer, value) => writer.uhyper(value),
  decode: (reader) => reader.uhyper(),
};

export const double: Codec<number> = {
  shape: { kind: 'double' },
  minSize: 8,
  encode: (writer, value) => writer.double(value),
  decode: (reader) => reader.double(),
};

export const bool: Codec<boolean> = {
  shape: { kind: 'bool' },
  minSize: 4,
  encode: (writer, value) => writer.bool(value),
  decode: (reader) => reader.bool(),
};

/** The body of a call without arguments or of a reply without values. */
export const empty: Codec<undefined> = {
  shape: { kind: 'void' },
  minSize: 0,
  encode: () => undefined,
  decode: () => undefined,
};

export function string(max: number): Codec<string> {
  return {
    shape: { kind: 'string', max },
    minSize: 4,
    encode: (writer, value) => writer.string(value, max),
    decode: (reader) => reader.string(max),
  };
}

/** A string out of a small set that repeats, such as the names of figures. */
export function name(max: number): Codec<string> {
  return { ...string(max), decode: (reader) => reader.name(max) };
}

export function opaque(max: number): Codec<Uint8Array> {
  return {
    shape: { kind: 'opaque', max },
    minSize: 4,
    encode: (writer, value) => writer.opaque(value, max),
    decode: (reader) => reader.opaque(max),
  };
}

export function opaqueFixed(length: number): Codec<Uint8Array> {
  return {
    shape: { kind: 'opaqueFixed', length },
    minSize: padded(length),
    encode: (writer, value) => writer.opaqueFixed(value, length),
    decode: (reader) => reader.opaqueFixed(length),
  };
}
