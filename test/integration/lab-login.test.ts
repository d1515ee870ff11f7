import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { Lab } from '../lab/lab.ts';
import { TestCore, type TestCoreOptions } from '../support/core.ts';
import { until } from '../support/wait.ts';

const run = promisify(execFile);
/** Ports of the host's SSH servers that take one way to log in only. */
const PASSWORD_PORT = 2201;
const KEYBOARD_PORT = 2202;
const KEY_PORT = 2203;

suite('logging in to a KVM host', { timeout: 300_000 }, () => {
  let lab: Lab;
  let host: string;
  before(async () => {
    lab = await Lab.up(2);
    host = lab.address(1);
    const sshd = (port: number, ...settings: string[]): Promise<string> =>
      lab.exec(
        1,
        '/usr/sbin/sshd',
        '-f',
        '/etc/ssh/lab_sshd_config',
        ...[`Port=${port}`, `PidFile=/run/sshd-${port}.pid`, ...settings].flatMap((setting) => [
          '-o',
          setting,
        ]),
      );
    const noKeys = 'PubkeyAuthentication=no';
    const noPassword = 'PasswordAuthentication=no';
    const noKeyboard = 'KbdInteractiveAuthentication=no';
    await sshd(PASSWORD_PORT, noKeys, noKeyboard);
    await sshd(KEYBOARD_PORT, noKeys, noPassword);
    await sshd(KEY_PORT, noPassword, noKeyboard);
  });
  after(async () => {
    for (const port of [PASSWORD_PORT, KEYBOARD_PORT, KEY_PORT])
      await lab.exec(1, 'sh', '-c', `kill $(cat /run/sshd-${port}.pid)`);
    await lab.release();
  });

  /** A core for one test, closed at its end. */
  async function withCore(
    options: Omit<TestCoreOptions, 'lab'>,
    work: (core: TestCore) => Promise<void>,
  ): Promise<void> {
    const core = await TestCore.open({ ...options, lab });
    try {
      await work(core);
    } finally {
      await core.close();
    }
  }

  test('an unknown host key is shown as ssh-keygen shows it, and is known from then on', async () => {
    const first = await TestCore.open({ lab, strange: true });
    const id = await first.add(`root@${host}`);
    const question = await first.asked(id, 'hostKey');
    assert.equal(question.fingerprint, await lab.fingerprint(1));
    assert.equal(question.keyType, 'ssh-ed25519');
    const answer = { kind: 'hostKey', accept: 'always' } as const;
    await first.client.host.answer({ id, promptId: question.id, answer });
    const { info } = await first.inState(id, 'connected');
    await first.mirror.until(() => first.mirror.host(id)?.info ?? undefined);
    assert.equal(info === null || info.hostname === 'lab1', true);
    assert.equal(await readFile(path.join(first.home, '.ssh/known_hosts'), 'utf8'), '');
    await first.stop();
    // Started again: the host is in the list, and its key is no question any more.
    const second = await TestCore.open({ folder: first.folder });
    try {
      assert.equal(second.host(id).uri, `qemu+ssh://root@${host}/system`);
      await second.inState(id, 'connected');
    } finally {
      await second.close();
    }
  });

  test('a key that a person does not accept', () =>
    withCore({ strange: true }, async (core) => {
      const id = await core.add(`root@${host}`);
      const { id: promptId } = await core.asked(id, 'hostKey');
      await core.client.host.answer({ id, promptId, answer: { kind: 'hostKey', accept: 'no' } });
      const { failure } = await core.inState(id, 'failed');
      assert.equal(failure?.code, 'HOST_KEY_REFUSED');
    }));

  test('a key that has changed is refused, with both fingerprints and the file', () =>
    withCore({}, async (core) => {
      const file = path.join(core.home, '.ssh/known_hosts');
      const [, other = ''] = (await readFile(lab.knownHosts, 'utf8')).trim().split('\n');
      await writeFile(file, `${host} ${other.split(' ').slice(1).join(' ')}\n`);
      const { failure } = await core.inState(await core.add(`root@${host}`), 'failed');
      assert.equal(failure?.code, 'HOST_KEY_CHANGED');
      assert.deepEqual(failure.hostKey, {
        known: [await lab.fingerprint(2)],
        offered: await lab.fingerprint(1),
        keyType: 'ssh-ed25519',
        knownIn: `${file}:1`,
      });
    }));

  test('a key file that the host does not know', () =>
    withCore({}, async (core) => {
      await rm(path.join(core.home, '.ssh/id_ed25519'));
      const keyFile = path.join(core.home, 'other');
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile]);
      await lab.trust(core.home, 1, KEY_PORT);
      const id = await core.add(`root@${host}:${KEY_PORT}`, { keyFile });
      const { failure } = await core.inState(id, 'failed');
      assert.equal(failure?.code, 'AUTH_FAILED');
      assert.match(failure.detail ?? '', /other/);
    }));

  test('a key with a passphrase, from an entry of ~/.ssh/config', () =>
    withCore({}, async (core) => {
      const ssh = path.join(core.home, '.ssh');
      await rm(path.join(ssh, 'id_ed25519.pub'));
      await run('ssh-keygen', ['-q', '-p', '-N', 'open sesame', '-f', path.join(ssh, 'id_ed25519')]);
      await writeFile(
        path.join(ssh, 'config'),
        `Host blue\n  HostName ${host}\n  User root\n  IdentityFile ~/.ssh/id_ed25519\n`,
      );
      const id = await core.add('blue');
      const wrong = await core.asked(id, 'passphrase');
      await core.tell(id, wrong.id, 'wrong');
      await core.answered(id, wrong.id);
      const again = await core.asked(id, 'passphrase');
      assert.equal(again.attempt, 2);
      await core.tell(id, again.id, 'open sesame');
      await core.inState(id, 'connected');
    }));

  test('a key of the agent', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-agent-'));
    const socket = path.join(folder, 'agent');
    const agent: ChildProcess = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    const before = process.env['SSH_AUTH_SOCK'];
    try {
      const env = { ...process.env, SSH_AUTH_SOCK: socket };
      await until(async () => (await run('ssh-add', ['-q', lab.keyFile], { env })) !== null, 'the agent');
      process.env['SSH_AUTH_SOCK'] = socket;
      await withCore({}, async (core) => {
        await rm(path.join(core.home, '.ssh/id_ed25519'));
        await core.connect(`root@${host}`);
      });
    } finally {
      if (before === undefined) delete process.env['SSH_AUTH_SOCK'];
      else process.env['SSH_AUTH_SOCK'] = before;
      agent.kill();
      await rm(folder, { recursive: true });
    }
  });

  test('a password, once wrong', () =>
    withCore({}, async (core) => {
      await lab.trust(core.home, 1, PASSWORD_PORT);
      const id = await core.add(`labuser@${host}:${PASSWORD_PORT}`);
      const first = await core.asked(id, 'password');
      assert.deepEqual([first.user, first.address], ['labuser', `${host}:${PASSWORD_PORT}`]);
      await core.tell(id, first.id, 'wrong');
      await core.answered(id, first.id);
      const second = await core.asked(id, 'password');
      await core.tell(id, second.id, 'labpass');
      await core.inState(id, 'connected');
    }));

  test('keyboard-interactive', () =>
    withCore({}, async (core) => {
      await lab.trust(core.home, 1, KEYBOARD_PORT);
      const id = await core.add(`labuser@${host}:${KEYBOARD_PORT}`);
      const first = await core.asked(id, 'keyboardInteractive');
      assert.deepEqual(first.fields, [{ label: 'Password: ', echo: false }]);
      assert.deepEqual(
        [first.user, first.address, first.attempt],
        ['labuser', `${host}:${KEYBOARD_PORT}`, 1],
      );
      await core.tell(id, first.id, 'wrong');
      await core.answered(id, first.id);
      const second = await core.asked(id, 'keyboardInteractive');
      assert.equal(second.attempt, 2);
      await core.tell(id, second.id, 'labpass');
      await core.inState(id, 'connected');
    }));

  test('a host without a name is called as it calls itself; two ways to one host are told apart', () =>
    withCore({}, async (core) => {
      const [one, other] = [await core.connect(`root@${host}`), await core.connect(`root@${lab.address(2)}`)];
      await until(() => core.host(one).name === 'lab1' && core.host(other).name === 'lab2', 'their names');
      await lab.trust(core.home, 1, KEY_PORT);
      const again = await core.connect(`root@${host}:${KEY_PORT}`);
      await until(() => core.host(again).name === `lab1 (root@${host}:${KEY_PORT})`, 'the other way');
      assert.equal(core.host(one).name, `lab1 (root@${host})`);
      assert.equal(core.host(other).name, 'lab2');
      await core.client.host.remove({ id: again });
      await until(() => core.host(one).name === 'lab1', 'there is one again');
    }));

  test('the memory of a host is what its figures say', () =>
    withCore({}, async (core) => {
      const id = await core.connect(`root@${host}`);
      const info = await until(() => core.host(id).info, 'the facts');
      const abort = new AbortController();
      const ticks = await core.client.stats.watch(
        { intervalMs: 1000, hosts: [id] },
        { signal: abort.signal },
      );
      for await (const tick of ticks) {
        assert.equal(info.memoryKiB, tick.figures?.memoryTotalKiB);
        break;
      }
      abort.abort();
    }));

  test('a user who may log in but not open libvirt’s socket', () =>
    withCore({}, async (core) => {
      await lab.trust(core.home, 1, PASSWORD_PORT);
      const id = await core.add(`outsider@${host}:${PASSWORD_PORT}`);
      const { id: promptId } = await core.asked(id, 'password');
      await core.tell(id, promptId, 'outpass');
      const { failure } = await core.inState(id, 'failed');
      assert.equal(failure?.code, 'PERMISSION', JSON.stringify(failure));
    }));

  test('an address where nothing listens, and a port that refuses', () =>
    withCore({}, async (core) => {
      const refused = await core.inState(await core.add(`root@${host}:1`), 'failed');
      assert.equal(refused.failure?.code, 'HOST_UNREACHABLE');
      const unknown = await core.inState(await core.add('root@no-such-host.invalid'), 'failed');
      assert.equal(unknown.failure?.code, 'HOST_UNREACHABLE');
    }));
});
