import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import { Output } from '../../../main/cli/output.ts';
import { replaceFile } from '../../../main/cli/replace-file.ts';
import { FakeFleet, runOn } from './fake-fleet.ts';
import { domainFixture, hostFixture } from './fixtures.ts';

/** Clears the screen, sets the title, C1's CSI, and turns the direction of writing. */
const EVIL = 'a\x1b[2J\x1b]0;x\x07\u009b2J\u202eb';
// oxlint-disable-next-line no-control-regex -- what a terminal would obey
const OBEYED = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/;

suite('what hosts name things is never obeyed by the terminal', () => {
  const evil = (): FakeFleet =>
    new FakeFleet({
      hosts: [hostFixture('kvm-a', { name: EVIL }), hostFixture('kvm-b')],
      domains: [domainFixture('kvm-a', EVIL, { state: 'running' }), domainFixture('kvm-a', 'off')],
      onConnect: (host) =>
        host.id === 'kvm-b'
          ? {
              ...host,
              state: 'failed',
              failure: { code: 'INTERNAL', message: EVIL, detail: `${EVIL}\n${EVIL}` },
            }
          : { ...host, state: 'connected' },
    });

  for (const args of [['list'], ['hosts'], ['start', EVIL], ['start', 'off'], ['info', `${EVIL}?`]])
    for (const flags of [[], ['--json']])
      test([...flags, JSON.stringify(args)].join(' '), async () => {
        const { out, err } = await runOn(evil(), [...flags, ...args]);
        assert.doesNotMatch(out, OBEYED);
        assert.doesNotMatch(err, OBEYED);
        assert.notEqual(`${out}${err}`, '');
      });

  suite('the XML', () => {
    const xml = `<domain>\n\t<name>${EVIL}\r\u2066é😀</name>\n</domain>\n`;
    const show = (keyboard?: PassThrough): Promise<string> =>
      runOn(
        new FakeFleet({ hosts: [hostFixture('kvm-a')], domains: [machine], xml }),
        ['xml', 'm'],
        keyboard,
      ).then(({ out }) => out);
    const machine = domainFixture('kvm-a', 'm');

    test('on a terminal', async () => {
      const out = await show(Object.assign(new PassThrough(), { isTTY: true }));
      assert.doesNotMatch(out.replaceAll('\t', ''), OBEYED);
      const told = '<name>a&#x1b;[2J&#x1b;]0;x&#x7;&#x9b;2J&#x202e;b&#xd;&#x2066;é😀</name>';
      assert.equal(out, `<domain>\n\t${told}\n</domain>\n`);
    });

    test('in a file or a pipe it is as it came', async () => assert.equal(await show(), xml));
  });

  test('JSON says the same after it was made safe', () => {
    let text = '';
    new Output({ write: (part) => (text += String(part)) }, { write: () => undefined }, true).value({ EVIL });
    assert.doesNotMatch(text, OBEYED);
    assert.deepEqual(JSON.parse(text), { EVIL });
  });
});

suite('writing a file whole or not at all', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-file-'))));
  after(() => rm(folder, { recursive: true }));
  const bytes = Buffer.from('new');

  test('a new file', async () => {
    const file = path.join(folder, 'new.png');
    await replaceFile(file, bytes);
    assert.equal(await readFile(file, 'utf8'), 'new');
  });

  test('one that is there keeps its rights', async () => {
    const file = path.join(folder, 'old.png');
    await writeFile(file, 'old', { mode: 0o600 });
    await replaceFile(file, bytes);
    assert.equal(await readFile(file, 'utf8'), 'new');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  test('a link stays a link', async () => {
    const file = path.join(folder, 'target.png');
    const link = path.join(folder, 'link.png');
    await writeFile(file, 'old');
    await symlink(file, link);
    await replaceFile(link, bytes);
    assert.equal(await readFile(file, 'utf8'), 'new');
  });

  test('a device is written to, not replaced', async () => {
    await replaceFile('/dev/null', bytes);
    assert.ok((await stat('/dev/null')).isCharacterDevice());
  });

  test('nothing is left behind', async () =>
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.endsWith('.tmp')),
      [],
    ));
});
