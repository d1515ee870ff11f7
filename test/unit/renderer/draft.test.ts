import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { dropDraft, newEvacuateForm, readDraft, saveDraft } from '../../../renderer/wizards/evacuate/form.ts';
import * as clone from '../../../renderer/wizards/clone/form.ts';
import * as create from '../../../renderer/wizards/create/draft.ts';
import { newForm, type CreateForm } from '../../../renderer/wizards/create/form.ts';
import { stillForgotten, type SecretField } from '../../../renderer/wizards/create/secrets.ts';
import * as migrate from '../../../renderer/wizards/migrate/form.ts';
import { sheetDraft } from '../../../renderer/wizards/sheet/draft.ts';

const store = new Map<string, string>();
beforeEach(() => {
  store.clear();
  const sessionStorage = {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, text: string) => store.set(key, text),
    removeItem: (key: string) => store.delete(key),
  };
  Object.defineProperty(globalThis, 'sessionStorage', { configurable: true, value: sessionStorage });
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, 'sessionStorage');
});

const named = (form: object): form is { name: string } => 'name' in form && typeof form.name === 'string';

test('a draft is read by the build that wrote it, and by nothing else', () => {
  const draft = sheetDraft('k', 2, named);
  assert.equal(draft.read(), null);
  draft.save({ name: 'web' });
  assert.deepEqual(draft.read(), { name: 'web' });
  assert.equal(sheetDraft('k', 3, named).read(), null);
  for (const text of [
    '{',
    'null',
    '7',
    '{"version":2}',
    '{"version":2,"form":null}',
    '{"version":2,"form":{}}',
  ]) {
    store.set('k', text);
    assert.equal(draft.read(), null, text);
  }
  draft.save({ name: 'web' });
  draft.drop();
  assert.deepEqual([draft.read(), store.size], [null, 0]);
});

test('where storage is full or forbidden a draft is lost, and nothing else happens', () => {
  Object.defineProperty(globalThis, 'sessionStorage', {
    configurable: true,
    get: () => {
      throw new Error('SecurityError');
    },
  });
  const draft = sheetDraft('k', 2, named);
  draft.save({ name: 'web' });
  draft.drop();
  assert.equal(draft.read(), null);
});

test('an evacuation’s draft is of its host', () => {
  const form = { ...newEvacuateForm('a'), chosen: { m1: 'b' }, atOnce: 3 };
  saveDraft({ ...form, deleteSource: true, unsafe: true });
  assert.deepEqual(readDraft('a'), form, 'whether disks are deleted is asked anew');
  assert.deepEqual(readDraft('b'), newEvacuateForm('b'));
  dropDraft();
  assert.deepEqual(readDraft('a'), newEvacuateForm('a'));
});

test('a migration’s draft is of its machines, and what was set for one host does not hold for another', () => {
  const machines = [{ host: 'a', uuid: 'u' }];
  const first = migrate.newMigrateForm(machines, 'b');
  const manner = { ...first.manner, peerUri: 'qemu+tls://b/system', parallel: 4 };
  migrate.saveDraft({ ...first, pool: 'p', bandwidthMiBs: 20, cpus: { u: 'baseline' }, manner });
  assert.equal(migrate.readDraft(machines, null).pool, 'p');
  const other = migrate.readDraft(machines, 'c');
  assert.deepEqual(
    [other.to, other.pool, other.cpus, other.manner.peerUri, other.manner.parallel, other.bandwidthMiBs],
    ['c', null, {}, null, 4, 20],
  );
  assert.equal(migrate.readDraft([{ host: 'a', uuid: 'v' }], null).pool, null);
});

test('the draft of a clone is of its machine, holds no password, and proposes a name and a host anew that it can have', () => {
  const isUp = (host: string): boolean => host !== 'away';
  const draft = clone.cloneDraft(isUp);
  const first = clone.newCloneForm('a', 'm', 'web-1');
  draft.save(first, first);
  assert.equal(store.size, 0, 'nothing was said');
  const disks = [{ target: 'vda', way: 'link', pool: null, format: null } as const];
  draft.save({ ...first, to: 'b', disks, password: 'geheim' }, first);
  assert.doesNotMatch([...store.values()].join(), /geheim/);
  const again = clone.newCloneForm('a', 'm', 'web-2');
  const read = draft.read(again);
  assert.deepEqual(read, { ...again, to: 'b', disks, passwordForgotten: true });
  draft.save({ ...read, to: 'away', name: 'own' }, again);
  assert.deepEqual(draft.read(again), { ...again, name: 'own', passwordForgotten: true });
  for (const other of [clone.newCloneForm('a', 'n', 'x'), clone.newCloneForm('b', 'm', 'x')])
    assert.equal(draft.read(other), other);
  draft.drop();
  assert.equal(draft.read(again), again);
});

const FIRST = newForm('a');
const firstBoot = (part: Partial<CreateForm['firstBoot']>) => ({
  firstBoot: { ...FIRST.firstBoot, ...part },
});
const FILE = { path: '/etc/app.conf', mode: null };
const OPEN = { kind: 'yum', name: 'own', baseUrl: 'https://kvm.example/', gpgKeyUrl: null } as const;
const GEHEIM = 'geheim';

/** A field with a secret, and what is left of it in a draft. */
const SECRETS: readonly [SecretField, Partial<CreateForm>, Partial<CreateForm>][] = [
  ['password', firstBoot({ password: GEHEIM }), firstBoot({})],
  ['commands', firstBoot({ commands: `curl -H ${GEHEIM} x` }), firstBoot({})],
  [
    'files',
    firstBoot({ files: [{ ...FILE, content: GEHEIM }] }),
    firstBoot({ files: [{ ...FILE, content: '' }] }),
  ],
  ['yaml', firstBoot({ yaml: `chpasswd: ${GEHEIM}` }), firstBoot({})],
  [
    'packageSources',
    firstBoot({ packageSources: [OPEN, { ...OPEN, baseUrl: `https://me:${GEHEIM}@kvm.example/repo` }] }),
    firstBoot({ packageSources: [OPEN, { ...OPEN, baseUrl: '' }] }),
  ],
  ['installerPassword', { answers: { ...FIRST.answers, password: GEHEIM } }, { answers: FIRST.answers }],
  ['productKey', { answers: { ...FIRST.answers, productKey: GEHEIM } }, { answers: FIRST.answers }],
  [
    'mirror',
    { answers: { ...FIRST.answers, mirror: `http://me:${GEHEIM}@kvm.example/` } },
    { answers: FIRST.answers },
  ],
  ['arguments', { tree: { ...FIRST.tree, arguments: `auth=${GEHEIM}` } }, { tree: FIRST.tree }],
  ['treeUrl', { tree: { ...FIRST.tree, url: `https://me:${GEHEIM}@kvm.example/` } }, { tree: FIRST.tree }],
  ['url', { image: { ...FIRST.image, url: `https://kvm.example/a?key=${GEHEIM}` } }, { image: FIRST.image }],
  [
    'env',
    { container: { ...FIRST.container, env: `DB_PASSWORD=${GEHEIM}` } },
    { container: FIRST.container },
  ],
  ['xml', { xml: `<domain><os><initenv name='A'>${GEHEIM}</initenv></os></domain>` }, { xml: null }],
  ['xml', { xml: `<domain><graphics passwd='${GEHEIM}'/></domain>` }, { xml: null }],
];

for (const [field, said, left] of SECRETS)
  test(`a secret is not in the draft of a machine, and that it is missing is known until it is said again: ${field} ${Object.keys(said).join()}`, () => {
    create.saveDraft({ ...FIRST, ...said, title: 'Shop' });
    assert.doesNotMatch([...store.values()].join(), /geheim/);
    const read = create.readDraft();
    assert.deepEqual(read, { ...FIRST, ...left, xmlUndo: null, title: 'Shop', forgotten: [field] });
    assert.deepEqual(stillForgotten(read), [field]);
    create.saveDraft(read);
    assert.deepEqual(create.readDraft()?.forgotten, [field]);
    assert.deepEqual(stillForgotten({ ...read, ...said }), []);
  });

test('what is no secret stays in the draft of a machine', () => {
  const form: CreateForm = {
    ...FIRST,
    image: { ...FIRST.image, url: 'https://kvm.example/a.qcow2' },
    tree: { ...FIRST.tree, url: 'https://kvm.example/debian' },
    xml: `<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'/>`,
    ...firstBoot({ template: 'web', packages: 'nginx' }),
  };
  create.saveDraft(form);
  assert.deepEqual(create.readDraft(), form);
});

test('a template whose commands are not in the draft is chosen anew, and fills them in again', () => {
  create.saveDraft({ ...FIRST, ...firstBoot({ template: 'web', commands: 'true' }) });
  assert.deepEqual(create.readDraft(), { ...FIRST, forgotten: ['commands', 'template'] });
});
