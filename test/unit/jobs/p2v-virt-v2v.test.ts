import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import type { Exec } from '../../../drivers/transport/exec.ts';
import type { CreateInput, CreateSource } from '../../../main/contract/create.ts';
import type { CreateFacts } from '../../../main/jobs/create/facts.ts';
import { imageDefaults } from '../../../main/jobs/create/image-defaults.ts';
import { defineParams } from '../../../main/jobs/create/steps/machine.ts';
import { diskFileMachine } from '../../../main/jobs/p2v/disk-file-machine.ts';
import { readNoVirtV2v } from '../../../main/jobs/p2v/virt-v2v/look.ts';
import { preparedBy, preparedXml } from '../../../main/jobs/p2v/virt-v2v/prepared.ts';
import { EMULATED } from '../../../main/jobs/p2v/virt-v2v/scripts.ts';
import { sourceXml } from '../../../main/jobs/p2v/virt-v2v/source-xml.ts';
import { virtV2vParams } from '../../../main/jobs/p2v/virt-v2v/step.ts';
import { driversIn, reasonIn, Said } from '../../../main/jobs/p2v/virt-v2v/words.ts';
import { volumeParams } from '../../../main/storage/steps/volume-calls.ts';
import { memoryPlace } from '../../support/memory-place.ts';
import { growingVhd } from '../../support/vhd.ts';
import { FACTS, input, planned, POOL } from './create-input.ts';
import { inputOf, known, seen, seenOf, SNAPSHOT, TARGET } from './create-live-input.ts';
import { DEBIAN, factsOf } from './p2v-source-samples.ts';

const MIB = 1 << 20;
const OTHER_POOL = 'ee4c7d8e-3c0b-4b5d-9e35-1f9df5a5a002';
const PATHS = ['/backup/a.vhd', '/backup/b.vhd'];

async function asked(
  format: 'raw' | 'qcow2',
  change: Partial<CreateFacts> = {},
): Promise<{ input: CreateInput; facts: CreateFacts }> {
  const place = memoryPlace(
    Object.fromEntries(PATHS.map((path) => [path, growingVhd(Buffer.alloc(5 * MIB, 1))])),
  );
  const saved = await diskFileMachine(place, PATHS);
  const source: CreateSource = { kind: 'diskFile', paths: PATHS, prepare: 'virt-v2v' };
  const base = input(source);
  const host = { name: 'kvm-a', cpus: 4, pool: POOL, format, nic: { kind: 'user' } } as const;
  const { spec } = imageDefaults(base.spec, { format }, { saved, host });
  return {
    input: { ...base, name: 'office', os: null, start: false, spec },
    facts: { ...FACTS, saved, ...change },
  };
}

suite('the plan with virt-v2v', () => {
  test('it works on all disks as they were copied, before any is converted; the definition goes by it', async () => {
    const { input: wanted, facts } = await asked('qcow2');
    const { plan, problems, warnings, machines } = planned(wanted, facts);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      plan.steps.map(({ id }) => id),
      [
        'volume-1-1',
        'volume-1-2',
        'virt-v2v',
        'volume-1-1-convert',
        'volume-1-1-tidy',
        'volume-1-2-convert',
        'volume-1-2-tidy',
        'define-1',
      ],
    );
    const named = plan.steps.slice(0, 2).map(({ params }) => volumeParams.parse(params).name);
    const { disks, folder } = virtV2vParams.parse(plan.steps[2]?.params);
    assert.deepEqual(
      disks,
      named.map((name, index) => ({
        pool: POOL,
        poolName: 'default',
        name,
        was: null,
        by: `volume-1-${index + 1}`,
      })),
    );
    assert.match(folder, /^\/images\/office\.qcow2\.[0-9a-f]{8}\.virt-v2v$/);
    const define = defineParams.parse(plan.steps.at(-1)?.params);
    assert.deepEqual(define.prepared, {
      step: 'virt-v2v',
      paths: ['/images/office.qcow2', '/images/office-2.qcow2'],
    });
    assert.match(machines[0]?.xml ?? '', /bus='sata'[^]*<model type='e1000e'\/>/);
    assert.equal(warnings.filter((warning) => warning.startsWith('virt-v2v on kvm-a changes')).length, 1);
  });

  test('raw disks are prepared where they stay', async () => {
    const { input: wanted, facts } = await asked('raw');
    const { plan } = planned(wanted, facts);
    assert.deepEqual(
      plan.steps.map(({ id }) => id),
      ['volume-1-1', 'volume-1-2', 'virt-v2v', 'define-1'],
    );
    const { disks } = virtV2vParams.parse(plan.steps[2]?.params);
    assert.deepEqual(
      disks.map(({ name }) => name),
      ['office.img', 'office-2.img'],
    );
  });

  test('of a machine that runs it begins when the source has nothing of the job any more, and knows its disks’ names', () => {
    const live = seen();
    const asked = inputOf(live, { allow: [SNAPSHOT] });
    const source: CreateSource = {
      kind: 'live',
      target: TARGET,
      keyFile: null,
      disks: ['sda'],
      allow: [SNAPSHOT],
      prepare: 'virt-v2v',
    };
    const { plan, problems } = planned({ ...asked, source }, known(live));
    assert.deepEqual(problems, []);
    assert.deepEqual(
      plan.steps.map(({ id }) => id),
      [
        'source-snapshots',
        'volume-1-1',
        'source-changes',
        'source-release',
        'virt-v2v',
        'volume-1-1-convert',
        'volume-1-1-tidy',
        'define-1',
      ],
    );
    const parts = plan.steps.map(({ weight = 1 }) => weight);
    const all = parts.reduce((sum, part) => sum + part, 0);
    assert.ok((parts[4] ?? 0) > all / 2, 'most of the progress is virt-v2v’s, as most of the time may be');
    const { disks } = virtV2vParams.parse(plan.steps[4]?.params);
    assert.deepEqual(
      disks.map(({ was, by }) => [was, by]),
      [['sda', 'volume-1-1']],
    );
  });

  test('a machine that runs, whose boot loader has a name of its disk that virt-v2v leaves, is refused', () => {
    const named = (bootDevices: readonly string[]) => {
      const live = seenOf({ ...factsOf(DEBIAN), bootDevices });
      const source: CreateSource = {
        kind: 'live',
        target: TARGET,
        keyFile: null,
        disks: ['sda'],
        allow: [SNAPSHOT],
        prepare: 'virt-v2v',
      };
      return planned({ ...inputOf(live, { allow: [SNAPSHOT] }), source }, known(live)).problems;
    };
    assert.deepEqual(named(['UUID=4ad5b9d4-8d3c-4f0c-9a57-0b1d3c5e7f90']), []);
    const [problem] = named(['/dev/sda2']);
    assert.equal(problem?.field, 'source.prepare');
    assert.match(
      problem.message,
      /^On root@files01 the boot loader calls a disk \/dev\/sda2, which virt-v2v leaves/,
    );
  });

  test('a host that cannot, and a pool without files, are told', async () => {
    const noVirtV2v = 'kvm-a has no virt-v2v-in-place.';
    const { input: wanted, facts } = await asked('raw', { noVirtV2v });
    assert.deepEqual(planned(wanted, facts).problems, [{ field: 'source.prepare', message: noVirtV2v }]);
    const blocks = facts.pools.map((pool) => ({ ...pool, type: 'logical', path: '/dev/vg' }));
    const { problems } = planned(wanted, { ...facts, noVirtV2v: null, pools: blocks });
    assert.deepEqual(
      [...new Set(problems.map(({ field }) => field))],
      ['source.prepare'],
      JSON.stringify(problems),
    );
  });

  test('a new disk that stays empty may be in a pool without files', async () => {
    const { input: wanted, facts } = await asked('raw');
    const [pool = never()] = facts.pools;
    const group = { ...pool, uuid: OTHER_POOL, name: 'vg', type: 'logical', path: '/dev/vg' };
    const [disk = never()] = wanted.spec.disks;
    assert.ok(disk.source.kind === 'new');
    const empty = { ...disk, source: { ...disk.source, pool: OTHER_POOL, name: 'scratch' } };
    const spec = { ...wanted.spec, disks: [...wanted.spec.disks, empty] };
    const volumeNames = new Map([...facts.volumeNames, [OTHER_POOL, new Set<string>()]]);
    const { problems } = planned({ ...wanted, spec }, { ...facts, volumeNames, pools: [pool, group] });
    assert.deepEqual(
      problems.filter(({ field }) => field === 'source.prepare'),
      [],
    );
  });

  test('a disk that would stay on another bus, by the fields or by XML of one’s own, is refused', async () => {
    const { input: wanted, facts } = await asked('raw');
    const of = (change: Partial<CreateInput>): string[] =>
      planned({ ...wanted, ...change }, facts).problems.flatMap(({ field, message }) =>
        field === 'source.prepare' ? [message] : [],
      );
    const on = (bus: 'scsi' | 'usb' | 'sata' | 'virtio') => ({
      spec: {
        ...wanted.spec,
        disks: wanted.spec.disks.map((disk, index) => (index === 1 ? { ...disk, bus } : disk)),
      },
    });
    assert.match(of(on('scsi')).join('\n'), /^The disk \/images\/office-2\.img is on scsi, and virt-v2v /);
    assert.match(of(on('usb')).join('\n'), /^The disk \/images\/office-2\.img is on usb/);
    assert.deepEqual(of(on('virtio')), []);
    const xml = planned(wanted, facts).machines[0]?.xml ?? never();
    assert.deepEqual(of({ xml }), []);
    const other = (from: string, to: string): string => of({ xml: xml.replace(from, to) }).join('\n');
    assert.match(
      other("bus='sata'", "bus='scsi'"),
      /^In the machine’s XML the disk \/images\/office.* is on scsi/,
    );
    assert.match(
      other('/images/office-2.img', '/elsewhere/office-2.img'),
      /^The machine’s XML has no disk \/images\/office-2\.img/,
    );
  });

  test('the room for its overlays counts', async () => {
    const { input: wanted, facts } = await asked('raw');
    const pools = facts.pools.map((pool) => ({ ...pool, availableBytes: 2 ** 29 }));
    const of = (source: CreateSource): string =>
      planned({ ...wanted, source }, { ...facts, pools }).warnings.join('\n');
    assert.match(of(wanted.source), /has 0\.5 GiB left, and what is in the image may take 1\.1 GiB/);
    assert.doesNotMatch(of({ kind: 'diskFile', paths: PATHS }), /may take/);
  });

  test('it counts in each pool that has one of the disks', async () => {
    const { input: wanted, facts } = await asked('raw');
    const [pool = never()] = facts.pools;
    const pools = [
      pool,
      { ...pool, uuid: OTHER_POOL, name: 'small', path: '/small', availableBytes: 2 ** 29 },
    ];
    const disks = wanted.spec.disks.map((disk, index) =>
      index === 1 && disk.source.kind === 'new'
        ? { ...disk, source: { ...disk.source, pool: OTHER_POOL } }
        : disk,
    );
    const volumeNames = new Map([...facts.volumeNames, [OTHER_POOL, new Set<string>()]]);
    const { warnings } = planned(
      { ...wanted, spec: { ...wanted.spec, disks } },
      { ...facts, volumeNames, pools },
    );
    assert.match(warnings.join('\n'), /The pool small has 0\.5 GiB left, and .* may take 1\.1 GiB/);
  });
});

suite('virt-v2v on the host', () => {
  const answers = (stdout: string) => {
    const exec: Exec = () => Promise.resolve({ status: 0, stdout, stderr: '' });
    return readNoVirtV2v({ name: 'kvm-a', link: { commands: { exec } } }, {});
  };
  test('what it lacks is named, and so is a login without the rights', async () => {
    assert.equal(await answers('0\n'), null);
    assert.match(
      (await answers('0\nvirt-v2v-in-place\nnbdkit\n')) ?? '',
      /^kvm-a has no virt-v2v-in-place: /,
    );
    assert.match((await answers('0\nnbdkit\n')) ?? '', /^kvm-a has no nbdkit: virt-v2v needs it/);
    assert.match((await answers('1000\nno namespaces\n')) ?? '', /^The login to kvm-a is not root’s/);
    assert.match(
      (await answers('0\nno namespaces\n')) ?? '',
      /^kvm-a gives a program no mounts and no network of its own/,
    );
    const reason = 'Hosts of the demo fleet run no programs';
    const link = { commands: { exec: undefined, reason } };
    assert.equal(await readNoVirtV2v({ name: 'kvm-a', link }, {}), `No virt-v2v can be run: ${reason}.`);
  });

  test('it reads a machine as it was: disks in order, by the names that the system has for them', () => {
    const disks = ['sda', null, 'nvme0n1', 'vdb'].map((was, index) => ({ was, path: `/x/${index}'s.qcow2` }));
    const xml = sourceXml({ name: 'a<b', arch: 'x86_64', disks });
    const read = readDomain(xml);
    assert.equal(read.name, 'a<b');
    assert.deepEqual(
      read.disks.map(({ target, bus, source }) => [target, bus, source?.path]),
      [
        ['sda', 'sata', "/x/0's.qcow2"],
        ['sdb', 'sata', "/x/1's.qcow2"],
        ['sdc', 'sata', "/x/2's.qcow2"],
        ['vdd', 'virtio', "/x/3's.qcow2"],
      ],
    );
    const many = sourceXml({
      name: 'x',
      arch: 'x86_64',
      disks: Array.from({ length: 28 }, () => disks[0] ?? never()),
    });
    assert.match(many, /dev='sdz'[^]*dev='sdaa'[^]*dev='sdab'/);
  });
});

suite('what virt-v2v says', () => {
  const said = (...chunks: string[]): { lines: readonly string[]; told: string[] } => {
    const told: string[] = [];
    const of = new Said((line) => told.push(line));
    for (const chunk of chunks) of.add(chunk);
    return { lines: of.end(), told };
  };
  test('drivers count where it names them', () => {
    const { lines, told } = said(
      '[   0.0] Setting up the sou',
      'rce: -i libvirtxml x\nvirt-v2v-in-place: This guest has virtio drivers installed.\n',
      '[ 104.7] Finishing off',
    );
    assert.deepEqual(told, [
      '[   0.0] Setting up the source: -i libvirtxml x',
      'This guest has virtio drivers installed.',
      '[ 104.7] Finishing off',
    ]);
    assert.deepEqual(driversIn(lines), { disks: true, cards: true });
    const windows = said(
      'virt-v2v-in-place: This guest has virtio drivers installed.\nvirt-v2v-in-place: warning: there is no virtio network driver for this version of Windows\n',
    );
    assert.deepEqual(driversIn(windows.lines), { disks: true, cards: false });
    assert.deepEqual(driversIn(said('This guest does not have virtio drivers installed.\n').lines), {
      disks: false,
      cards: false,
    });
  });

  test('why it gave up is its last error, without how to report it', () => {
    const { lines } = said(
      `${EMULATED}\n[  17.0] Inspecting the source\nvirt-v2v-in-place: error: inspection could not detect\nthe source guest.\n\nNo root device found.\n\nIf reporting bugs, run virt-v2v-in-place with debugging\n\n  virt-v2v-in-place -v -x [...]\n`,
    );
    assert.equal(reasonIn(lines), 'inspection could not detect the source guest. No root device found');
    assert.equal(reasonIn(said('qemu-img: No space left\n').lines), 'qemu-img: No space left');
    assert.equal(reasonIn([]), '');
  });

  test('whatever a guest puts there has a bound, and moves no cursor', () => {
    const { lines } = said(
      '\u001B]0;x\u0007evil\u202Etxt\n',
      'x'.repeat(1 << 20),
      '\n',
      'line\n'.repeat(5000),
    );
    assert.equal(lines[0], ']0;xeviltxt');
    assert.equal(lines[1]?.length, 300);
    assert.equal(lines.length, 400);
    assert.ok(reasonIn(['error: x', ...Array<string>(300).fill('words '.repeat(40))]).length <= 600);
  });
});

suite('the machine goes by what virt-v2v has done', () => {
  const disk = (path: string, target: string, bus: string): string =>
    `<disk type='file' device='disk'><source file='${path}'/><target dev='${target}' bus='${bus}'/></disk>`;
  const xml = `<domain><devices>${disk('/images/a.img', 'sda', 'sata')}${disk('/images/other.img', 'sdb', 'sata')}<interface type='user'><mac address='52:54:00:00:00:01'/><model type='e1000e'/></interface></devices></domain>`;
  const buses = (text: string): unknown => {
    const { disks, nics } = readDomain(`${text.replace('<domain>', "<domain type='kvm'><name>x</name>")}`);
    return [disks.map(({ target, bus }) => `${target} ${bus}`), nics.map(({ model }) => model)];
  };
  test('only disks that were copied, and cards, go on virtio', () => {
    const of = (disks: boolean, cards: boolean) =>
      buses(preparedXml(xml, { disks, cards }, ['/images/a.img']));
    assert.deepEqual(of(true, true), [['vda virtio', 'sdb sata'], ['virtio']]);
    assert.deepEqual(of(true, false), [['vda virtio', 'sdb sata'], ['e1000e']]);
    assert.deepEqual(of(false, false), [['sda sata', 'sdb sata'], ['e1000e']]);
  });
  test('where the step has given nothing, it is as planned', () => {
    const none = { disks: false, cards: false };
    assert.deepEqual(preparedBy({ result: () => undefined }, 'virt-v2v'), none);
    assert.deepEqual(preparedBy({ result: () => 'x' }, 'virt-v2v'), none);
    assert.deepEqual(preparedBy({ result: () => ({ disks: true, cards: false }) }, 'virt-v2v'), {
      disks: true,
      cards: false,
    });
  });
});

function never(): never {
  throw new Error('there is none');
}
