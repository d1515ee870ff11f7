import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MigrateFacts } from '../../../main/jobs/migrate/live.ts';
import { planMigration } from '../../../main/jobs/migrate/plan.ts';
import { factsOf, input, pool, sourceOf, targetOf, WEB } from './migrate-facts.ts';

test('before libvirt refuses a file that it may not know as shared, it is said, with what lets it go all the same', () => {
  const target = targetOf({ files: new Map([['vda', 'same']]) });
  const disksOf = (facts: MigrateFacts, asked = input()) =>
    planMigration(asked, facts).shown.items.find(({ id }) => id === 'disks');
  const levels = (facts: MigrateFacts, asked = input()) =>
    planMigration(asked, facts)
      .shown.items.filter(({ level }) => level !== 'ok')
      .map(({ id, level }) => `${level} ${id}`);
  const local = factsOf({ target });
  assert.deepEqual(levels(local), ['warn disks']);
  assert.match(disksOf(local)?.message ?? '', /file of vda\. .* refuses the move as unsafe/);
  assert.match(disksOf(local)?.remedy ?? '', /--unsafe/);
  assert.deepEqual(disksOf(local)?.fix, { kind: 'shared', targets: ['vda'] });
  // libvirt looks at the file system, whatever the cache.
  const direct = sourceOf(WEB.replace("type='qcow2'/>", "type='qcow2' cache='none'/>"));
  assert.deepEqual(levels(factsOf({ source: direct, target })), ['warn disks']);

  const nfs = sourceOf(WEB, { pools: [pool({ host: 'a', type: 'netfs', source: 'nas:/images' })] });
  const readOnly = sourceOf(WEB.replace("bus='virtio'/></disk>", "bus='virtio'/><readonly/></disk>"));
  for (const source of [nfs, readOnly, sourceOf(WEB, { state: 'shutoff' })])
    assert.notEqual(disksOf(factsOf({ source, target, definition: WEB }))?.level, 'warn');
  assert.deepEqual(levels(local, input({ unsafe: true })), []);
});
