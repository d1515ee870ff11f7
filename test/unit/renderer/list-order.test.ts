import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neighbour } from '../../../renderer/state/list-order.ts';

const order = ['a', 'b', 'c', 'd'];

test('the next that is still there stands where one stood that is gone', () => {
  assert.equal(
    neighbour(order, 'b', (key) => key !== 'b'),
    'c',
  );
  assert.equal(
    neighbour(order, 'b', (key) => key === 'd'),
    'd',
  );
});

test('after the last one it is the nearest before', () => {
  assert.equal(
    neighbour(order, 'd', (key) => key !== 'd' && key !== 'c'),
    'b',
  );
});

test('nobody stands for one that was not listed, or when none is left', () => {
  assert.equal(
    neighbour(order, 'x', () => true),
    null,
  );
  assert.equal(
    neighbour(order, 'b', () => false),
    null,
  );
});
