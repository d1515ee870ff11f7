import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { SavedHost } from '../../../main/contract/host.ts';
import type { BrokenFile } from '../../../main/settings/json-file.ts';
import { Settings } from '../../../main/settings/settings.ts';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'virtlane-settings-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

const host = (id: string): SavedHost => ({
  id,
  name: id,
  ownName: null,
  uri: `qemu+ssh://${id}/system`,
  keyFile: null,
  connectAtStart: true,
  setBalloonPeriod: false,
});

test('hosts and preferences come back as they were saved', async (t) => {
  const dataDir = await folder(t);
  const first = await Settings.open({ dataDir });
  await first.putHost(host('a'));
  await first.putHost(host('b'));
  await first.removeHost('a');
  await first.setPreferences({ theme: 'dark' });
  const second = await Settings.open({ dataDir });
  assert.deepEqual(second.hosts(), [host('b')]);
  assert.deepEqual(second.preferences(), { theme: 'dark', statsIntervalMs: 2000 });
});

test('only the user may read the files, and no temporary file is left', async (t) => {
  const dataDir = await folder(t);
  const settings = await Settings.open({ dataDir });
  await Promise.all(['a', 'b', 'c'].map((id) => settings.putHost(host(id))));
  assert.deepEqual(await readdir(dataDir), ['hosts.json']);
  const { mode } = await stat(path.join(dataDir, 'hosts.json'));
  if (process.platform !== 'win32') assert.equal(mode & 0o777, 0o600);
});

test('a file of a newer version is left alone: it is reported and not written over', async (t) => {
  const dataDir = await folder(t);
  const file = path.join(dataDir, 'hosts.json');
  const text = '{"version": 99, "data": {"of": "the future"}}';
  await writeFile(file, text);
  const broken: BrokenFile[] = [];
  const settings = await Settings.open({ dataDir, onBroken: (one) => broken.push(one) });
  assert.match(broken[0]?.reason ?? '', /newer/);
  await assert.rejects(settings.putHost(host('a')), /newer version of Virtlane/);
  assert.equal(await readFile(file, 'utf8'), text);
});

for (const [what, text] of [
  ['not JSON', '{"version": 1, "data": ['],
  ['of no known version', '{"version": "x", "data": []}'],
  ['of the wrong form', '{"version": 1, "data": [{"id": 3}]}'],
  ['not an object', '[]'],
] as const) {
  test(`a file that is ${what} is kept aside and reported`, async (t) => {
    const dataDir = await folder(t);
    await writeFile(path.join(dataDir, 'hosts.json'), text);
    const broken: BrokenFile[] = [];
    const settings = await Settings.open({ dataDir, onBroken: (file) => broken.push(file) });
    assert.deepEqual(settings.hosts(), []);
    assert.equal(broken.length, 1);
    assert.equal(await readFile(broken[0]?.keptAs ?? '', 'utf8'), text);
    await settings.putHost(host('a'));
    assert.equal((await readdir(dataDir)).length, 2);
  });
}

test('a host on trial is in the list and in no file until it is kept', async (t) => {
  const dataDir = await folder(t);
  const settings = await Settings.open({ dataDir });
  const saved = async (): Promise<string[]> =>
    (await Settings.open({ dataDir })).hosts().map(({ name }) => name ?? '');
  settings.tryHost(host('a'));
  settings.tryHost(host('b'));
  await settings.putHost({ ...host('a'), name: 'renamed' });
  assert.equal(settings.host('a')?.name, 'renamed');
  assert.equal(settings.isTrial('a'), true);
  assert.deepEqual(await readdir(dataDir), []);
  await settings.removeHost('b');
  await settings.keepHost('a');
  assert.equal(settings.isTrial('a'), false);
  assert.deepEqual(await saved(), ['renamed']);
  await settings.keepHost('a');
  await settings.removeHost('a');
  assert.deepEqual(await saved(), []);
});

test('a host on trial is not written with another one', async (t) => {
  const dataDir = await folder(t);
  const settings = await Settings.open({ dataDir });
  settings.tryHost(host('a'));
  await settings.putHost(host('b'));
  assert.deepEqual((await Settings.open({ dataDir })).hosts(), [host('b')]);
});

test('a host that cannot be written is not in the list, and one on trial stays on trial', async (t) => {
  const dataDir = await folder(t);
  await writeFile(path.join(dataDir, 'hosts.json'), '{"version":2,"data":[]}');
  const settings = await Settings.open({ dataDir });
  await assert.rejects(settings.putHost(host('a')), /newer version/);
  assert.deepEqual(settings.hosts(), []);
  settings.tryHost(host('b'));
  await assert.rejects(settings.keepHost('b'), /newer version/);
  assert.equal(settings.isTrial('b'), true);
});

test('hosts that were saved before they had an own name are read', async (t) => {
  const dataDir = await folder(t);
  const { ownName: _none, ...before } = host('a');
  await writeFile(path.join(dataDir, 'hosts.json'), JSON.stringify({ version: 1, data: [before] }));
  assert.deepEqual((await Settings.open({ dataDir })).hosts(), [host('a')]);
});

test('transient settings touch no file', async (t) => {
  const dataDir = await folder(t);
  const settings = await Settings.open({ dataDir, transient: true });
  await settings.putHost(host('a'));
  assert.deepEqual(settings.hosts(), [host('a')]);
  assert.deepEqual(await readdir(dataDir), []);
});

test('two instances of the app do not lose each other’s hosts', async (t) => {
  const dataDir = await folder(t);
  const one = await Settings.open({ dataDir });
  const two = await Settings.open({ dataDir });
  await one.putHost(host('a'));
  await two.putHost(host('b'));
  await one.putHost(host('c'));
  await two.removeHost('b');
  await one.setPreferences({ theme: 'dark' });
  await two.setPreferences({ statsIntervalMs: 5000 });
  const third = await Settings.open({ dataDir });
  assert.deepEqual(
    third.hosts().map(({ id }) => id),
    ['a', 'c'],
  );
  assert.deepEqual(third.preferences(), { theme: 'dark', statsIntervalMs: 5000 });
});
