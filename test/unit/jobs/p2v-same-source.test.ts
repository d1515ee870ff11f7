import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityOf } from '../../../main/jobs/p2v/live/same-source.ts';
import { DEBIAN, factsOf } from './p2v-source-samples.ts';

const identity = (change: Readonly<Record<string, string>>): string | null =>
  identityOf(factsOf({ ...DEBIAN, ...change }), 'sda');
const replaced = (section: string, from: string, to: string): Record<string, string> => ({
  [section]: (DEBIAN[section] ?? '').replaceAll(from, to),
});

test('what a copy relies on is the same as long as nothing of it changes', () => {
  const before = identity({});
  assert.ok(before);
  assert.equal(
    identity({ ...replaced('services', 'mariadb', 'nginx'), ...replaced('df', '3145728', '4') }),
    before,
  );
});

test('a look at the disks alone tells the same', () => {
  const names = Object.keys(DEBIAN);
  const disks = Object.fromEntries(Object.entries(DEBIAN).slice(0, names.indexOf('lvs') + 1));
  assert.equal(identityOf(factsOf(disks), 'sda'), identity({}));
});

for (const [what, change] of [
  ['a file system made anew', replaced('blkid', 'ce4b7c48', 'ffffffff')],
  ['a swap area that holds a file system', { ...replaced('blkid', 'TYPE=swap', 'TYPE=ext4'), swaps: '' }],
  ['a partition that was moved', replaced('block', '\t1003520\t', '\t1005568\t')],
  ['a volume that was extended', replaced('lvs', '2147483648', '4294967296')],
  ['another disk of that name', replaced('block', '41943040', '41943041')],
] as const)
  test(`${what} is seen`, () => {
    assert.notEqual(identity({ ...change }), identity({}));
  });
