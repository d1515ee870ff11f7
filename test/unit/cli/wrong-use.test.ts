import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FakeFleet, runOn } from './fake-fleet.ts';
import { domainFixture, hostFixture } from './fixtures.ts';

function fleet(): FakeFleet {
  return new FakeFleet({
    hosts: [hostFixture('kvm-a')],
    domains: [domainFixture('kvm-a', 'web-main')],
  });
}

suite('wrong use', () => {
  for (const [typed, meant] of [
    ['lsit', 'list'],
    ['sats', 'stats'],
    ['rebot', 'reboot'],
    ['screnshot', 'screenshot'],
    ['restor', 'restore'],
  ] as const)
    test(`${typed}: ${meant} was meant`, async () => {
      const { code, err } = await runOn(fleet(), [typed]);
      assert.equal(code, 2);
      assert.equal(err, `virtlane: There is no command ${typed}. Did you mean ${meant}?\n`);
    });

  for (const typed of ['rest', 'rset', 'reste', 'of', 'offf', 'delte', 'discard-save', 'rescue', 'ls'])
    test(`${typed}: no command that loses data is suggested, and none that is far away`, async () => {
      const { code, err } = await runOn(fleet(), [typed]);
      assert.equal(code, 2);
      assert.equal(err, `virtlane: There is no command ${typed}. virtlane --help lists them.\n`);
    });

  test('a word that a command with words of its own does not know', async () => {
    const { code, err } = await runOn(fleet(), ['jobs', 'frob']);
    assert.equal(code, 2);
    assert.match(err, /^virtlane: There is no command jobs frob\. virtlane jobs --help lists them\.$/m);
  });

  for (const args of [
    [],
    ['lst'],
    ['list', '--jsn'],
    ['list', 'extra'],
    ['info'],
    ['stats', '--interval', '3'],
    ['events', '--count', 'x'],
    ['shutdown', 'web-main', '--mode', 'magic'],
    ['delete', 'web-main'],
    ['call', 'no.such'],
    ['call', 'domain.list', '{'],
    ['console', 'web-main'],
  ])
    test(`--json ${args.join(' ')}: one JSON object on stderr, nothing on stdout`, async () => {
      const { code, out, err } = await runOn(fleet(), ['--json', ...args]);
      assert.equal(code, 2);
      assert.equal(out, '');
      assert.equal(err.indexOf('\n'), err.length - 1);
      const { error } = JSON.parse(err) as { error: { code: string; message: string } };
      assert.equal(error.code, 'BAD_INPUT');
      assert.notEqual(error.message, '');
    });

  test('without a command the help is shown', async () => {
    const { code, out, err } = await runOn(fleet(), []);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err, /^Usage: virtlane/);
  });

  test('what was typed is not obeyed by the terminal', async () => {
    const { err } = await runOn(fleet(), ['\x1b[2J']);
    assert.ok(!err.includes('\x1b'));
  });

  for (const [args, words] of [
    [['/img', '--allow', 'snapshot'], /--allow is for a machine that runs, as root@server/],
    [['/img', '--key-file', 'k'], /--key-file is for what lies on another machine, as root@nas:\/PATH/],
    [['root@server', '--verify'], /A running machine has no checksums: leave --verify out/],
    // A port, and no path: it is a machine that runs.
    [['root@server:2222', '--verify'], /A running machine has no checksums/],
    [['root@[2001:db8::7]:22', '--verify'], /A running machine has no checksums/],
  ] as const)
    test(`p2v import ${args.join(' ')}`, async () => {
      const { code, err } = await runOn(fleet(), ['p2v', 'import', ...args, '--name', 'x']);
      assert.equal(code, 2);
      assert.match(err, words);
    });

  test('a machine’s name that was mistyped', async () => {
    const { code, err } = await runOn(fleet(), ['info', 'web-mian']);
    assert.equal(code, 1);
    assert.match(err, /Did you mean web-main\?/);
  });

  test('who lives where is not known with -c', async () => {
    const { code, err } = await runOn(fleet(), ['-c', 'root@kvm-a', 'evacuate', 'kvm-a', '--home']);
    assert.equal(code, 2);
    assert.match(err, /kept of the saved hosts: bring machines home without -c/);
  });
});
