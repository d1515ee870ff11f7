import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Exec } from '../../../drivers/transport/exec.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import type { HostLink } from '../../../main/hosts/link.ts';
import type { CreateInput, CreateProblem } from '../../../main/contract/create.ts';
import type { DiskSpec, NicSpec } from '../../../main/contract/machine-spec.ts';
import { noContainers } from '../../../main/jobs/create/container-problems.ts';
import { volumeKey } from '../../../main/jobs/create/facts.ts';
import { readNoVsock } from '../../../main/jobs/create/vsock.ts';
import { isVerifiable } from '../../../main/jobs/create/verifiable.ts';
import { CLOUD_INIT, FACTS, IMAGE, input, planned, POOL } from './create-input.ts';

const GIB = 2 ** 30;
const plain = input({ ...IMAGE, cloudInit: null });

/** The machine with the first disk, which is new, changed. */
function withDisk(of: CreateInput, change: object): CreateInput {
  const [disk, ...others] = of.spec.disks;
  assert.ok(disk?.source.kind === 'new');
  const changed = { ...disk, source: { ...disk.source, ...change } } as DiskSpec;
  return { ...of, spec: { ...of.spec, disks: [changed, ...others] } };
}

const withSpec = (change: Partial<CreateInput['spec']>): CreateInput => ({
  ...plain,
  spec: { ...plain.spec, ...change },
});

/** What is said, by field. */
const said = (of: CreateInput): [string, string][] =>
  planned(of).problems.map(({ field, message }: CreateProblem) => [field, message]);

test('of what was unpacked, and of blocks, the published checksum tells nothing', () => {
  const checksum = { kind: 'known', algorithm: 'sha256', hex: 'ab' } as const;
  const place = { pool: POOL, name: 'there.img' };
  const file = {
    url: 'https://example.org/there.img',
    checksum,
    compression: null,
    use: 'disk',
    place,
  } as const;
  const there = { ...[...FACTS.volumes.values()][0], type: 'file' } as NonNullable<
    ReturnType<(typeof FACTS.volumes)['get']>
  >;
  const factsOf = (type: string) => ({ volumes: new Map([[volumeKey(place), { ...there, type }]]) });
  assert.equal(isVerifiable(file, factsOf('file')), true);
  assert.equal(isVerifiable({ ...file, compression: 'xz' }, factsOf('file')), false);
  assert.equal(isVerifiable(file, factsOf('block')), false);
  assert.equal(isVerifiable({ ...file, checksum: null }, factsOf('file')), false);
});

test('a vsock is asked for by the host’s programs; where they tell nothing, nothing is known against it', async () => {
  const answers = (exec: Exec) =>
    readNoVsock({ name: 'kvm-a', link: { commands: { exec } } as unknown as HostLink }, {});
  const status = (code: number) => answers(() => Promise.resolve({ status: code, stdout: '', stderr: '' }));
  assert.equal(await status(0), null);
  assert.match((await status(1)) ?? '', /^kvm-a has no \/dev\/vhost-vsock/);
  assert.equal(await status(127), null);
  assert.equal(await answers(() => Promise.reject(new TransportError('EXEC', 'no programs'))), null);

  const noVsock = 'kvm-a has none';
  const of = (vsock: boolean) => planned(withSpec({ vsock }), { ...FACTS, noVsock }).problems;
  assert.deepEqual(of(true), [{ field: 'spec.vsock', message: noVsock }]);
  assert.deepEqual(of(false), []);
});

suite('what can be known before anything is made', () => {
  test('a host that did not tell its machines’ MACs is named', () => {
    const { warnings } = planned(plain, { ...FACTS, silent: ['kvm-b'] });
    assert.ok(
      warnings.includes('kvm-b did not answer in time: a machine there may have the same MAC.'),
      warnings.join(),
    );
  });

  test('memory: more than the host has is a problem that says how much it has; too little a warning', () => {
    const withMemory = (sizeMiB: number, os: string | null = 'debian12') =>
      planned({ ...withSpec({ memory: { ...plain.spec.memory, sizeMiB } }), os });
    assert.deepEqual(withMemory(2 ** 33 - 1).problems, [
      {
        field: 'spec.memory.sizeMiB',
        message: 'kvm-a has 16 GiB of memory: a machine with 8388608 GiB does not fit.',
      },
    ]);
    const small = (sizeMiB: number, os: string | null): string[] =>
      withMemory(sizeMiB, os).warnings.filter((warning) => warning.includes(' MiB'));
    assert.match(small(1, 'debian12').join(), /^Debian 12 wants at least \d+ MiB of memory: with 1 MiB/);
    assert.deepEqual(small(1, null), ['Few systems start with as little memory as 1 MiB.']);
    assert.deepEqual([...small(2048, 'debian12'), ...small(64, null)], []);
  });

  test('a machine that is in isolated networks alone: what it cannot have is said', () => {
    const facts = { ...FACTS, isolated: new Set(['default']) };
    const [nic] = plain.spec.nics;
    assert.ok(nic !== undefined);
    const on = (network: string) => ({
      ...nic,
      source: { kind: 'network' as const, network, portGroup: null },
    });
    const said = (of: CreateInput): string[] =>
      planned(of, facts).warnings.filter((warning) => warning.includes('isolated'));
    const alone = withSpec({ nics: [on('default')] });
    assert.match(said(alone).join(), /^The network default is isolated: the machine reaches the host/);
    assert.deepEqual(said(withSpec({ nics: [on('default'), on('lan')] })), []);
    const cloudInit = { ...CLOUD_INIT, packages: ['nginx'] };
    const cloud = { ...alone, source: { ...IMAGE, cloudInit } };
    assert.match(said(cloud).join(), /the packages of its first boot cannot be fetched/);
  });

  test('where containers cannot be made, the way there is one that works', () => {
    const host = { name: 'lab1', uri: 'qemu+ssh://root@192.0.2.1/system' };
    assert.match(noContainers(host), / add lxc\+ssh:\/\/root@192\.0\.2\.1\/system to the list/);
    assert.match(noContainers({ name: 'kvm-a', uri: 'demo:///kvm-a' }), /^Simulated hosts/);
  });

  test('a disk that takes more than the pool has left at once is a problem, a thin one a warning', () => {
    const size = { format: 'raw', sizeBytes: 500 * 1024 * GIB };
    assert.deepEqual(said(withDisk(plain, { ...size, preallocation: 'full' })), [
      ['spec.disks.0.source', 'The pool default has 50 GiB left, and this takes 512000 GiB at once.'],
    ]);
    const thin = planned(withDisk(plain, size));
    assert.deepEqual(thin.problems, []);
    assert.ok(thin.warnings.some((warning) => warning.includes('has not the room')));
    // Each has room for itself, and all together have not.
    const several = { ...plain, name: 'w-#', count: 3 };
    const full = { format: 'raw', sizeBytes: 20 * GIB, preallocation: 'full' };
    assert.deepEqual(said(withDisk(several, full)), [
      ['spec.disks.0.source', 'The pool default has 50 GiB left, and this takes 60 GiB at once.'],
    ]);
    assert.deepEqual(said(withDisk({ ...several, count: 2 }, full)), []);
  });

  test('a machine called as the image that it is made from: its disk has another name', () => {
    const image = { kind: 'file', file: 'f', pool: POOL, name: 'tiny.qcow2' } as const;
    const of = input({ ...IMAGE, image, cloudInit: null }, { name: 'tiny' });
    assert.deepEqual(said(of), []);
    const steps = planned(of).plan.steps.map(({ title }) => title);
    assert.ok(
      steps.some((title) => title.includes('tiny-disk.qcow2')),
      steps.join('\n'),
    );
    assert.match(said(withDisk(of, { name: 'tiny.qcow2' }))[0]?.join() ?? '', /Two volumes .* tiny\.qcow2/);
  });

  test('one name for two volumes of the plan', () => {
    const one = withDisk(plain, { name: 'same.qcow2' });
    const [disk] = one.spec.disks;
    assert.ok(disk !== undefined);
    assert.deepEqual(said(one), []);
    const twice = { ...one, spec: { ...one.spec, disks: [disk, disk] } };
    assert.match(said(twice)[0]?.join() ?? '', /^spec\.disks\.0\.source,Two volumes .* same\.qcow2/);
    const three = { ...one, name: 'w-#', count: 3 };
    assert.match(said(three)[0]?.[1] ?? '', /a # in it stands for the number/);
    assert.deepEqual(said(withDisk(three, { name: 'same-#.qcow2' })), []);
    const seed = withDisk(input(IMAGE), { name: 'web-seed.iso' });
    assert.deepEqual(
      said(seed).map(([field]) => field),
      ['spec.disks.0.source'],
    );
  });

  test('names that no file system or libvirt takes', () => {
    for (const name of ['', '..', 'a\u0001b', 'a/b', '\u{1f600}'.repeat(64)])
      assert.ok(
        said(withDisk(plain, { name })).some(([field]) => field === 'spec.disks.0.source'),
        JSON.stringify(name),
      );
    const long = said({ ...plain, name: '\u{1f600}'.repeat(64) });
    assert.deepEqual(long[0], ['name', 'A name has at most 238 bytes: this one is too long.']);
  });

  test('what the host cannot run, or does not have', () => {
    assert.deepEqual(said(withSpec({ arch: 'sparc64' })), [
      ['spec.arch', 'kvm-a runs no machines of the architecture sparc64.'],
    ]);
    assert.deepEqual(said(withSpec({ machine: 'q36' })), [
      ['spec.machine', `kvm-a has no machine type q36 for ${plain.spec.arch}.`],
    ]);
    const guests = FACTS.guests.map((guest) => ({ ...guest, domainTypes: ['qemu'] }));
    assert.deepEqual(planned(withSpec({ virtType: 'kvm' }), { ...FACTS, guests }).problems, [
      { field: 'spec.virtType', message: `kvm-a has no kvm for ${plain.spec.arch}.` },
    ]);
    const [field, message] =
      said(withSpec({ cpu: { ...plain.spec.cpu, vcpus: 4096, topology: null } }))[0] ?? [];
    assert.equal(field, 'spec.cpu.vcpus');
    assert.match(message ?? '', /has \d+ vCPUs at most/);
    const [nic] = plain.spec.nics;
    assert.ok(nic !== undefined);
    const card = (change: Partial<NicSpec>) => said(withSpec({ nics: [{ ...nic, ...change }] }));
    assert.deepEqual(card({ source: { kind: 'bridge', bridge: 'br-none', virtualPort: null } }), [
      ['spec.nics.0.source', 'kvm-a has no bridge br-none.'],
    ]);
    assert.deepEqual(card({ source: { kind: 'bridge', bridge: 'br0', virtualPort: null } }), []);
    assert.deepEqual(card({ source: { kind: 'direct', device: 'eth9', mode: 'bridge' } }), [
      ['spec.nics.0.source', 'kvm-a has no device eth9.'],
    ]);
    assert.deepEqual(card({ filter: 'no-such' }), [['spec.nics.0.filter', 'kvm-a has no filter no-such.']]);
  });

  test('of one’s own XML counts what it names: what it leaves out is not made, whose disk it takes is said', () => {
    const xml = (planned(plain).machines[0]?.xml ?? '').replace('/web.qcow2', '/db.qcow2');
    const facts = { ...FACTS, owners: new Map([['/images/db.qcow2', 'db']]) };
    const { plan, warnings, machines } = planned({ ...plain, xml }, facts);
    assert.deepEqual(
      plan.steps.map(({ kind }) => kind),
      ['create.define', 'create.start'],
    );
    assert.deepEqual(machines[0]?.disks.volumes, []);
    assert.ok(warnings.includes('web.qcow2 is not made: the XML does not use it.'), warnings.join());
    assert.ok(warnings.includes('/images/db.qcow2 is the disk of db too: the two must never run at once.'));
  });

  test('a new disk that would be called as another machine’s disk gets another name; one that is nobody’s is in the way', () => {
    const volumeNames = new Map([[POOL, new Set(['base.qcow2', 'web.qcow2'])]]);
    const taken = { ...FACTS, volumeNames, owners: new Map([['/images/web.qcow2', 'parent']]) };
    const { machines, warnings, problems } = planned(plain, taken);
    assert.deepEqual(
      machines[0]?.disks.volumes.map(({ name }) => name),
      ['web-disk.qcow2'],
    );
    assert.deepEqual(problems, []);
    assert.doesNotMatch(warnings.join(), /must never run at once/);
    assert.deepEqual(planned(plain, { ...FACTS, volumeNames }).problems, [
      {
        field: 'spec.disks.0.source',
        message: 'The pool default has a volume web.qcow2 already: choose another name.',
      },
    ]);
  });

  test('what names no pool of the host', () => {
    assert.deepEqual(said(withDisk(plain, { pool: 'x' })), [
      ['spec.disks.0.source', 'The host has no such pool.'],
    ]);
    assert.deepEqual(said(withDisk(plain, { pool: POOL })), []);
  });
});

test('a system that is not known here is said, and one that is not', () => {
  const unknown = (os: string | null): string[] =>
    planned({ ...plain, os }, FACTS).warnings.filter((warning) => warning.includes('known here'));
  assert.deepEqual(unknown('debian99'), [
    'No system debian99 is known here: the machine gets what suits any system.',
  ]);
  assert.deepEqual([unknown('debian12'), unknown(null)], [[], []]);
});
