import assert from 'node:assert/strict';
import test from 'node:test';
import { isAhead, nextSerial } from '../../../drivers/rpc/serial.ts';

const LAST = 2 ** 32 - 1;

test('serials go round and leave out 0', () => {
  assert.equal(nextSerial(0), 1);
  assert.equal(nextSerial(LAST - 1), LAST);
  assert.equal(nextSerial(LAST), 1);
});

test('a late packet of an old call is not ahead, also after the serials went round', () => {
  assert.equal(isAhead(5, 5), false);
  assert.equal(isAhead(1, 5), false);
  assert.equal(isAhead(LAST, 5), false);
  assert.equal(isAhead(6, 5), true);
  assert.equal(isAhead(1, LAST), true);
});
