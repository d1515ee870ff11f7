import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MigrateFacts } from '../../../main/jobs/migrate/live.ts';
import { planMigration } from '../../../main/jobs/migrate/plan.ts';
import type { SeenBase } from '../../../main/jobs/migrate/target-facts.ts';
import { factsOf, input, levels, sourceOf, targetOf, volumeOf, WEB } from './migrate-facts.ts';

const planned = (facts = factsOf(), asked = input()) => planMigration(asked, facts);

test('of a machine that is off it is said that a disk which lies on another is made whole, and what that takes here', () => {
  const facts = (backed: boolean): MigrateFacts =>
    factsOf({
      source: sourceOf(WEB, { state: 'shutoff' }),
      volumes: new Map([['vda', volumeOf({ backed })]]),
    });
  const said = (backed: boolean): string[] =>
    planned(facts(backed)).shown.items.flatMap(({ id, message }) => (id === 'disks' ? [message] : []));
  assert.deepEqual(said(false), ['Its disk is copied.']);
  assert.match(
    said(true)[0] ?? '',
    /vda lies on is copied into it: .* a copy on kvm-a for the time of the job/,
  );
});

const backed = WEB.replace(
  `<target dev='vda'`,
  `<backingStore type='file'><format type='qcow2'/><source file='/images/base.qcow2'/></backingStore><target dev='vda'`,
);

test('what is chosen for a disk: copied though both see it, shared though only its path is the same, or what was written since', () => {
  const choose = (
    way: 'copy' | 'share' | 'top',
    facts: MigrateFacts,
    more: Parameters<typeof input>[0] = {},
  ) => {
    const asked = input({ disks: [{ target: 'vda', way, pool: null }], ...more });
    const { shown, plan } = planned(facts, asked);
    const volume = plan.steps.find(({ id }) => id === 'volume-1')?.params as { backing: unknown } | undefined;
    const move = plan.steps.find(({ id }) => id === 'move')?.params as { copies: string };
    return {
      ways: shown.disks.map(({ way: one }) => one),
      levels: levels(facts, asked),
      volume,
      copies: move.copies,
    };
  };
  const seen = (file: 'same' | 'other' | 'none') =>
    factsOf({ target: targetOf({ files: new Map([['vda', file]]) }) });
  assert.deepEqual(choose('copy', seen('same')).ways, ['copy']);
  assert.deepEqual(choose('share', seen('other'), { unsafe: true }).ways, ['shared']);
  assert.deepEqual(choose('share', seen('other')).levels, ['stop disks']);
  assert.deepEqual(choose('share', seen('none')).levels, ['stop disks']);
  const fixOf = (file: 'other' | 'none') =>
    planned(seen(file), input({ disks: [{ target: 'vda', way: 'share', pool: null }] })).shown.items.find(
      ({ level }) => level === 'stop',
    )?.fix;
  assert.deepEqual(fixOf('none'), { kind: 'disk', target: 'vda', way: 'copy' });
  assert.deepEqual(fixOf('other'), { kind: 'shared', targets: ['vda'] });
  const source = sourceOf(backed);
  const onBase = (change: Partial<SeenBase> = {}) => {
    const bases = new Map([['/images/base.qcow2', { differs: false, writers: [], ...change }]]);
    return factsOf({ source, target: targetOf({ bases }) });
  };
  const there = onBase();
  const top = choose('top', there);
  assert.deepEqual([top.levels, top.copies], [['warn disks'], 'top']);
  assert.deepEqual(top.volume?.backing, { path: '/images/base.qcow2', format: 'qcow2' });
  assert.equal(choose('copy', there).copies, 'whole');
  // One of the same path that is another one, or is written to; and the only good copy of what was written is not deleted.
  assert.deepEqual(choose('top', onBase({ differs: true })).levels, ['stop disks']);
  assert.deepEqual(choose('top', onBase({ writers: ['db-1'] })).levels, ['stop disks']);
  assert.ok(choose('top', there, { deleteSource: true }).levels.includes('stop disks'));
  assert.deepEqual(choose('top', factsOf({ source })).levels, ['stop disks']);
  assert.deepEqual(choose('top', factsOf()).levels, ['stop disks']);
  const none = input({ disks: [{ target: 'vdz', way: 'copy', pool: null }] });
  assert.deepEqual(levels(factsOf(), none), ['stop disks']);
});
