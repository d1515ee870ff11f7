import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growth, roomForBuffers } from '../../../main/storage/buffer-room.ts';

const MIB = 1 << 20;

test('the room is there while any transfer runs, and given back once with the last', () => {
  const told: string[] = [];
  const set = (flags: string): void => void told.push(flags);
  const first = roomForBuffers(set);
  const second = roomForBuffers(set);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /^--heap-growing-percent=[1-9]\d+$/);
  first();
  first();
  assert.equal(told.length, 1);
  second();
  assert.deepEqual(told.slice(1), ['--heap-growing-percent=0']);
});

test('a small heap may grow by 64 MiB, and a large one by half', () => {
  assert.equal(growth(32 * MIB), 200);
  assert.equal(growth(64 * MIB), 100);
  assert.equal(growth(4 * MIB), 500);
  assert.equal(growth(1024 * MIB), 50);
});
