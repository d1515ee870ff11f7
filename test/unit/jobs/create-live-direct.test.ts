import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateInput } from '../../../main/contract/create.ts';
import { liveDefaults } from '../../../main/jobs/create/live-defaults.ts';
import type { SeenSource } from '../../../main/jobs/p2v/live/looks.ts';
import type { SourceFacts } from '../../../main/jobs/p2v/live/model.ts';
import { reportOf } from '../../../main/jobs/p2v/live/report/report.ts';
import { FACTS, input, planned, POOL } from './create-input.ts';
import { DEBIAN, factsOf } from './p2v-source-samples.ts';

const TARGET = 'root@files01';
const NIC = { kind: 'network', network: 'default', portGroup: null } as const;
const HOST = { name: 'kvm-a', cpus: 8, pool: POOL, nic: NIC, format: 'raw' } as const;
const SNAPSHOT = 'snapshot:files01-vg/root';

function seenOf(facts: SourceFacts): SeenSource {
  return { facts, report: reportOf(facts, { name: TARGET, as: 'root' }) };
}

function inputOf(live: SeenSource, allow: string[]): CreateInput {
  const base = input({ kind: 'live', target: TARGET, keyFile: null, disks: ['sda'], allow });
  const { disks, spec } = liveDefaults(base.spec, { format: 'raw' }, { seen: live, host: HOST });
  const source = { kind: 'live' as const, target: TARGET, keyFile: null, disks: [...disks], allow };
  return { ...base, name: 'files', os: null, source, spec, start: false };
}

function stepsOf(allow: string[], live: SeenSource): string[] {
  const { plan, problems } = planned(inputOf(live, allow), { ...FACTS, live });
  assert.deepEqual(problems, []);
  return plan.steps.map(({ kind, title, optional }) => `${kind}${optional === true ? '?' : ''} ${title}`);
}

test('it writes to the host itself where that is allowed, until the disks are read', () => {
  const facts = factsOf(DEBIAN);
  const plain = seenOf(facts);
  const live = seenOf({ ...facts, tools: [...facts.tools, 'ssh'] });
  assert.ok(live.report.changes.some(({ id }) => id === 'direct'));
  assert.deepEqual(stepsOf(['direct'], live), [
    'p2v.key Put a key for kvm-a on root@files01',
    'p2v.direct Let root@files01 write to the new disks on kvm-a itself, where it reaches that',
    'p2v.read Copy sda of root@files01 to files.img in default',
    'p2v.shut? Take that back on kvm-a and root@files01',
    'p2v.changes Copy what has changed on sda of root@files01, until nothing does',
    'create.define Define files',
  ]);
  const named = (allow: string[]) => stepsOf(allow, live).join('\n');
  assert.match(
    named(['direct', SNAPSHOT, 'service:mariadb']),
    /p2v\.snapshot [^]*p2v\.key [^]*p2v\.read [^]*p2v\.shut\? [^]*p2v\.changes /,
  );
  assert.doesNotMatch(named([]), /p2v\.(?:key|direct|shut)/);
  // What is no file cannot be written to so.
  const pools = FACTS.pools.map((pool) => ({ ...pool, type: 'netfs' }));
  const other = planned(inputOf(live, ['direct']), { ...FACTS, live, pools });
  assert.ok(!other.plan.steps.some(({ kind }) => kind === 'p2v.direct'));
  assert.match(
    other.warnings.join('\n'),
    /disks in default goes through this computer: a pool of the type netfs/,
  );
  const without = planned(inputOf(plain, ['direct']), { ...FACTS, live: plain }).problems;
  assert.match(
    JSON.stringify(without),
    /root@files01 has no ssh, by which it could write to the host itself/,
  );
});

test('disks that go straight there are read first: a way that nobody uses is closed by both machines', () => {
  const facts = factsOf(DEBIAN);
  const first = facts.disks.find(({ name }) => name === 'sda') ?? assert.fail();
  const other = { ...first, name: 'sda0', path: '/dev/sda0', serial: 'other', wwn: null };
  const live = seenOf({ ...facts, tools: [...facts.tools, 'ssh'], disks: [other, ...facts.disks] });
  const base = inputOf(live, ['direct']);
  const [pool = assert.fail()] = FACTS.pools;
  const blocks = {
    ...pool,
    uuid: '0b4c7d8e-3c0b-4b5d-9e35-1f9df5a5a002',
    name: 'blocks',
    type: 'netfs' as const,
  };
  const [disk = assert.fail()] = base.spec.disks;
  const { source } = disk;
  assert.ok(source.kind === 'new');
  const inBlocks = { ...disk, source: { ...source, pool: blocks.uuid } };
  const both: CreateInput = {
    ...base,
    source: { kind: 'live', target: TARGET, keyFile: null, disks: ['sda0', 'sda'], allow: ['direct'] },
    spec: { ...base.spec, disks: [inBlocks, disk] },
  };
  const { plan } = planned(both, { ...FACTS, live, pools: [...FACTS.pools, blocks] });
  assert.deepEqual(
    plan.steps.slice(0, 5).map(({ kind, params }) => [kind, Object(params)['poolName'] ?? '']),
    [
      ['p2v.key', ''],
      ['p2v.direct', ''],
      ['p2v.read', 'default'],
      ['p2v.shut', ''],
      ['p2v.read', 'blocks'],
    ],
  );
});
