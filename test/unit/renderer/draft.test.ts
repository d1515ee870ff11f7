import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { dropDraft, newEvacuateForm, readDraft, saveDraft } from '../../../renderer/wizards/evacuate/form.ts';
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
  saveDraft({ ...newEvacuateForm('a'), chosen: { m1: 'b' }, atOnce: 3 });
  assert.deepEqual([readDraft('a').chosen, readDraft('a').atOnce], [{ m1: 'b' }, 3]);
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
