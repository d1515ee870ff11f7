import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MigrateDisk } from '../../../main/contract/migrate.ts';
import { changedWays } from '../../../main/jobs/migrate/shown-ways.ts';

const disk = (target: string, way: MigrateDisk['way']): MigrateDisk => ({
  target,
  way,
  source: `/images/${target}`,
  path: `/images/${target}`,
  capacityBytes: 1024,
});

test('of each disk whose way is another than was shown it is said which one that was and is', () => {
  const shown = [
    { target: 'vda', way: 'shared' },
    { target: 'vdb', way: 'copy' },
    { target: 'vdc', way: 'copy' },
    { target: 'vdd', way: 'shared' },
  ] as const;
  const now = [disk('vda', 'copy'), disk('vdb', 'shared'), disk('vdc', 'copy'), disk('vde', 'copy')];
  assert.deepEqual(changedWays(shown, now), [
    'vda was to stay where it is, seen by both hosts, and would now be copied',
    'vde was not shown, and would now be copied',
    'vdd is no disk of it any more',
  ]);
});

test('a disk that was to be either is as shown, and one that need not be copied any more', () => {
  assert.deepEqual(changedWays([{ target: 'vda', way: 'copy' }], [disk('vda', 'shared')]), []);
  const shown = [{ target: 'vda', way: 'either' }] as const;
  assert.deepEqual(changedWays(shown, [disk('vda', 'copy')]), []);
  assert.deepEqual(changedWays(shown, [disk('vda', 'shared')]), []);
});
