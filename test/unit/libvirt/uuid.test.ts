import assert from 'node:assert/strict';
import test from 'node:test';
import { uuidFromString, uuidToString } from '../../../drivers/libvirt/uuid.ts';

const TEXT = '6695eb01-f6a4-8304-79aa-97f2502e193f';

test('a UUID comes back from its text', () => {
  assert.equal(uuidToString(uuidFromString(TEXT)), TEXT);
});

test('a UUID without dashes and in capitals is the same', () => {
  assert.deepEqual(uuidFromString(TEXT.replaceAll('-', '').toUpperCase()), uuidFromString(TEXT));
});

test('what is no UUID is refused', () => {
  for (const text of ['', 'x', `${TEXT}0`, TEXT.slice(1), `${TEXT}\n`, TEXT.replace('6', 'g')]) {
    assert.throws(() => uuidFromString(text), TypeError);
  }
});
