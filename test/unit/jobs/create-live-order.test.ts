/** In which order a running machine's disks are copied, and what is done on it in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeenSource } from '../../../main/jobs/p2v/live/looks.ts';
import type { SourceContent } from '../../../main/jobs/p2v/live/model.ts';
import { planned } from './create-input.ts';
import { atRest, inputOf, known, seen, seenOf, SNAPSHOT, stepsOf } from './create-live-input.ts';
import { DEBIAN, factsOf, ROCKY } from './p2v-source-samples.ts';

/** Beside the volume that a snapshot can be made of there is a partition with data. */
function withData(): SeenSource {
  const facts = factsOf(DEBIAN);
  const [disk] = facts.disks;
  assert.ok(disk);
  const data = (content: SourceContent): SourceContent =>
    content.kind === 'fileSystem' ? { ...content, mountpoints: ['/srv'] } : content;
  const partitions = disk.partitions.map((each) => ({ ...each, content: data(each.content) }));
  return seenOf({ ...facts, disks: [{ ...disk, partitions }], tools: [...facts.tools, 'ssh'] });
}

/** What the plan says of moments. */
function toldOf(live: SeenSource, allow: string[]): string {
  return planned(inputOf(live, { allow }), known(live))
    .warnings.filter((text) => / of a moment | of the end of the copy|read last/.test(text))
    .join('\n');
}

test('is read by a snapshot, which is removed before the disk is converted', () => {
  assert.deepEqual(
    stepsOf({ allow: [SNAPSHOT] }).map((step) => step.replace(/files\.qcow2\.[0-9a-f]{8}\./, 'RAW.')),
    [
      'p2v.snapshot Make snapshots of /dev/files01-vg/root on root@files01',
      'p2v.read Copy sda of root@files01 to files.qcow2 in default',
      'p2v.changes Copy what has changed on sda of root@files01, until nothing does',
      'p2v.release? Remove the snapshots on root@files01',
      'volume.copy Convert it to qcow2',
      'volume.delete Delete RAW.import',
      'create.define Define files',
    ],
  );
});

test('services stand still no longer than the snapshot is made, where it holds all that they write to', () => {
  assert.deepEqual(
    stepsOf({ allow: [SNAPSHOT, 'service:mariadb'], format: 'raw' }).map((step) => step.split(' ')[0]),
    [
      'p2v.quiesce',
      'p2v.snapshot',
      'p2v.release?',
      'p2v.read',
      'p2v.changes',
      'p2v.release?',
      'create.define',
    ],
  );
});

test('where no snapshot holds that, they stand still only while what has changed is looked for', () => {
  assert.deepEqual(stepsOf({ allow: ['service:mariadb'], format: 'raw' }), [
    'p2v.read Copy sda of root@files01 to files.img in default',
    'p2v.changes Copy what has changed on sda of root@files01 meanwhile',
    'p2v.quiesce Stop mariadb on root@files01',
    'p2v.changes Copy what has changed on sda of root@files01, until nothing does, while mariadb stands still',
    'p2v.release? Start mariadb on root@files01 again',
    'create.define Define files',
  ]);
});

test('where snapshots hold a part of it, these are made meanwhile, and read when services run again', () => {
  const live = withData();
  const asked = { allow: [SNAPSHOT, 'service:mariadb'], format: 'raw' } as const;
  assert.deepEqual(
    stepsOf({ ...asked, allow: [...asked.allow] }, live).map((step) => step.split(' ')[0]),
    [
      'p2v.read',
      'p2v.changes',
      'p2v.quiesce',
      'p2v.snapshot',
      'p2v.changes',
      'p2v.release?',
      'p2v.rest',
      'p2v.release?',
      'create.define',
    ],
  );
  const { plan } = planned(inputOf(live, { ...asked, allow: [...asked.allow] }), known(live));
  const of = (id: string) => plan.steps.find((step) => step.id === id)?.params as Record<string, unknown>;
  assert.deepEqual(
    [of('source-changes')['since'], of('source-changes')['rests'], of('source-changes-ahead')['rests']],
    ['source-changes-ahead', 'source-services', null],
  );
  assert.deepEqual(of('volume-1-1-rest')['read'], 'volume-1-1');
});

test('several disks of one group are taken together, each by a step of its own', () => {
  const live = seenOf(atRest(factsOf(ROCKY)));
  assert.deepEqual(
    stepsOf({ allow: ['service:postgresql'] }, live).map((step) => step.split(' ')[0]),
    [
      'p2v.read',
      'p2v.read',
      'p2v.changes',
      'p2v.quiesce',
      'p2v.changes',
      'p2v.release?',
      'volume.copy',
      'volume.delete',
      'volume.copy',
      'volume.delete',
      'create.define',
    ],
  );
  const one = inputOf(live, { disks: ['sda'] });
  assert.match(
    planned(one, known(live))
      .problems.map(({ message }) => message)
      .join('\n'),
    /The volume group rl lies on several disks: take all of them or none/,
  );
});

test('what is written to on several disks is brought to one moment, by one look at all of them', () => {
  const live = seen(ROCKY);
  const { plan, problems } = planned(inputOf(live), known(live));
  assert.deepEqual(problems, []);
  const [changes, ...others] = plan.steps.filter(({ kind }) => kind === 'p2v.changes');
  assert.deepEqual(others, []);
  assert.match(
    changes?.title ?? '',
    /^Copy what has changed on sda, sdb of root@files01, until nothing does/,
  );
});

test('snapshots are made close to the last look also where no service stands still, if there is data beside them', () => {
  assert.deepEqual(stepsOf({ allow: [SNAPSHOT], format: 'raw' }, withData()), [
    'p2v.read Copy sda of root@files01 to files.img in default',
    'p2v.changes Copy what has changed on sda of root@files01 meanwhile',
    'p2v.snapshot Make snapshots of /dev/files01-vg/root on root@files01',
    'p2v.changes Copy what has changed on sda of root@files01, until nothing does',
    'p2v.rest Copy what the snapshots of sda of root@files01 hold',
    'p2v.release? Remove the snapshots on root@files01',
    'create.define Define files',
  ]);
});

test('what is of another moment than the snapshots is said before, and that it is in the report', () => {
  assert.match(
    toldOf(seen(), [SNAPSHOT]),
    /^\/dev\/sda1 \(\/boot\) is of the end of the copy, and what snapshots hold is of its beginning/,
  );
  const live = withData();
  assert.match(toldOf(live, [SNAPSHOT]), /^\/dev\/sda1 \(\/srv\) is of a moment after the snapshots/);
  assert.match(toldOf(live, [SNAPSHOT, 'direct']), /hold is read last, and goes through this computer/);
  assert.equal(toldOf(live, [SNAPSHOT, 'service:mariadb']), '');
  assert.equal(toldOf(live, []), '');
  assert.match(
    live.report.changes[0]?.why ?? '',
    /What lies beside it \(\/dev\/sda1\) may be of a later moment\.$/,
  );
});
