import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeBody, InternTable, string, XdrReader } from '../../../drivers/xdr/xdr.ts';

const LIMIT = 50;

function read(table: InternTable<string>, text: string): string {
  const reader = new XdrReader(encodeBody(string(1000), text));
  const value = reader.interned(table, 1000);
  reader.end();
  return value;
}

test('every text gives its own value, in any order, and no more are kept than allowed', () => {
  const table = new InternTable((bytes) => bytes.toString('utf8'), LIMIT);
  const text = fc.oneof(fc.constantFrom('a', 'b', 'ab', 'abcd', 'abcde'), fc.string({ maxLength: 80 }));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
      for (const one of texts.map((each) => each.replaceAll('\0', '.'))) assert.equal(read(table, one), one);
      assert.ok(table.size <= LIMIT);
    }),
  );
});

test('a value is made once for texts that come again', () => {
  let made = 0;
  const table = new InternTable((bytes) => `${(made += 1)} ${bytes.toString()}`, LIMIT);
  for (let round = 0; round < 3; round += 1) for (const one of ['x', 'yy', 'z']) read(table, one);
  assert.equal(made, 3);
});

test('a hyper is read as the nearest number', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      const bytes = Buffer.alloc(16);
      bytes.writeBigUInt64BE(value, 0);
      bytes.writeBigInt64BE(BigInt.asIntN(64, value), 8);
      const reader = new XdrReader(bytes);
      assert.equal(reader.uhyperAsNumber(), Number(value));
      assert.equal(reader.hyperAsNumber(), Number(BigInt.asIntN(64, value)));
    }),
  );
});
