import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { z } from 'zod';
import type { SavedHost } from '../../../main/contract/host.ts';
import { JsonFile, type BrokenFile } from '../../../main/settings/json-file.ts';
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
  await first.addHost(host('a'));
  await first.addHost(host('b'));
  await first.removeHost('a');
  await first.setPreferences({ theme: 'dark' });
  const second = await Settings.open({ dataDir });
  assert.deepEqual(second.hosts(), [host('b')]);
  assert.deepEqual(second.preferences(), { theme: 'dark', statsIntervalMs: 2000 });
});

test('a file that is there and cannot be read is not written over', async (t) => {
  const file = path.join(await folder(t), 'hosts.json');
  await symlink('hosts.json', file);
  const hosts = new JsonFile({ path: file, schema: z.array(z.string()), version: 1, fallback: () => [] });
  await assert.rejects(
    hosts.update([], (before) => [...before, 'new']),
    { code: 'ELOOP' },
  );
  assert.equal(await readlink(file), 'hosts.json');
});

test('what another instance saves meanwhile is found, once; what it removes stays as long as this one lives', async (t) => {
  const dataDir = await folder(t);
  const [window, command] = [await Settings.open({ dataDir }), await Settings.open({ dataDir })];
  await window.addHost(host('a'));
  assert.deepEqual(await window.takeNewHosts(), []);
  await command.addHost(host('b'));
  assert.deepEqual(await window.takeNewHosts(), [host('b')]);
  assert.deepEqual(await window.takeNewHosts(), []);
  await command.removeHost('b');
  assert.deepEqual(await window.takeNewHosts(), []);
  assert.deepEqual(
    window.hosts().map(({ id }) => id),
    ['a', 'b'],
  );
});

/** What another Virtlane writes that read the file before this one changed it. */
const fileOf = (hosts: readonly SavedHost[]): string => JSON.stringify({ version: 1, data: hosts });

test('a host that was removed here does not come back when another instance writes it once more', async (t) => {
  const dataDir = await folder(t);
  const settings = await Settings.open({ dataDir });
  await settings.addHost(host('a'));
  await settings.removeHost('a');
  await writeFile(path.join(dataDir, 'hosts.json'), fileOf([host('a'), host('b')]));
  assert.deepEqual(await settings.takeNewHosts(), [host('b')]);
});

test('new hosts are looked for after the writes that were asked for before', async (t) => {
  const dataDir = await folder(t);
  const file = new JsonFile({
    path: path.join(dataDir, 'numbers.json'),
    schema: z.array(z.number()),
    version: 1,
    fallback: () => [],
  });
  const written = file.update([], () => [1]);
  assert.deepEqual(await file.readIfChanged(), [1]);
  await written;
});

test('a file that could not be read is looked at again, also where it seems to be the same', async (t) => {
  const dataDir = await folder(t);
  const settings = await Settings.open({ dataDir });
  const file = path.join(dataDir, 'hosts.json');
  const whole = fileOf([host('a')]);
  const write = async (text: string): Promise<void> => {
    await writeFile(file, text);
    await utimes(file, 1_700_000_000, 1_700_000_000);
  };
  await write('x'.repeat(whole.length));
  assert.deepEqual(await settings.takeNewHosts(), []);
  await write(whole);
  assert.deepEqual(await settings.takeNewHosts(), [host('a')]);
});

test('a host that another instance saved while it was on trial here comes when the trial is given up', async (t) => {
  const dataDir = await folder(t);
  const [window, command] = [await Settings.open({ dataDir }), await Settings.open({ dataDir })];
  const theirs = { ...host('x'), id: 'theirs' };
  window.tryHost(host('x'));
  await command.addHost(theirs);
  assert.deepEqual(await window.takeNewHosts(), []);
  await window.removeHost('x');
  assert.deepEqual(await window.takeNewHosts(), [theirs]);
});

test('only the user may read the files, and no temporary file is left', async (t) => {
  const dataDir = await folder(t);
  const settings = await Settings.open({ dataDir });
  await Promise.all(['a', 'b', 'c'].map((id) => settings.addHost(host(id))));
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
  await assert.rejects(settings.addHost(host('a')), /newer version of Virtlane/);
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
    await settings.addHost(host('a'));
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
  await settings.changeHost('a', { name: 'renamed' });
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
  await settings.addHost(host('b'));
  assert.deepEqual((await Settings.open({ dataDir })).hosts(), [host('b')]);
});

test('a host that cannot be written is not in the list, and one on trial stays on trial', async (t) => {
  const dataDir = await folder(t);
  await writeFile(path.join(dataDir, 'hosts.json'), '{"version":2,"data":[]}');
  const settings = await Settings.open({ dataDir });
  await assert.rejects(settings.addHost(host('a')), /newer version/);
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
  await settings.addHost(host('a'));
  assert.deepEqual(settings.hosts(), [host('a')]);
  assert.deepEqual(await readdir(dataDir), []);
});

test('two instances of the app do not lose each other’s hosts', async (t) => {
  const dataDir = await folder(t);
  const one = await Settings.open({ dataDir });
  const two = await Settings.open({ dataDir });
  await one.addHost(host('a'));
  await two.addHost(host('b'));
  await one.addHost(host('c'));
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

/** Two instances of the app that have read the same two hosts, and what is in the file. */
async function instances(t: TestContext) {
  const dataDir = await folder(t);
  const one = await Settings.open({ dataDir });
  await one.addHost(host('a'));
  await one.addHost(host('b'));
  const two = await Settings.open({ dataDir });
  const inFile = async (): Promise<SavedHost[]> => (await Settings.open({ dataDir })).hosts();
  return { one, two, inFile, file: path.join(dataDir, 'hosts.json') };
}

test('a host that two instances add is in the file once', async (t) => {
  const dataDir = await folder(t);
  const [one, two] = [await Settings.open({ dataDir }), await Settings.open({ dataDir })];
  await one.addHost(host('a'));
  const again = { ...host('a'), id: 'other' };
  await two.addHost(again);
  assert.deepEqual((await Settings.open({ dataDir })).hosts(), [again]);
});

test('the own name that an instance learns does not bring back what another one removed, and reverts no edit', async (t) => {
  const { one, two, inFile } = await instances(t);
  await one.removeHost('b');
  await one.changeHost('a', { name: 'billing', connectAtStart: false });
  await two.learnOwnName(host('b'), 'kvm2');
  await two.learnOwnName(host('a'), 'kvm1');
  assert.deepEqual(await inFile(), [
    { ...host('a'), name: 'billing', connectAtStart: false, ownName: 'kvm1' },
  ]);
});

test('the own name of a host that another instance moved to another address is not written', async (t) => {
  const { one, two, inFile } = await instances(t);
  const uri = 'qemu+ssh://elsewhere/system';
  await one.changeHost('a', { uri });
  await two.learnOwnName(host('a'), 'kvm1');
  assert.deepEqual(await inFile(), [{ ...host('a'), uri }, host('b')]);
});

test('an own name makes no file where somebody deleted it', async (t) => {
  const { two, file } = await instances(t);
  await rm(file);
  await two.learnOwnName(host('a'), 'kvm1');
  await assert.rejects(stat(file), { code: 'ENOENT' });
});

test('an edit changes what a person edited; of a host that another instance removed it is refused', async (t) => {
  const { one, two, inFile } = await instances(t);
  await one.changeHost('a', { keyFile: '/key' });
  await two.changeHost('a', { name: 'billing' });
  await one.removeHost('b');
  await assert.rejects(two.changeHost('b', { name: 'gone' }), /another Virtlane has removed this host/);
  assert.equal(two.host('b')?.name, 'b');
  assert.deepEqual(await inFile(), [{ ...host('a'), keyFile: '/key', name: 'billing' }]);
});

test('a host whose removal cannot be written is still there', async (t) => {
  const { one, file } = await instances(t);
  await writeFile(file, '{"version":2,"data":[]}');
  await assert.rejects(one.removeHost('a'), /newer version/);
  assert.deepEqual(one.host('a'), host('a'));
});
