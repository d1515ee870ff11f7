import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import * as xdr from '../../../drivers/xdr/xdr.ts';
import type { Codec } from '../../../drivers/xdr/xdr.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

function wire<T>(codec: Codec<T>, value: T, expected: string): void {
  assert.equal(hex(xdr.encodeBody(codec, value)), expected);
  assert.deepEqual(xdr.decodeBody(codec, bytes(expected)), value);
}

test('the bytes are those of RFC 4506', () => {
  wire(xdr.int, -2, 'fffffffe');
  wire(xdr.uint, 4294967295, 'ffffffff');
  wire(xdr.hyper, -2n, 'fffffffffffffffe');
  wire(xdr.uhyper, 18446744073709551615n, 'ffffffffffffffff');
  wire(xdr.double, 1, '3ff0000000000000');
  wire(xdr.bool, true, '00000001');
  wire(xdr.string(8), 'sillÿ', '0000000673696c6cc3bf0000');
  wire(xdr.opaque(8), bytes('010203'), '0000000301020300');
  wire(xdr.opaqueFixed(3), bytes('010203'), '01020300');
  wire(xdr.optional(xdr.int), null, '00000000');
  wire(xdr.optional(xdr.int), 5, '0000000100000005');
  wire(xdr.array(xdr.int, 4), [1, 2], '000000020000000100000002');
  wire(xdr.struct({ a: xdr.int, b: xdr.bool }), { a: 1, b: false }, '0000000100000000');
  wire(xdr.charsFixed(4), 'ab', '00000061000000620000000000000000');
  wire(xdr.chars(4), 'ab', '00000003000000610000006200000000');
  wire(xdr.charBytes(4), bytes('00ff'), '0000000200000000000000ff');
  wire(xdr.uchar, 255, '000000ff');
});

test('a char above 127 may come sign-extended', () => {
  assert.deepEqual(xdr.decodeBody(xdr.charBytes(4), bytes('00000001ffffffc3')), bytes('c3'));
});

test('a text in a fixed field without its NUL is taken whole', () => {
  assert.equal(xdr.decodeBody(xdr.charsFixed(2), bytes('0000006100000062')), 'ab');
});

test('bytes left over are refused by name', () => {
  assert.throws(() => xdr.decodeBody(xdr.int, bytes('0000000100000000')), {
    name: 'XdrError',
    code: 'TRAILING',
  });
});

test('a length over its limit is refused before anything is allocated', () => {
  for (const codec of [
    xdr.string(100),
    xdr.name(100),
    xdr.opaque(100),
    xdr.array(xdr.int, 100),
    xdr.chars(100),
  ]) {
    assert.throws(() => xdr.decodeBody<unknown>(codec, bytes('7fffffff')), {
      name: 'XdrError',
      code: 'TOO_LONG',
    });
  }
});

test('a length within its limit but beyond the body is refused before anything is allocated', () => {
  const items = xdr.array(xdr.struct({ text: xdr.string(9), number: xdr.hyper }), 0xffffffff);
  for (const codec of [xdr.string(2 ** 31), xdr.name(2 ** 31), xdr.opaque(2 ** 31), items]) {
    assert.throws(() => xdr.decodeBody<unknown>(codec, bytes('7fffffff00000000')), { code: 'TRUNCATED' });
  }
});

test('a boolean of 2 is refused', () => {
  assert.throws(() => xdr.decodeBody(xdr.optional(xdr.int), bytes('00000002')), { code: 'BAD_VALUE' });
});

test('a value that does not fit its type is refused when it is written', () => {
  const cases: [Codec<unknown>, unknown, string][] = [
    [xdr.int as Codec<unknown>, 2147483648, 'BAD_VALUE'],
    [xdr.int as Codec<unknown>, 0.5, 'BAD_VALUE'],
    [xdr.int as Codec<unknown>, Number.NaN, 'BAD_VALUE'],
    [xdr.int as Codec<unknown>, undefined, 'BAD_VALUE'],
    [xdr.uint as Codec<unknown>, -1, 'BAD_VALUE'],
    [xdr.uchar as Codec<unknown>, 256, 'BAD_VALUE'],
    [xdr.hyper as Codec<unknown>, 1n << 63n, 'BAD_VALUE'],
    [xdr.hyper as Codec<unknown>, 1, 'BAD_VALUE'],
    [xdr.uhyper as Codec<unknown>, -1n, 'BAD_VALUE'],
    [xdr.double as Codec<unknown>, '1', 'BAD_VALUE'],
    [xdr.string(3) as Codec<unknown>, 'aÿÿ', 'TOO_LONG'],
    [xdr.string(3) as Codec<unknown>, 'a\0b', 'BAD_VALUE'],
    [xdr.string(3) as Codec<unknown>, undefined, 'BAD_VALUE'],
    [xdr.opaque(1) as Codec<unknown>, bytes('0102'), 'TOO_LONG'],
    [xdr.opaqueFixed(16) as Codec<unknown>, bytes('0102'), 'BAD_VALUE'],
    [xdr.array(xdr.int, 1) as Codec<unknown>, [1, 2], 'TOO_LONG'],
    [xdr.chars(3) as Codec<unknown>, 'abc', 'TOO_LONG'],
  ];
  for (const [codec, value, code] of cases) {
    assert.throws(
      () => xdr.encodeBody(codec, value),
      { name: 'XdrError', code },
      `${JSON.stringify(codec.shape)}`,
    );
  }
});

test('any bytes at all give a value or a named error', () => {
  const codec = xdr.struct({
    name: xdr.string(64),
    tags: xdr.array(xdr.optional(xdr.name(16)), 8),
    value: xdr.union({ int: { tag: 1, of: xdr.int }, text: { tag: 7, of: xdr.string(16) } }),
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 96 }), (body) => {
      try {
        xdr.decodeBody(codec, body);
      } catch (error) {
        assert.ok(error instanceof xdr.XdrError);
      }
    }),
    { numRuns: 500 },
  );
});

test('what was decoded does not change with the packet it came from', () => {
  const packet = xdr.encodeBody(xdr.opaque(200), new Uint8Array(100).fill(7));
  const decoded = xdr.decodeBody(xdr.opaque(200), packet);
  packet.fill(0);
  assert.deepEqual(decoded, new Uint8Array(100).fill(7));
});

test('a writer that grew and was emptied writes the next value from the start', () => {
  const writer = new xdr.XdrWriter();
  writer.opaque(new Uint8Array(2_000_000), 2_000_000);
  writer.reset();
  writer.int(1);
  assert.equal(hex(writer.take()), '00000001');
});
