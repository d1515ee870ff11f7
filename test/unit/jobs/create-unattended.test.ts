import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CreateInput } from '../../../main/contract/create.ts';
import type { Unattended } from '../../../main/contract/unattended.ts';
import type { CreateFacts } from '../../../main/jobs/create/facts.ts';
import { unattendedFor } from '../../../main/jobs/create/answers.ts';
import { OPERATING_SYSTEMS } from '../../../main/os/index.ts';
import { FACTS, fields, input, planned, POOL, volume } from './create-input.ts';

const LINUX = {
  hostname: null,
  user: { name: 'ann', fullName: 'Ann', password: 'geheim', sshKeys: ['ssh-ed25519 AAAA ann'] },
  timezone: 'Europe/Paris',
  locale: 'fr_FR.UTF-8',
  keyboard: 'fr',
  packages: ['qemu-guest-agent'],
};
const WINDOWS: Unattended = {
  kind: 'autounattend',
  computerName: null,
  user: { name: 'Ann', fullName: '' },
  password: 'geheim',
  timezone: 'Europe/Paris',
  language: 'en-US',
  region: 'fr-FR',
  edition: 1,
  productKey: null,
  remoteDesktop: false,
};

const DRIVERS = { pool: POOL, name: 'virtio-win.iso' };

const facts: CreateFacts = {
  ...FACTS,
  volumes: new Map(
    ['installer.iso', 'virtio-win.iso'].map((name) => [
      `${POOL}/${name}`,
      volume({ path: `/images/${name}` }),
    ]),
  ),
};

type Drivers = Extract<CreateInput['source'], { kind: 'iso' }>['drivers'];

function install(
  os: string | null,
  unattended: Unattended | null,
  change: Partial<CreateInput> = {},
): CreateInput {
  const medium = { kind: 'volume' as const, pool: POOL, name: 'installer.iso' };
  const drivers = unattended?.kind === 'autounattend' ? { kind: 'volume' as const, ...DRIVERS } : null;
  return input({ kind: 'iso', medium, unattended, drivers }, { os, ...change });
}

const filesOf = (secret = '[]'): Map<string, string> =>
  new Map((JSON.parse(secret) as { path: string; text: string }[]).map(({ path, text }) => [path, text]));
const cds = (xml = ''): string[] =>
  [...xml.matchAll(/<disk [^>]*device='cdrom'.*?<\/disk>/gs)].map(
    ([disk]) => /<source file='([^']*)'/.exec(disk)?.[1] ?? '',
  );

suite('a machine that installs itself', () => {
  test('a kickstart is on a CD after the installer’s, one for each machine; passwords are in no plan', () => {
    const of = install('fedora42', { kind: 'kickstart', tree: null, ...LINUX }, { name: 'web-#', count: 2 });
    const { plan, secrets, problems, machines, warnings } = planned(of, facts);
    assert.deepEqual(problems, []);
    const seeds = plan.steps.filter(({ kind }) => kind === 'create.seed');
    assert.deepEqual(
      seeds.map(({ title }) => title),
      ['Create web-1-answers.iso for the installer', 'Create web-2-answers.iso for the installer'],
    );
    assert.match(JSON.stringify(seeds[0]?.params), /"label":"OEMDRV"/);
    const told = filesOf(secrets['seed-2']).get('ks.cfg') ?? '';
    assert.match(told, /--hostname=web-2\n/);
    assert.match(told, /--iscrypted --password="\$6\$/);
    assert.ok(!told.includes('geheim'));
    assert.doesNotMatch(JSON.stringify(plan), /geheim|\$6\$/);
    assert.deepEqual(cds(machines[0]?.xml), ['/images/installer.iso', '/images/web-1-answers.iso']);
    assert.ok(warnings.some((text) => text.startsWith('web-1-answers.iso, web-2-answers.iso hold ')));
  });

  test('Ubuntu’s seed has the label that it is looked for by', () => {
    const of = install('ubuntu24.04', { kind: 'autoinstall', ...LINUX });
    const { plan, secrets, problems } = planned(of, facts);
    assert.deepEqual(problems, []);
    assert.match(JSON.stringify(plan.steps), /"label":"cidata"/);
    assert.match(filesOf(secrets['seed-1']).get('user-data') ?? '', /^#cloud-config\nautoinstall:/);
  });

  test('Windows gets the drivers of its version from a third drive; one that is there already is not added', () => {
    const of = install('win11', WINDOWS);
    const { secrets, problems, machines } = planned(of, facts);
    assert.deepEqual(problems, []);
    const told = filesOf(secrets['seed-1']).get('autounattend.xml') ?? '';
    assert.match(told, /<ComputerName>web<\/ComputerName>/);
    assert.match(told, /viostor\\w11\\amd64/);
    assert.match(told, /BypassTPMCheck/);
    const wanted = ['/images/installer.iso', '/images/web-answers.iso', '/images/virtio-win.iso'];
    assert.deepEqual(cds(machines[0]?.xml), wanted);
    // Its setup could not read a drive of virtio before it has the drivers.
    assert.doesNotMatch(machines[0]?.xml ?? '', /device='cdrom'(?:(?!<\/disk>).)*bus='scsi'/s);
    const drive = of.spec.disks.find(({ device }) => device === 'cdrom');
    assert.ok(drive !== undefined);
    const disks = [...of.spec.disks, { ...drive, source: { kind: 'volume' as const, ...DRIVERS } }];
    const own = planned({ ...of, spec: { ...of.spec, disks } }, facts);
    assert.deepEqual(cds(own.machines[0]?.xml).toSorted(), wanted.toSorted());
  });

  test('without answers Windows gets the drivers’ CD too: of a pool, or the newest one, which is fetched once', () => {
    const by = (drivers: Drivers, known = facts) => {
      const of = install('win11', null);
      assert.ok(of.source.kind === 'iso');
      return planned({ ...of, source: { ...of.source, drivers } }, known);
    };
    const wanted = ['/images/installer.iso', '/images/virtio-win.iso'];
    const pooled = by({ kind: 'volume', pool: POOL, name: 'virtio-win.iso' });
    assert.deepEqual(cds(pooled.machines[0]?.xml), wanted);
    const fetched = (known = facts) =>
      by({ kind: 'stable', pool: POOL }, known).plan.steps.filter(({ kind }) => kind === 'create.fetch');
    assert.deepEqual(fetched(), []);
    const [step] = fetched(FACTS);
    assert.match(step?.title ?? '', /^Fetch https:\/\/fedorapeople\.org\/.*virtio-win\.iso to default/);
    assert.deepEqual(cds(by({ kind: 'stable', pool: POOL }, FACTS).machines[0]?.xml), wanted);
    assert.deepEqual(
      by({ kind: 'volume', pool: POOL, name: 'no.iso' }).problems.map(({ field }) => field),
      ['source.drivers'],
    );
  });

  test('a disk on VirtIO that Windows cannot see is warned of', () => {
    const of = install('win11', null);
    const disks = of.spec.disks.map((disk) =>
      disk.device === 'disk' ? { ...disk, bus: 'virtio' as const } : disk,
    );
    const on = { ...of, spec: { ...of.spec, disks } };
    const said = (input: typeof on) => planned(input, facts).warnings.some((text) => text.includes('VirtIO'));
    assert.ok(said(on));
    assert.ok(on.source.kind === 'iso');
    assert.ok(!said({ ...on, source: { ...on.source, drivers: { kind: 'stable', pool: POOL } } }));
  });

  test('what stands against it is said at its field', () => {
    assert.deepEqual(fields(install('debian12', { kind: 'kickstart', tree: null, ...LINUX }), facts), [
      'source.unattended',
    ]);
    assert.deepEqual(fields(install(null, WINDOWS), facts), ['os']);
    assert.deepEqual(fields(install('win11', WINDOWS)), ['source.drivers']);
    const bad = { ...LINUX, timezone: 'Europe/Paris\nrootpw x' };
    assert.deepEqual(fields(install('fedora42', { kind: 'kickstart', tree: null, ...bad }), facts), [
      'source.unattended',
    ]);
  });

  test('of the catalogue, those whose answers are made here', () => {
    const kinds = new Map(OPERATING_SYSTEMS.map((os) => [os.shortId, unattendedFor(os)]));
    assert.equal(kinds.get('win11'), 'autounattend');
    assert.equal(kinds.get('win7'), null);
    assert.equal(kinds.get('winxp'), null);
    assert.equal(kinds.get('almalinux9'), 'kickstart');
    assert.equal(kinds.get('opensuse15.6') ?? null, null);
  });
});
