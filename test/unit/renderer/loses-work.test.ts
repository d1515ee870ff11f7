import assert from 'node:assert/strict';
import { test } from 'node:test';
import { losesWork } from '../../../renderer/state/activity.ts';

const MINUTE = 60_000;

test('to cancel what makes or fills something asks from its second minute on; a move, and what waits to be taken back, never', () => {
  const loses = (kind: string, ms: number, state: 'running' | 'waiting' = 'running'): boolean =>
    losesWork({ kind, state, startedAt: 1000 }, 1000 + ms);
  for (const kind of ['create', 'clone', 'uploadVolume', 'downloadVolume', 'cloneVolume', 'moveDisk'])
    assert.deepEqual([loses(kind, MINUTE), loses(kind, MINUTE + 1)], [false, true], kind);
  for (const kind of ['migrate', 'migrateMany', 'evacuate', 'save', 'delete'])
    assert.equal(loses(kind, 600 * MINUTE), false, kind);
  assert.equal(loses('create', 600 * MINUTE, 'waiting'), false);
});
