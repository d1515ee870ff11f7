import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CloneInput } from '../../../main/contract/clone.ts';
import type { CloneFacts } from '../../../main/jobs/clone/facts.ts';
import { planClone } from '../../../main/jobs/clone/plan.ts';
import { sentDisk } from '../../../main/jobs/clone/steps/send-straight.ts';
import { makeIdentities } from '../../../main/jobs/create/identity.ts';
import type { PlannedStep } from '../../../main/jobs/engine/step.ts';
import { DIR, FACTS, FAR, INPUT, LIVE, LVM, volume } from './clone-facts.ts';

/** A machine with two disks, one of them in LVM, on its way to another host. */
const facts: CloneFacts = {
  ...FACTS,
  ...FAR,
  nvram: null,
  volumes: new Map([...FACTS.volumes, volume('vdb', { pool: LVM, format: 'raw' })]),
};
const input: CloneInput = {
  ...INPUT,
  to: 'far',
  direct: true,
  hostDevices: 'omit',
  disks: [...INPUT.disks, { target: 'vdc', way: 'omit', pool: null, format: null }],
};
const planned = (change: Partial<CloneInput> = {}, more: Partial<CloneFacts> = {}) =>
  planClone({ ...input, ...change }, { ...facts, ...more }, makeIdentities(2, 1, new Set()));
const briefly = ({ host, kind, id }: PlannedStep): string => `${host} ${kind} ${id}`;
const wayOf = ({ params }: PlannedStep): unknown =>
  typeof params === 'object' && params !== null && 'way' in params ? params['way'] : undefined;

suite('a clone that the hosts send by themselves', () => {
  test('has the way opened right before its disks, and shut right after those that go by it', () => {
    const { plan, problems } = planned();
    assert.deepEqual(problems, []);
    assert.deepEqual(plan.steps.map(briefly), [
      'h clone.key direct-key',
      'far clone.direct direct',
      'far clone.send send-1-vda',
      'far clone.shut direct-shut',
      'far clone.send send-1-vdb',
      'far create.define define-1',
    ]);
  });

  test('says of a disk in a pool that is no folder why it goes the other way', () => {
    const [straight, through] = planned()
      .plan.steps.filter(({ kind }) => kind === 'clone.send')
      .map(wayOf);
    assert.deepEqual(Object.keys(straight ?? {}).toSorted(), ['hostName', 'sourceName', 'step', 'tag']);
    assert.deepEqual(through, {
      why: 'the pool vg of kvm-a is no folder that its programs read and write',
    });
  });

  test('has no way at all where no disk could go by it, and none where nobody agreed', () => {
    const folders = [{ ...DIR, host: 'far', uuid: 'far-default', type: 'gluster' as const }];
    for (const { plan } of [planned({}, { pools: folders }), planned({ direct: false })])
      assert.doesNotMatch(plan.steps.map(briefly).join('\n'), /clone\.(?:key|direct|shut)/);
  });

  test('is sent once, and nothing of a machine waits for it that writes beside its disks', () => {
    const { plan } = planned({ name: 'web-#', count: 2, copyBy: 'snapshot' }, LIVE);
    const kinds = plan.steps.map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'clone.key').length, 1);
    assert.ok(kinds.indexOf('clone.key') > kinds.indexOf('clone.rejoin'));
  });

  test('goes to another host', () => {
    const { problems } = planClone({ ...INPUT, direct: true }, FACTS, null);
    assert.deepEqual(
      problems.map(({ field }) => field),
      ['direct'],
    );
  });
});

test('a disk is its data, with zeros between and behind, from any of its places', () => {
  const disk = sentDisk({
    path: '/images/a.img',
    sizeBytes: 100,
    ranges: [
      { at: 10, length: 20 },
      { at: 40, length: 10 },
    ],
  });
  const told = (from: number, to: number): string =>
    [...disk.items(from, to)]
      .map(({ at, length, item }) => ('device' in item ? `${item.at}+${item.length}` : `0@${at}+${length}`))
      .join(' ');
  assert.equal(told(0, 100), '0@0+10 10+20 0@30+10 40+10 0@50+50');
  assert.equal(told(15, 45), '15+15 0@30+10 40+5');
  assert.equal(told(60, 70), '0@60+10');
});
