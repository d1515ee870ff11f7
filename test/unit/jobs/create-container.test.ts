import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import { containerOf } from '../../../main/cli/commands/create-container.ts';
import type { CreateFlags } from '../../../main/cli/commands/create.ts';
import type { ContainerSource, CreateInput } from '../../../main/contract/create.ts';
import type { ContainerFacts } from '../../../main/jobs/create/container-facts.ts';
import { virtInstall } from '../../../main/jobs/create/virt-install.ts';
import { containerDefaults } from '../../../main/os/index.ts';
import { defineStep } from '../../../main/jobs/create/steps/machine.ts';
import type { StepContext } from '../../../main/jobs/engine/step.ts';
import { FACTS, fields, input, planned, POOL } from './create-input.ts';

const SCHEMA = '/usr/share/libvirt/schemas/domain.rng';

const ALL: ContainerFacts = {
  lxc: true,
  noCommands: null,
  found: new Set(['tar', 'unpacker', 'writable', 'root', 'init'] as const),
  unpacker: 'xz',
};
const facts = (change: Partial<ContainerFacts> = {}) => ({ ...FACTS, container: { ...ALL, ...change } });
const without = (...words: string[]) =>
  facts({ found: new Set([...ALL.found].filter((word) => !words.includes(word))) });

const TEMPLATE: ContainerSource['root'] = {
  kind: 'template',
  archive: { kind: 'url', url: 'https://example.org/root.tar.xz', pool: POOL, checksum: null },
  pool: POOL,
};
const container = (
  root: ContainerSource['root'],
  change: Partial<ContainerSource> = {},
): ContainerSource => ({
  kind: 'container',
  root,
  init: '/sbin/init',
  args: [],
  env: [],
  unprivileged: false,
  ...change,
});
const wanted = (source: ContainerSource, change: Partial<CreateInput> = {}): CreateInput => {
  const nic = { kind: 'network' as const, network: 'default', portGroup: null };
  const { spec } = containerDefaults({ arch: 'x86_64', host: { memoryMiB: 4096, cpus: 4 }, nic });
  return input(source, { spec, os: null, ...change });
};

suite('the plan of a container', () => {
  test('its XML is as libvirt has it, whatever is in it', { skip: !existsSync(SCHEMA) }, () => {
    const odd = { args: ['-c', `echo "a & b" <'x'>`], env: [{ name: 'A', value: ' "ü" ' }] };
    for (const source of [
      container(TEMPLATE, { unprivileged: true }),
      container({ kind: 'directory', path: '/srv/a b&c' }, odd),
      container({ kind: 'host' }, { init: '/bin/sh', ...odd }),
    ]) {
      const { machines, problems } = planned(wanted(source), facts());
      assert.deepEqual(problems, []);
      validate(machines[0]?.xml ?? '');
    }
  });

  test('of the host’s own files it has no users of its own: libvirt cannot start it', () => {
    const { problems } = planned(wanted(container({ kind: 'host' }, { unprivileged: true })), facts());
    assert.deepEqual(
      problems.map(({ field }) => field),
      ['source.unprivileged'],
    );
  });

  test('it has no network rather than its host’s', () => {
    const { spec } = wanted(container({ kind: 'host' }));
    const { machines } = planned(
      wanted(container({ kind: 'host' }), { spec: { ...spec, nics: [] } }),
      facts(),
    );
    const model = readDomain(machines[0]?.xml ?? '');
    assert.deepEqual(model.features, ['privnet']);
    assert.deepEqual(
      model.filesystems.map(({ type, path, target, readonly }) => [type, path, target, readonly]),
      [['mount', '/', '/', true]],
    );
  });

  test('the values of its environment are kept as secrets, and shown to who typed them alone', async () => {
    const env = [
      { name: 'LANG', value: 'C' },
      { name: 'DB_PASSWORD', value: 'geheim' },
    ];
    const { plan, machines, secrets } = planned(wanted(container({ kind: 'host' }, { env })), facts());
    assert.doesNotMatch(JSON.stringify(plan), /geheim/);
    assert.match(machines[0]?.xml ?? '', /geheim/);
    const define = plan.steps.find(({ kind }) => kind === 'create.define');
    let defined = '';
    const remote = {
      domainDefineXml: ({ xml }: { xml: string }) => {
        defined = xml;
        return Promise.resolve();
      },
    };
    const step = {
      signal: new AbortController().signal,
      client: () => ({ remote }),
      secret: (name: string) => Promise.resolve(secrets[name]),
    };
    await defineStep.run(define?.params ?? null, step as unknown as StepContext);
    assert.match(defined, /<initenv name=['"]LANG['"]>C<.*<initenv name=['"]DB_PASSWORD['"]>geheim</s);
  });

  test('an archive is fetched once, and unpacked for each in a folder of its own', () => {
    const of = wanted(container(TEMPLATE, { unprivileged: true }), { name: 'c-#', count: 2 });
    const { plan, machines } = planned(of, facts());
    assert.deepEqual(
      plan.steps.map(({ kind }) => kind),
      ['fetch', 'unpack', 'define', 'unpack', 'define', 'start', 'start'].map((kind) => `create.${kind}`),
    );
    assert.deepEqual(
      machines.map(({ folder }) => folder),
      ['/images/c-1/rootfs', '/images/c-2/rootfs'],
    );
    const [, unpack] = plan.steps;
    assert.match(JSON.stringify(unpack?.params), /"ids":\{"first":100000,"count":65536\}/);
    const [first] = machines;
    assert.ok(first !== undefined);
    assert.match(virtInstall(of, first, facts()), /--filesystem \/images\/c-1\/rootfs,\/ /);
  });

  test('what the host cannot do is said at its field', () => {
    const archive = wanted(container(TEMPLATE));
    assert.deepEqual(fields(archive, FACTS), ['source']);
    assert.deepEqual(fields(archive, facts({ lxc: false })), ['source']);
    assert.deepEqual(fields(archive, facts({ noCommands: 'No.' })), ['source.root.archive']);
    assert.deepEqual(fields(archive, without('tar')), ['source.root.archive']);
    assert.deepEqual(fields(archive, without('unpacker')), ['source.root.archive']);
    assert.deepEqual(fields(archive, without('writable')), ['source.root.pool']);
    assert.deepEqual(fields({ ...archive, name: 'base.qcow2' }, facts()), ['source.root.pool']);
    const folder = wanted(container({ kind: 'directory', path: '/srv/web' }));
    assert.deepEqual(fields(folder, without('root')), ['source.root.path']);
    assert.deepEqual(fields(folder, without('init')), ['source.init']);
    assert.deepEqual(fields(folder, facts({ noCommands: 'No.', found: new Set() })), []);
    assert.deepEqual(fields({ ...folder, name: 'c-#', count: 2 }, facts()), ['source.root.path']);
    for (const where of ['/', '/srv/../etc', '/srv/', '/srv//web'])
      assert.deepEqual(fields(wanted(container({ kind: 'directory', path: where })), facts()), [
        'source.root.path',
      ]);
    const nics = folder.spec.nics.map((nic) => ({ ...nic, source: { kind: 'user' as const } }));
    assert.deepEqual(fields({ ...folder, spec: { ...folder.spec, nics } }, facts()), ['spec.nics.0.source']);
    const machine = input({ kind: 'network' });
    assert.deepEqual(fields({ ...machine, spec: folder.spec }), ['spec.virtType']);
    assert.deepEqual(fields({ ...folder, spec: machine.spec }, facts()), ['spec.virtType']);
  });

  test('a folder that another container writes to is warned of', () => {
    const owners = new Map([['/srv/web', 'other']]);
    const of = wanted(container({ kind: 'directory', path: '/srv/web' }));
    const { warnings } = planned(of, { ...facts(), owners });
    assert.ok(warnings.some((warning) => warning.includes('other')));
  });

  test('the command line’s ways to say what it is made of', () => {
    const archive = (name: string) => ({ kind: 'volume' as const, pool: POOL, name });
    const of = (flags: Partial<CreateFlags>) =>
      containerOf({ arg: [], env: [], unprivileged: false, ...flags } as CreateFlags, {
        pool: POOL,
        archive,
      });
    assert.deepEqual(of({ container: 'host' }).root, { kind: 'host' });
    assert.deepEqual(of({ container: 'dir:/srv/web' }).root, { kind: 'directory', path: '/srv/web' });
    assert.deepEqual(of({ container: 'root.tar' }).root, {
      kind: 'template',
      archive: archive('root.tar'),
      pool: POOL,
    });
    assert.deepEqual(of({ container: 'host', env: ['A=b=c'] }).env, [{ name: 'A', value: 'b=c' }]);
    assert.throws(() => of({ container: 'host', env: ['no'] }), /--env is a name and a value/);
  });
});

function validate(xml: string): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'virtlane-container-'));
  const file = path.join(folder, 'domain.xml');
  writeFileSync(file, xml);
  try {
    execFileSync('xmllint', ['--noout', '--relaxng', SCHEMA, file], { stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
