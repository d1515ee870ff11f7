import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CreateInput } from '../../../main/contract/create.ts';
import { expandNames } from '../../../main/jobs/create/names.ts';
import type { FetchWay } from '../../../main/jobs/create/fetch-way.ts';
import { remoteFiles } from '../../../main/jobs/create/media.ts';
import type { FetchParams } from '../../../main/jobs/create/steps/fetch.ts';
import type { PlannedStep } from '../../../main/jobs/engine/step.ts';
import { planCreate } from '../../../main/jobs/create/plan.ts';
import { CLOUD_INIT, FACTS, fields, IMAGE, input, planned, POOL } from './create-input.ts';

/** Name of the secret that holds a fetch's URL; null: it is no secret. */
function addressOf(step: PlannedStep | undefined): FetchParams['address'] {
  assert.ok(step !== undefined);
  return (step.params as FetchParams).address;
}

const NOTHING = {
  ...CLOUD_INIT,
  users: [],
  packages: [],
  files: [],
  runCommands: [],
  puppet: null,
  yaml: null,
};

suite('the plan of a new machine', () => {
  test('no secret is in the plan, which goes into a journal; steps name theirs', () => {
    const { plan, secrets, problems } = planned(input(IMAGE));
    assert.deepEqual(problems, []);
    const text = JSON.stringify(plan);
    assert.deepEqual(plan.secrets.toSorted(), ['screen-1', 'seed-1']);
    for (const secret of ['geheim', '$6$', 'passwd', secrets['screen-1'] ?? 'none'])
      assert.ok(!text.includes(secret), `the plan holds ${secret}`);
    assert.match(secrets['seed-1'] ?? '', /\$6\$/);
    assert.doesNotMatch(secrets['seed-1'] ?? '', /geheim/);
  });

  test('what a first boot is told is in the plan where nothing in it is a secret: such a job goes on when the program was ended', () => {
    const seedOf = (change: Partial<typeof CLOUD_INIT>) => {
      const { plan } = planned(input({ ...IMAGE, cloudInit: { ...NOTHING, ...change } }));
      const seed = plan.steps.find(({ kind }) => kind === 'create.seed');
      return { isSecret: plan.secrets.includes('seed-1'), params: JSON.stringify(seed?.params) };
    };
    const ann = { name: 'ann', sshKeys: ['ssh-ed25519 AAAA'], password: null, sudo: true };
    const open = seedOf({ hostname: 'web-9', users: [ann] });
    assert.equal(open.isSecret, false);
    for (const told of ['web-9', 'ssh-ed25519 AAAA']) assert.ok(open.params.includes(told), told);
    for (const change of [
      { users: [{ ...ann, password: 'geheim' }] },
      { files: [{ path: '/etc/token', content: 'geheim', mode: null }] },
      { runCommands: ['echo geheim'] },
      { yaml: 'password: geheim' },
    ]) {
      const { isSecret, params } = seedOf(change);
      assert.equal(isSecret, true);
      assert.doesNotMatch(params, /geheim/);
    }
  });

  test('that nobody can log in is said, unless the person’s own cloud-config lets somebody in', () => {
    const told = (change: Partial<typeof CLOUD_INIT> | null): string[] =>
      planned(
        input({ ...IMAGE, cloudInit: change === null ? null : { ...CLOUD_INIT, ...change } }),
      ).warnings.filter((warning) => warning.includes('log in'));
    const bob = { name: 'bob', sshKeys: [], password: null, sudo: true };
    const shut = 'bob has no key and no password: nobody will be able to log in.';
    assert.deepEqual(told({}), []);
    assert.deepEqual(told({ users: [bob] }), [shut]);
    assert.deepEqual(told({ users: [bob], yaml: 'timezone: UTC' }), [shut]);
    assert.deepEqual(told({ users: [bob], yaml: 'ssh_authorized_keys: [ssh-ed25519 AAAA]' }), []);
    assert.deepEqual(told({ users: [bob, { ...bob, name: 'eve', password: 'geheim' }] }), []);
    assert.match(told({ users: [] }).join(), /^Nobody is named/);
    assert.deepEqual(told(null), []);
  });

  test('tags are in the definition, each once; what is no tag is said at its field', () => {
    const { machines, problems } = planned(input(IMAGE, { tags: ['web', 'prod', 'web'] }));
    assert.deepEqual(problems, []);
    const [machine] = machines;
    assert.match(
      machine?.xml ?? '',
      /<virtlane:tags xmlns:virtlane='urn:virtlane:tags'>web prod<\/virtlane:tags>/,
    );
    const wrong = planned(input(IMAGE, { tags: ['two words'] })).problems;
    assert.deepEqual(
      wrong.map(({ field }) => field),
      ['tags'],
    );
    assert.match(wrong[0]?.message ?? '', /“two words” is no tag/);
  });

  test('a password in somebody’s own XML is kept out of the plan too', () => {
    const xml =
      "<domain type='kvm'><name>x</name><devices><graphics type='vnc' passwd='sesam'/></devices></domain>";
    const { plan, secrets, machines } = planned(input({ kind: 'network' }, { xml }));
    assert.equal(secrets['screen-1'], 'sesam');
    assert.ok(!JSON.stringify(plan).includes('sesam'));
    assert.match(machines[0]?.xml ?? '', /<name>web<\/name>/);
  });

  test('each screen has a password of its own, or none', () => {
    const xml = `<domain type='kvm'><name>x</name><devices><graphics type='vnc' passwd='sesam'/>
      <graphics type='spice' passwd='oyster'/><graphics type='dbus'/></devices></domain>`;
    const { plan, secrets, machines } = planned(input({ kind: 'network' }, { xml }));
    assert.deepEqual(secrets, { 'screen-1': 'sesam', 'screen-1-2': 'oyster' });
    assert.doesNotMatch(`${JSON.stringify(plan)}${machines[0]?.xml}`, /sesam|oyster/);
    const define = plan.steps.find(({ kind }) => kind === 'create.define');
    assert.ok(define !== undefined);
    const { passwords } = define.params as { passwords: unknown };
    assert.deepEqual(passwords, ['screen-1', 'screen-1-2', null]);
  });

  test('a URL is shown and kept without its query; a login in one is refused', () => {
    const from = (url: string) =>
      input({ ...IMAGE, image: { kind: 'url', url, pool: POOL, checksum: null } });
    const signed = 'https://e.org/i.qcow2?X-Amz-Signature=TOKEN';
    const { plan, secrets, problems } = planned(from(signed));
    assert.deepEqual(problems, []);
    assert.doesNotMatch(JSON.stringify(plan), /TOKEN/);
    assert.equal(secrets['address-1'], signed);
    const [step] = plan.steps;
    assert.match(step?.title ?? '', /^Fetch https:\/\/e\.org\/i\.qcow2\?… to default/);
    assert.equal(addressOf(step), 'address-1');
    const plain = planned(from('https://e.org/i.qcow2'));
    assert.equal(addressOf(plain.plan.steps[0]), null);
    const login = planned(from('https://bob:hunter2@e.org/i.qcow2'));
    assert.deepEqual(
      login.problems.map(({ field }) => field),
      ['source.image'],
    );
    assert.doesNotMatch(JSON.stringify([login.plan, login.problems]), /hunter2/);
  });

  test('a URL whose escapes are none names a file all the same', () => {
    const source = {
      kind: 'iso' as const,
      medium: { kind: 'url' as const, url: 'https://e.org/%E0%A4%A', pool: POOL, checksum: null },
    };
    assert.match(remoteFiles({ source })[0]?.place.name ?? '', /^_E0_A4_A-[0-9a-f]{12}$/);
  });

  test('a plan that is shown is the same each time: what chance makes is not in it', () => {
    const shown = () => planCreate(input({ kind: 'network' }), FACTS, null);
    assert.equal(shown().machines[0]?.xml, shown().machines[0]?.xml);
    assert.doesNotMatch(shown().machines[0]?.xml ?? '', /<uuid>|<mac /);
  });

  test('the installer comes after the disk while that is empty, and before one that is not', () => {
    const medium = { kind: 'volume' as const, pool: POOL, name: 'installer.iso' };
    const boots = (of: CreateInput): string[] =>
      [...(planned(of).machines[0]?.xml ?? '').matchAll(/<boot dev='(\w+)'/g)].map(([, dev = '']) => dev);
    const fresh = input({ kind: 'iso', medium });
    assert.deepEqual(boots(fresh), ['hd', 'cdrom']);
    const [disk] = fresh.spec.disks;
    assert.ok(disk !== undefined);
    const used = { ...disk, source: { kind: 'volume' as const, pool: POOL, name: 'base.qcow2' } };
    assert.deepEqual(boots({ ...fresh, spec: { ...fresh.spec, disks: [used] } }), ['cdrom', 'hd']);
  });

  test('names by a pattern', () => {
    assert.deepEqual(expandNames({ name: 'web-##', count: 3 }), ['web-01', 'web-02', 'web-03']);
    assert.deepEqual(expandNames({ name: 'web', count: 1 }), ['web']);
    assert.deepEqual(fields(input(IMAGE, { name: 'web', count: 2 })), ['name']);
  });

  test('what several machines are made from is fetched once', () => {
    const url = 'https://images.example.org/debian.qcow2';
    const image = { kind: 'url' as const, url, pool: POOL, checksum: 'a'.repeat(128) };
    const { plan } = planned(input({ ...IMAGE, image }, { name: 'web-#', count: 3 }));
    const kinds = plan.steps.map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'create.fetch').length, 1);
    assert.equal(kinds[0], 'create.fetch');
    assert.equal(kinds.filter((kind) => kind === 'create.define').length, 3);
    assert.deepEqual(kinds.slice(-3), ['create.start', 'create.start', 'create.start']);
  });

  test('the plan says which way a file of the web comes, and what is packed is unpacked', () => {
    const url = 'https://images.example.org/disk.qcow2.xz';
    const image = { kind: 'url' as const, url, pool: POOL, checksum: null };
    const asked = input({ ...IMAGE, image }, { name: 'web' });
    const { place } = remoteFiles(asked)[0] ?? {};
    assert.match(place?.name ?? '', /^virtlane-base-[0-9a-f]{12}-disk.qcow2$/);
    const key = `${POOL}/${place?.name}`;
    const step = (way?: FetchWay) =>
      planned(asked, { ...FACTS, ways: new Map(way === undefined ? [] : [[key, way]]) }).plan.steps[0];
    const host = step({ kind: 'host', folder: '/images', tool: 'curl' });
    assert.equal(host?.title, `Fetch ${url} to default (kvm-a fetches it itself)`);
    assert.equal((host.params as FetchParams).compression, 'xz');
    const app = step({ kind: 'app', reason: 'it has neither curl nor wget' });
    assert.equal(app?.title, `Fetch ${url} to default (through this computer: it has neither curl nor wget)`);
  });

  test('an archive stays packed', () => {
    const source = {
      kind: 'iso' as const,
      medium: { kind: 'url' as const, url: 'https://e.org/r.tar.xz', pool: POOL, checksum: null },
    };
    assert.equal(remoteFiles({ source })[0]?.compression, null);
    assert.match(remoteFiles({ source })[0]?.place.name ?? '', /^r\.tar-[0-9a-f]{12}\.xz$/);
  });

  test('an image that is a machine’s disk is not built on; a disk of another machine is warned of', () => {
    const facts = { ...FACTS, owners: new Map([['/images/base.qcow2', 'db-1']]) };
    const good = input(IMAGE);
    const [problem] = planned(good, facts).problems;
    assert.equal(problem?.field, 'spec.disks.0.source');
    assert.match(problem.message, /disk of db-1/);
    const [disk] = good.spec.disks;
    assert.ok(disk !== undefined);
    const used = { ...disk, source: { kind: 'volume' as const, pool: POOL, name: 'base.qcow2' } };
    const spec = { ...good.spec, disks: [used] };
    const { problems, warnings } = planned({ ...good, source: { kind: 'disk' }, spec }, facts);
    assert.deepEqual(problems, []);
    assert.ok(warnings.some((warning) => warning.includes('disk of db-1 too')));
  });

  test('problems are said by field', () => {
    const good = input(IMAGE);
    const nic = good.spec.nics[0];
    const disk = good.spec.disks[0];
    assert.ok(nic !== undefined && disk?.source.kind === 'new');
    const small = { ...disk, source: { ...disk.source, sizeBytes: 2 ** 30 } };
    const { spec } = good;
    assert.deepEqual(fields({ ...good, name: 'taken' }), ['name']);
    assert.deepEqual(fields({ ...good, name: 'a/b' }).at(0), 'name');
    assert.deepEqual(fields({ ...good, spec: { ...spec, disks: [small] } }), ['spec.disks.0.source']);
    const nics = [{ ...nic, mac: '52:54:00:00:00:01', source: { ...nic.source, network: 'off' } }];
    assert.deepEqual(fields({ ...good, spec: { ...spec, nics: nics as typeof spec.nics } }), [
      'spec.nics.0.source',
      'spec.nics.0.mac',
    ]);
    const huge = { ...spec, memory: { ...spec.memory, sizeMiB: 2 ** 20 } };
    assert.deepEqual(fields({ ...good, spec: huge }), ['spec.memory.sizeMiB']);
    const cpu = { ...spec.cpu, topology: { sockets: 3, cores: 1, threads: 1 } };
    assert.deepEqual(fields({ ...good, spec: { ...spec, cpu } }), ['spec.cpu.topology']);
    assert.deepEqual(fields(input({ kind: 'disk' })), ['spec.disks']);
    const half = { ...FACTS, unfinished: new Set([`${POOL}/base.qcow2`]) };
    assert.deepEqual(fields(good, half), ['source.image']);
    const bad = { ...IMAGE, cloudInit: { ...CLOUD_INIT, yaml: 'a: [' } };
    assert.deepEqual(fields(input(bad)), ['source.cloudInit']);
  });
});
