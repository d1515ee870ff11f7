import assert from 'node:assert/strict';
import test from 'node:test';
import { typedParam } from '../../../drivers/libvirt/protocol/structs.ts';
import {
  getBigint,
  getBoolean,
  getNumber,
  getString,
  param,
  typedParamsToMap,
} from '../../../drivers/libvirt/typed-params.ts';
import type { TypedParam } from '../../../drivers/libvirt/typed-params.ts';
import { decodeBody, encodeBody } from '../../../drivers/xdr/xdr.ts';

const I64_MIN = -(1n << 63n);
const I64_MAX = (1n << 63n) - 1n;
const U64_MAX = (1n << 64n) - 1n;

const extremes: TypedParam[] = [
  param('i', 'int', -2147483648),
  param('i', 'int', 2147483647),
  param('u', 'uint', 4294967295),
  param('l', 'llong', I64_MIN),
  param('l', 'llong', I64_MAX),
  param('ul', 'ullong', U64_MAX),
  param('ul', 'ullong', 9007199254740993n),
  param('d', 'double', Number.MIN_VALUE),
  param('d', 'double', Infinity),
  param('b', 'boolean', true),
  param('b', 'boolean', false),
  param('s', 'string', 'Größe ☃ 💾'),
  param('s', 'string', ''),
];

for (const value of extremes) {
  test(`a ${value.value.type} of ${String(value.value.value)} comes back without loss`, () => {
    assert.deepEqual(decodeBody(typedParam, encodeBody(typedParam, value)), value);
  });
}

test('a boolean on the wire is true for any number but 0', () => {
  const bytes = Buffer.from('0000000162000000000000060000002a', 'hex');
  assert.deepEqual(decodeBody(typedParam, bytes), param('b', 'boolean', true));
});

test('a type of no number that libvirt has is refused by name', () => {
  const bytes = Buffer.from('00000001620000000000000800000001', 'hex');
  assert.throws(() => decodeBody(typedParam, bytes), { name: 'XdrError', code: 'BAD_VALUE' });
});

test('names that fall on the same place of the name cache do not mix', () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `block.${index}.rd.bytes`);
  for (const field of [...names, ...names]) {
    assert.equal(decodeBody(typedParam, encodeBody(typedParam, param(field, 'int', 1))).field, field);
  }
});

test('the getters give the kind that was asked for, or null', () => {
  const map = typedParamsToMap([
    param('big', 'ullong', U64_MAX),
    param('small', 'int', -1),
    param('text', 'string', 'x'),
    param('flag', 'boolean', true),
    param('half', 'double', 0.5),
  ]);
  assert.deepEqual(
    {
      big: [getNumber(map, 'big'), getBigint(map, 'big')],
      small: [getNumber(map, 'small'), getBigint(map, 'small')],
      half: [getNumber(map, 'half'), getBigint(map, 'half')],
      text: [getString(map, 'text'), getNumber(map, 'text')],
      flag: [getBoolean(map, 'flag'), getString(map, 'flag')],
      none: [getNumber(map, 'none'), getBigint(map, 'none'), getString(map, 'none'), getBoolean(map, 'none')],
    },
    {
      big: [18446744073709552000, U64_MAX],
      small: [-1, -1n],
      half: [0.5, null],
      text: ['x', null],
      flag: [true, null],
      none: [null, null, null, null],
    },
  );
});
