import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CreateInput } from '../../../main/contract/create.ts';
import type { CreateFacts } from '../../../main/jobs/create/facts.ts';
import { liveDefaults } from '../../../main/jobs/create/live-defaults.ts';
import type { SeenSource } from '../../../main/jobs/p2v/live/looks.ts';
import type { SourceFacts } from '../../../main/jobs/p2v/live/model.ts';
import { reportOf } from '../../../main/jobs/p2v/live/report/report.ts';
import { FACTS, input, planned, POOL } from './create-input.ts';
import { DEBIAN, factsOf, ROCKY } from './p2v-source-samples.ts';

const TARGET = 'root@files01';
const NIC = { kind: 'network', network: 'default', portGroup: null } as const;
const HOST = { name: 'kvm-a', cpus: 8, pool: POOL, nic: NIC, format: 'qcow2' } as const;
const SNAPSHOT = 'snapshot:files01-vg/root';

function seenOf(facts: SourceFacts): SeenSource {
  return { facts, report: reportOf(facts, { name: TARGET, as: 'root' }) };
}
const seen = (sections = DEBIAN): SeenSource => seenOf(factsOf(sections));
/** Its volumes are mounted for reading alone. */
const atRest = (facts: SourceFacts): SourceFacts => ({
  ...facts,
  groups: facts.groups.map((group) => ({
    ...group,
    volumes: group.volumes.map((volume) =>
      volume.content.kind === 'fileSystem'
        ? { ...volume, content: { ...volume.content, readOnly: true } }
        : volume,
    ),
  })),
});
const known = (live: CreateFacts['live'], more: Partial<CreateFacts> = {}): CreateFacts => ({
  ...FACTS,
  ...more,
  live,
});

interface Asked {
  readonly disks?: string[];
  readonly allow?: string[];
  readonly format?: 'raw' | 'qcow2';
}

function inputOf(live: SeenSource, { disks, allow = [], format = 'qcow2' }: Asked = {}): CreateInput {
  const base = input({ kind: 'live', target: TARGET, keyFile: null, disks: ['sda'], allow });
  const made = liveDefaults(base.spec, { disks, format }, { seen: live, host: HOST });
  const source = { kind: 'live' as const, target: TARGET, keyFile: null, disks: [...made.disks], allow };
  return { ...base, name: 'files', os: null, source, spec: made.spec, start: false };
}

/** What is done on the source and to the new disks, in order. */
function stepsOf(asked: Asked, live = seen()): string[] {
  const { plan, problems } = planned(inputOf(live, asked), known(live));
  assert.deepEqual(problems, []);
  return plan.steps.map(({ kind, title, optional }) => `${kind}${optional === true ? '?' : ''} ${title}`);
}

suite('a machine of one that runs', () => {
  test('has its firmware, memory, CPUs and MACs, and devices that its system has drivers for', () => {
    const { spec } = input({ kind: 'disk' });
    const { disks, spec: made } = liveDefaults(spec, {}, { seen: seen(), host: HOST });
    assert.deepEqual(disks, ['sda']);
    assert.deepEqual([made.firmware, made.memory.sizeMiB, made.cpu.vcpus], ['bios', 8192, 4]);
    assert.deepEqual(
      made.disks.map(({ bus, source }) => [bus, source.kind === 'new' && source.sizeBytes]),
      [['virtio', 41943040 * 512]],
    );
    assert.deepEqual(
      made.nics.map(({ mac, model }) => [mac, model]),
      [['3c:ec:ef:01:02:03', 'virtio']],
    );
    assert.throws(
      () => liveDefaults(spec, { disks: ['sdz'] }, { seen: seen(), host: HOST }),
      /root@files01 has no disk sdz; it has sda\./,
    );
  });

  test('is read by a snapshot, which is removed before the disk is converted', () => {
    assert.deepEqual(
      stepsOf({ allow: [SNAPSHOT] }).map((step) => step.replace(/files\.qcow2\.[0-9a-f]{8}\./, 'RAW.')),
      [
        'p2v.snapshot Make snapshots of /dev/files01-vg/root on root@files01',
        'p2v.read Copy sda of root@files01 to files.qcow2 in default',
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
      ['p2v.quiesce', 'p2v.snapshot', 'p2v.release?', 'p2v.read', 'p2v.release?', 'create.define'],
    );
  });

  test('they stand still while all of it is read, where nothing else does', () => {
    assert.deepEqual(
      stepsOf({ allow: ['service:mariadb'], format: 'raw' }).map((step) => step.split(' ')[0]),
      ['p2v.quiesce', 'p2v.read', 'p2v.release?', 'create.define'],
    );
  });

  test('nothing is changed on it that was not allowed', () => {
    assert.deepEqual(
      stepsOf({ format: 'raw' }).map((step) => step.split(' ')[0]),
      ['p2v.read', 'create.define'],
    );
    const live = seen();
    const { warnings } = planned(inputOf(live), known(live));
    assert.match(
      warnings.join('\n'),
      /Without a snapshot of files01-vg\/root what is written to is read again/,
    );
  });

  test('its steps name what is the job’s own on it, and what the disk was when it was planned', () => {
    const live = seen();
    const { plan, machines } = planned(inputOf(live, { allow: [SNAPSHOT, 'service:mariadb'] }), known(live));
    const tag = `virtlane-${(machines[0]?.uuid ?? '').slice(0, 8)}`;
    const source = { target: TARGET, keyFile: null };
    const own = {
      group: 'files01-vg',
      origin: 'root',
      name: `${tag}-root`,
      sizeBytes: 512 * 4194304,
    };
    const params = (id: string) => plan.steps.find((step) => step.id === id)?.params;
    assert.deepEqual(params('source-services'), { source, tag, services: ['mariadb'] });
    assert.deepEqual(params('source-snapshots'), { source, tag, snapshots: [own], physical: ['/dev/sda5'] });
    assert.deepEqual(params('source-start'), { source, services: 'source-services', snapshots: null });
    assert.deepEqual(params('source-release'), {
      source,
      services: null,
      snapshots: { tag, snapshots: [own] },
    });
    const read = params('volume-1-1') as Record<string, unknown>;
    assert.deepEqual(
      [read['name'], read['lease'], read['packing'], read['snapshots']],
      [
        `files.qcow2.${tag.slice(9)}.import`,
        tag,
        'gzip',
        {
          step: 'source-snapshots',
          paths: [{ volume: '/dev/files01-vg/root', snapshot: `/dev/files01-vg/${tag}-root` }],
        },
      ],
    );
    assert.match(String(read['identity']), /^[0-9a-f]{64}$/);
  });

  test('several disks of one group are taken together, each by a step of its own', () => {
    const live = seenOf(atRest(factsOf(ROCKY)));
    assert.deepEqual(
      stepsOf({ allow: ['service:postgresql'] }, live).map((step) => step.split(' ')[0]),
      [
        'p2v.quiesce',
        'p2v.read',
        'p2v.read',
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

  test('what is written to on several disks without a snapshot is refused: each would be of its own moment', () => {
    const live = seen(ROCKY);
    assert.match(
      planned(inputOf(live), known(live))
        .problems.map(({ message }) => message)
        .join('\n'),
      /\/dev\/rl\/root lies on sda, sdb, and is written to: without a snapshot/,
    );
  });

  test('what stands against it is said before anything is done', () => {
    const live = seen();
    const said = (of: CreateInput, facts = known(live)): string =>
      planned(of, facts)
        .problems.map(({ field, message }) => `${field}: ${message}`)
        .join('\n');
    const good = inputOf(live);
    assert.match(
      said(good, known('root@files01 could not be reached.')),
      /source\.target: root@files01 could/,
    );
    assert.match(said(good, known(null)), /source\.target: root@files01 was not looked at/);
    assert.match(said({ ...good, count: 2, name: 'files-#' }), /count: It is one machine/);
    assert.match(
      said(inputOf(live, { allow: ['service:nginx', 'snapshot:files01-vg/swap_1', 'fsck'] })),
      /source\.allow: The service nginx does not run on root@files01\.\n.*No snapshot of files01-vg\/swap_1 can be made[^]*fsck is no change that a copy asks for/,
    );
    const [disk] = good.spec.disks;
    assert.ok(disk?.source.kind === 'new');
    const withDisk = (change: object): CreateInput => ({
      ...good,
      spec: { ...good.spec, disks: [{ ...disk, source: { ...disk.source, ...change } }] },
    });
    assert.match(said(withDisk({ sizeBytes: 2 ** 40 })), /must be as large as \/dev\/sda/);
    assert.match(said(withDisk({ preallocation: 'full' })), /choose no preallocation/);
    assert.match(said({ ...good, spec: { ...good.spec, disks: [] } }), /sda are to be copied: each needs/);
    const container = seenOf({ ...factsOf(DEBIAN), virtualization: 'lxc' });
    assert.match(said(good, known(container)), /source\.target: It is a container \(lxc\)/);
  });

  test('a pool without the room, another firmware and the same MACs are told', () => {
    const live = seen();
    const base = inputOf(live, { allow: [SNAPSHOT] });
    const pools = FACTS.pools.map((pool) => ({ ...pool, availableBytes: 4 * 2 ** 30 }));
    const { warnings } = planned(
      { ...base, spec: { ...base.spec, firmware: 'efi' } },
      known(live, { pools }),
    );
    const text = warnings.join('\n');
    assert.match(text, /what is in root@files01 may take .* GiB, as it is there twice/);
    assert.match(text, /was started by BIOS: by UEFI it most likely does not start/);
    assert.match(text, /It has the MACs of root@files01, and its addresses/);
  });
});
