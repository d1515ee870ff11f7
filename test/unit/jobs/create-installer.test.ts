import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CreateInput, CreateSource } from '../../../main/contract/create.ts';
import type { Unattended } from '../../../main/contract/unattended.ts';
import type { CreateFacts } from '../../../main/jobs/create/facts.ts';
import { installerXml } from '../../../main/jobs/create/steps/installer.ts';
import { FACTS, fields, input, planned, POOL } from './create-input.ts';

const DEBIAN = 'https://mirror.example.org/debian/dists/bookworm/main/installer-amd64';
const LINUX = {
  hostname: null,
  user: { name: 'ann', fullName: 'Ann', password: 'geheim', sshKeys: [] },
  timezone: 'Europe/Paris',
  locale: 'fr_FR.UTF-8',
  keyboard: 'fr',
  packages: [],
};
const PRESEED: Unattended = { kind: 'preseed', mirror: null, ...LINUX };

const file = (path: string) => ({ url: `${DEBIAN}/${path}`, checksum: null });
const facts: CreateFacts = {
  ...FACTS,
  tree: { found: { kernel: file('linux'), initrd: file('initrd.gz'), arguments: 'install=x' } },
};

type Tree = Extract<CreateSource, { kind: 'tree' }>;
function fromTree(more: Partial<Tree> = {}, change: Partial<CreateInput> = {}): CreateInput {
  return input({ kind: 'tree', url: DEBIAN, pool: POOL, arguments: '', ...more }, change);
}
function fromIso(os: string | null, unattended: Unattended, change: Partial<CreateInput> = {}): CreateInput {
  const medium = { kind: 'volume' as const, pool: POOL, name: 'installer.iso' };
  return input({ kind: 'iso', medium, unattended }, { os, ...change });
}
const kinds = (of: CreateInput, at = facts): string[] => planned(of, at).plan.steps.map(({ kind }) => kind);
const cmdline = (of: CreateInput, at = facts): unknown =>
  (planned(of, at).plan.steps.find(({ kind }) => kind === 'create.installer')?.params as { cmdline?: string })
    ?.cmdline;
const filesOf = (secret = '[]'): Map<string, string> =>
  new Map((JSON.parse(secret) as { path: string; text: string }[]).map(({ path, text }) => [path, text]));

suite('a machine that its installer’s kernel starts once', () => {
  test('kernel and initrd come first, the machine is defined without them, and they go when it is installed', () => {
    const { plan, machines, problems } = planned(fromTree(), facts);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      plan.steps.map(({ kind }) => kind),
      [
        'create.bootFile',
        'create.bootFile',
        'volume.create',
        'create.define',
        'create.installer',
        'create.installerEnd',
        'create.removeBootFile',
        'create.removeBootFile',
        'create.startInstalled',
      ],
    );
    assert.doesNotMatch(machines[0]?.xml ?? '', /<kernel>|<cmdline>|on_reboot>destroy/);
    assert.doesNotMatch(machines[0]?.xml ?? '', /device='cdrom'/);
  });

  test('several are installed at the same time, and each is waited for', () => {
    const order = kinds(fromTree({}, { name: 'web-#', count: 2 })).filter((kind) => /installer/.test(kind));
    assert.deepEqual(order, [
      'create.installer',
      'create.installer',
      'create.installerEnd',
      'create.installerEnd',
    ]);
  });

  test('left off, it is installed all the same', () => {
    const left = kinds(fromTree({}, { start: false }));
    assert.ok(left.includes('create.installer'));
    assert.ok(!left.includes('create.startInstalled'));
  });

  test('the kernel is told of the tree, of the answers, of a console where there is no screen, and what a person adds', () => {
    assert.equal(cmdline(fromTree()), 'install=x');
    const of = fromTree({ unattended: PRESEED, arguments: ' quiet ' });
    const spec = { ...of.spec, graphics: { ...of.spec.graphics, type: 'none' as const } };
    assert.equal(cmdline({ ...of, spec }), 'install=x auto=true priority=critical console=ttyS0');
    // There may be passwords in it.
    assert.equal(planned(of, facts).secrets['arguments'], 'quiet');
    const kickstart: Unattended = { kind: 'kickstart', tree: null, ...LINUX };
    assert.match(
      String(cmdline(fromTree({ unattended: kickstart }, { os: 'fedora42' }))),
      /inst\.ks=file:\/ks\.cfg$/,
    );
  });

  test('the answers are in the initrd of each, by a secret; the mirror is the tree’s own, or the one that is asked for', () => {
    const { plan, secrets, problems, machines } = planned(
      fromTree({ unattended: PRESEED }, { name: 'web-#', count: 2 }),
      facts,
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      plan.secrets.filter((name) => name.startsWith('initrd')),
      ['initrd-1', 'initrd-2'],
    );
    const told = filesOf(secrets['initrd-2']).get('preseed.cfg') ?? '';
    assert.match(told, /get_hostname string web-2$/m);
    assert.match(told, /mirror\/https\/hostname string mirror\.example\.org$/m);
    assert.match(told, /mirror\/https\/directory string \/debian$/m);
    assert.doesNotMatch(JSON.stringify([plan, machines]), /geheim|\$6\$/);
    const other = planned(fromTree({ unattended: { ...PRESEED, mirror: 'http://other/d' } }), facts);
    assert.match(filesOf(other.secrets['initrd-1']).get('preseed.cfg') ?? '', /hostname string other$/m);
    const ks: Unattended = { kind: 'kickstart', tree: null, ...LINUX };
    const red = planned(fromTree({ unattended: ks }, { os: 'fedora42' }), facts);
    assert.match(filesOf(red.secrets['initrd-1']).get('ks.cfg') ?? '', new RegExp(`--url="${DEBIAN}"`));
  });

  test('Debian’s ISO is started by the kernel on it, as its installer takes answers from the initrd alone', () => {
    const of = fromIso('debian12', PRESEED);
    const { plan, secrets, problems, machines } = planned(of);
    assert.deepEqual(problems, []);
    assert.match(
      plan.steps.map(({ title }) => title).join('\n'),
      /Copy install\.amd\/vmlinuz out of installer\.iso/,
    );
    assert.match(filesOf(secrets['initrd-1']).get('preseed.cfg') ?? '', /deb\.debian\.org/);
    assert.ok(!plan.steps.some(({ kind }) => kind === 'create.seed'));
    assert.equal(machines[0]?.xml.match(/device='cdrom'/g)?.length, 1);
    assert.deepEqual(fields(fromIso(null, PRESEED)), ['os']);
  });

  test('Ubuntu’s is started by its kernel so that it does not ask; with Secure Boot by itself, and asks', () => {
    const auto: Unattended = { kind: 'autoinstall', ...LINUX };
    const of = fromIso('ubuntu24.04', auto);
    assert.equal(cmdline(of, FACTS), 'autoinstall noprompt');
    const { plan, warnings } = planned(of);
    assert.ok(plan.steps.some(({ kind }) => kind === 'create.seed'));
    assert.ok(!warnings.some((text) => text.includes('asks once')));
    const secure = { ...of, spec: { ...of.spec, firmware: 'efi' as const, secureBoot: true } };
    assert.ok(!kinds(secure, FACTS).includes('create.installer'));
    assert.ok(planned(secure).warnings.some((text) => text.includes('asks once')));
  });

  test('what stands against it is said at its field', () => {
    const of = fromTree();
    const spec = { ...of.spec, firmware: 'efi' as const, secureBoot: true };
    assert.deepEqual(fields({ ...of, spec }, facts), ['spec.secureBoot']);
    assert.deepEqual(fields(of, { ...FACTS, tree: { problem: 'No.' } }), ['source.url']);
    assert.deepEqual(fields({ ...of, spec: { ...of.spec, disks: [] } }, facts), ['spec.disks']);
    const blocks = facts.pools.map((pool) => ({ ...pool, type: 'logical' }));
    assert.ok(fields(of, { ...facts, pools: blocks }).includes('source.pool'));
    const left = new Map([[POOL, new Set(['web-installer.kernel'])]]);
    assert.deepEqual(fields(of, { ...facts, volumeNames: left }), ['name']);
    const auto: Unattended = { kind: 'autoinstall', ...LINUX };
    assert.deepEqual(fields(fromTree({ unattended: auto }, { os: 'ubuntu24.04' }), facts), [
      'source.unattended',
    ]);
  });

  test('its first run is the machine as it is defined, with a kernel, until it restarts', () => {
    const xml = `<domain type='kvm'><name>a</name><os><type>hvm</type><boot dev='hd'/></os><on_reboot>restart</on_reboot></domain>`;
    const once = installerXml(xml, { kernel: '/p/k', initrd: '/p/i', cmdline: 'a=<b>' });
    assert.match(once, /<boot dev='hd'\/>\s*<kernel>\/p\/k<\/kernel>\s*<initrd>\/p\/i<\/initrd>/);
    assert.match(once, /<cmdline>a=&lt;b&gt;<\/cmdline>/);
    assert.match(once, /<on_reboot>destroy<\/on_reboot>/);
  });
});
