import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { ChildProcess } from 'node:child_process';
import { CliProcesses, collect, Screen } from './cli-process.ts';

const HOST = ['-c', 'demo:///kvm-a'];

async function textOf(child: ChildProcess): Promise<{ out: string; err: string }> {
  const { out, err } = await collect(child);
  return { out: out.toString(), err };
}

suite('the command line on the demo fleet', { timeout: 300_000 }, () => {
  let cli: CliProcesses;
  before(async () => (cli = await CliProcesses.create()));
  after(() => cli.remove());

  const json = async (...args: string[]): Promise<unknown> => {
    const { code, out, err } = await cli.run(...HOST, '--json', ...args);
    assert.equal(code, 0, err);
    return JSON.parse(out.toString());
  };

  test('list --json: every machine with the promised fields', async () => {
    const machines = (await json('list')) as Record<string, unknown>[];
    assert.ok(machines.length > 5);
    for (const machine of machines) {
      assert.equal(machine['host'], 'kvm-a');
      for (const field of ['name', 'uuid', 'state']) assert.equal(typeof machine[field], 'string');
      for (const field of ['vcpus', 'memoryKiB']) assert.ok(Number(machine[field]) > 0);
      for (const field of ['autostart', 'persistent']) assert.equal(typeof machine[field], 'boolean');
    }
  });

  test('list --addresses: what each running machine has; without it no word of addresses', async () => {
    const machines = (await json('list', '--addresses')) as { state: string; addresses: string[] | null }[];
    const running = machines.filter(({ state }) => state === 'running');
    assert.ok(running.some(({ addresses }) => (addresses?.length ?? 0) > 0));
    assert.ok(
      machines.filter(({ state }) => state === 'shutoff').every(({ addresses }) => addresses?.length === 0),
    );
    const plain = (await json('list')) as object[];
    assert.ok(plain.every((machine) => !('addresses' in machine)));
  });

  test('create: that nobody can log in stands in the plan', async () => {
    const image = ['--cloud-image', 'debian-12', '--user', 'bob'];
    const { code, out, err } = await cli.run(...HOST, 'create', 'bad1', ...image, '--dry-run');
    assert.equal(code, 0, err);
    assert.match(out.toString(), /^ {2}bob has no key and no password: nobody will be able to log in\.$/m);
  });

  test('migrate: of a move that something stops no steps are shown, and each reason stands once', async () => {
    const hosts = [...HOST, '-c', 'demo:///kvm-b'];
    const asked = ['migrate', 'kvm-a/web-01', 'kvm-b', '--drive', 'tunnel', '--parallel', '3'];
    const dry = await cli.run(...hosts, ...asked, '--dry-run');
    assert.equal(dry.code, 2);
    assert.match(dry.out.toString(), / STOP +libvirt copies no disks through its tunnel/);
    assert.doesNotMatch(dry.out.toString(), /^Create|^Move|^vda/m);
    assert.equal(dry.err, 'virtlane: web-01 cannot be moved there so.\n');
    const refused = await cli.run(...hosts, ...asked);
    assert.equal(refused.code, 2);
    assert.equal(refused.err.split('libvirt copies no disks').length, 2, refused.err);
  });

  test('tag: adds, takes away and shows; what is no tag is wrong use and changes nothing', async () => {
    const tagged = async (...changes: string[]) => {
      const { tags } = (await json('tag', 'web-01', ...changes)) as { tags: string[] };
      return tags;
    };
    assert.deepEqual(await tagged(), []);
    assert.deepEqual(await tagged('+web', '-old', '+team:a'), ['web', 'team:a']);
    for (const [word, said] of [
      ['web', /Write \+web/],
      ['+a/b', /is no tag/],
    ] as const) {
      const { code, err } = await cli.run(...HOST, 'tag', 'web-01', word);
      assert.equal(code, 2, err);
      assert.match(err, said);
    }
  });

  test('a host that is empty is wrong use', async () => {
    const { code, err } = await cli.run('list', '-c', ' ');
    assert.equal(code, 2);
    assert.match(err, /Type a host/);
  });

  test('several hosts at once', async () => {
    const hosts = (await json('hosts', '-c', 'demo:///kvm-b')) as { name: string; state: string }[];
    assert.deepEqual(
      hosts.map(({ name, state }) => `${name} ${state}`),
      ['kvm-a connected', 'kvm-b connected'],
    );
  });

  test('info tells of the devices', async () => {
    const info = (await json('info', 'web-01')) as { disks: unknown[]; graphics: { type: string }[] };
    assert.ok(info.disks.length > 0);
    assert.equal(info.graphics[0]?.type, 'vnc');
  });

  test('stats have rates', async () => {
    const stats = (await json('stats', 'web-01')) as { domains: { name: string; cpu: number | null }[] };
    const [figures] = stats.domains;
    assert.equal(figures?.name, 'web-01');
    assert.equal(typeof figures.cpu, 'number');
  });

  test('pause, then off, each until it is seen', async () => {
    const { code, out } = await cli.run(...HOST, 'pause', 'web-01', 'web-02');
    assert.equal(code, 0);
    assert.equal(out.toString(), 'web-01 (kvm-a): paused\nweb-02 (kvm-a): paused\n');
    assert.equal((await cli.run(...HOST, 'off', 'web-01')).code, 0);
  });

  test('save is a job that is waited for', async () => {
    const { code, out } = await cli.run(...HOST, 'save', 'vpn');
    assert.equal(code, 0);
    assert.equal(out.toString(), 'vpn (kvm-a): saved\n');
  });

  test('a refusal keeps libvirt’s words', async () => {
    const { code, err } = await cli.run(...HOST, '--json', 'start', 'web-01');
    assert.equal(code, 1);
    assert.equal(err, '');
    const { out } = await cli.run(...HOST, '--json', 'resume', 'web-01');
    const [result] = JSON.parse(out.toString()) as { error: { libvirt?: { code: string } } | null }[];
    assert.match(result?.error?.libvirt?.code ?? '', /^VIR_ERR_/);
  });

  test('a screenshot is a PNG', async () => {
    const file = path.join(cli.home, 'screen.png');
    assert.equal((await cli.run(...HOST, 'screenshot', 'web-01', '-o', file)).code, 0);
    assert.equal((await readFile(file)).toString('latin1', 1, 4), 'PNG');
    const { out } = await cli.run(...HOST, 'screenshot', 'web-01', '-o', '-');
    assert.equal(out.toString('latin1', 1, 4), 'PNG');
  });

  test('call: a subscription prints one value a line', async () => {
    const child = cli.start([...HOST, 'call', 'inventory.watch', '{}']);
    const screen = new Screen(child);
    await screen.shows(/^\{"type":"snapshot".*\}\n/);
    child.kill('SIGINT');
    await screen.ended();
  });

  test('a reader that has seen enough is no error', async () => {
    const child = cli.start([...HOST, 'stats', '--watch']);
    const screen = new Screen(child);
    await screen.shows(/NAME/);
    child.stdout?.destroy();
    assert.equal(await screen.ended(), 0);
  });

  test('| head ends with 0 and without a word', async () => {
    const child = cli.startLine('{} | head -1; echo "${PIPESTATUS[@]}"', [...HOST, 'events', '--help']);
    assert.deepEqual(await textOf(child), { out: 'Usage: virtlane events [options]\n0 0\n', err: '' });
    const none = cli.startLine('{} | true; echo "${PIPESTATUS[@]}"', [...HOST, 'list']);
    assert.deepEqual(await textOf(none), { out: '0 0\n', err: '' });
  });

  test('nobody reads standard error: the exit code still tells', async () => {
    const child = cli.startLine('{} 2> >(true); echo $?', [
      '-c',
      'qemu+tcp://127.0.0.1:1/system',
      'list',
      '--json',
    ]);
    assert.deepEqual(await textOf(child), { out: '[]\n3\n', err: '' });
  });

  test('a disk that is full is told', async () => {
    const { out, err } = await textOf(cli.startLine('{} > /dev/full; echo $?', [...HOST, 'list']));
    assert.equal(out, '1\n');
    assert.match(err, /^virtlane: standard output cannot be written: ENOSPC.*\n$/);
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    test(`${signal} in the console: the terminal is as before, exit code ${code}`, async () => {
      const screen = new Screen(cli.startInShell([...HOST, 'console', 'web-01']));
      const [, pid] = await screen.shows(/pid=(\d+)/);
      await screen.shows(/Leave with/);
      process.kill(Number(pid), signal);
      await screen.shows(new RegExp(`code=${code}`));
      await screen.shows(/ icanon /);
      await screen.shows(/ echo /);
      await screen.ended();
    });

  test('delete names what it kept', async () => {
    const { code, out } = await cli.run(...HOST, 'delete', '--yes', '--force', 'web-02');
    assert.equal(code, 0);
    assert.match(out.toString(), /^web-02 \(kvm-a\): deleted\n {2}kept {5}\//);
  });

  test('a target that cannot be understood is wrong use; a host that is not there is 3', async () => {
    assert.equal((await cli.run('-c', 'esx://root@host/', 'list')).code, 2);
    const { code, err } = await cli.run('-c', 'qemu+tcp://127.0.0.1:1/system', 'list', '--json');
    assert.equal(code, 3);
    assert.equal((JSON.parse(err) as { error: { code: string } }).error.code, 'HOST_UNREACHABLE');
  });

  test('the serial console in a terminal; Ctrl+] leaves it', async () => {
    const screen = new Screen(cli.startAtTerminal([...HOST, 'console', 'web-01']));
    await screen.shows(/Leave with Ctrl\+\]/);
    screen.type('\r');
    await screen.shows(/login:/);
    screen.type('root\r');
    await screen.shows(/Password:/);
    screen.type('\x1d');
    assert.equal(await screen.ended(), 0);
  });
});
