import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { KnownHosts } from '../../drivers/transport/known-hosts.ts';
import type { SourceReport } from '../../main/contract/p2v-source.ts';
import type { Prompt, PromptAnswer } from '../../main/contract/host.ts';
import { systemClock } from '../../main/hosts/clock.ts';
import { openSshSession } from '../../main/hosts/ssh-link.ts';
import { SourceLogins, type SourceLogin } from '../../main/jobs/p2v/live/source-logins.ts';
import { MemorySecrets } from '../../main/settings/secrets.ts';
import { Lab } from '../lab/lab.ts';
import { until } from '../support/wait.ts';
import { CliProcesses } from './cli-process.ts';

/** The host of the lab as a machine of its own: it has no libvirt for these tests. */
suite('a running machine, over SSH', { timeout: 300_000 }, () => {
  let lab: Lab;
  let folder: string;
  let logins: SourceLogins;
  const { signal } = new AbortController();

  before(async () => {
    lab = await Lab.up(1);
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-source-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await lab.exec(1, 'rm', '-f', '/etc/sudoers.d/labuser');
    await lab.release();
  });
  afterEach(() => logins.close());
  beforeEach(() => {
    const knownHosts = new KnownHosts({ ownFile: path.join(folder, randomUUID()), readFiles: [] });
    const resolve = { home: folder, configFiles: [], env: {} };
    logins = new SourceLogins({
      clock: systemClock,
      secrets: new MemorySecrets(),
      open: (target, request) => openSshSession(target, request, { knownHosts, resolve }),
      onNotKept: (error) => assert.fail(String(error)),
    });
  });

  const address = (user: string) => ({ target: `${user}@${lab.address(1)}`, keyFile: null });

  /** Answers what is asked: keys are accepted, passwords are those given, in order. Resolves with the kinds of what was asked. */
  async function answering(passwords: readonly string[], work: Promise<unknown>): Promise<string[]> {
    const asked: string[] = [];
    const left = [...passwords];
    const over = new AbortController();
    void work.catch(() => undefined).finally(() => over.abort());
    for await (const questions of logins.watch(over.signal))
      for (const { prompt } of questions) {
        asked.push(prompt.kind);
        logins.answer(prompt.id, answerTo(prompt, left));
      }
    return asked;
  }

  function answerTo({ kind }: Prompt, left: string[]): PromptAnswer {
    if (kind === 'hostKey') return { kind, accept: 'always' };
    return { kind: 'secrets', values: [left.shift() ?? assert.fail(kind)], remember: false };
  }

  async function allow(rule: string): Promise<void> {
    const script = 'printf "%s\\n" "$1" > /etc/sudoers.d/labuser; chmod 440 /etc/sudoers.d/labuser';
    await lab.exec(1, 'sh', '-c', script, 'sh', rule);
  }

  const whoami = async ({ exec, as }: SourceLogin): Promise<string> =>
    `${as} ${(await exec(['sh', '-c', 'id -u; cat'], { stdin: 'bytes', signal })).stdout}`;

  test('root’s key logs in, and one login serves all who use it', async () => {
    const root = { ...address('root'), keyFile: lab.keyFile };
    const both = Promise.all([logins.use(root, signal, whoami), logins.use(root, signal, whoami)]);
    assert.deepEqual(await answering([], both), ['hostKey']);
    assert.deepEqual(await both, ['root 0\nbytes', 'root 0\nbytes']);
  });

  test('sudo without a password', async () => {
    await allow('labuser ALL=(ALL) NOPASSWD: ALL');
    const work = logins.use(address('labuser'), signal, whoami);
    assert.deepEqual(await answering(['labpass'], work), ['hostKey', 'keyboardInteractive']);
    assert.equal(await work, 'sudo 0\nbytes');
  });

  test('sudo with a password, which is asked again when it is wrong, and then no more', async () => {
    await allow('labuser ALL=(ALL) ALL');
    const work = logins.use(address('labuser'), signal, whoami);
    assert.deepEqual(await answering(['labpass', 'wrong', 'labpass'], work), [
      'hostKey',
      'keyboardInteractive',
      'sudo',
      'sudo',
    ]);
    assert.equal(await work, 'sudo 0\nbytes');
    assert.equal(await logins.use(address('labuser'), signal, whoami), 'sudo 0\nbytes');
  });

  test('what needs no password after all never gets it to read', async () => {
    await allow('labuser ALL=(ALL) ALL');
    const read = async (login: SourceLogin): Promise<string> => {
      await allow('labuser ALL=(ALL) NOPASSWD: ALL');
      return whoami(login);
    };
    const work = logins.use(address('labuser'), signal, read);
    await answering(['labpass', 'labpass'], work);
    assert.equal(await work, 'sudo 0\nbytes');
  });

  test('who may not use sudo is told so', async () => {
    const work = logins.use(address('outsider'), signal, whoami);
    await answering(['outpass', 'outpass'], work);
    await assert.rejects(work, /outsider may not run programs as root/);
  });

  test('the command looks at the machine, and changes nothing of it', async () => {
    const cli = await CliProcesses.create();
    try {
      const since = '/run/virtlane-probe';
      await lab.exec(1, 'touch', since);
      const args = ['--json', 'p2v', 'probe', `root@${lab.address(1)}`, '--key-file', lab.keyFile];
      const refused = await cli.run(...args);
      assert.equal(refused.code, 3);
      assert.match(refused.err, /"code":"HOST_KEY_REFUSED".*--accept-new/);
      const { code, out, err } = await cli.run('--accept-new', ...args);
      const told = JSON.parse(out.toString()) as SourceReport;
      assert.equal(code, told.problems.length === 0 ? 0 : 1, err);
      const cpus = (await lab.exec(1, 'nproc', '--all')).trim();
      assert.deepEqual([told.hostname, told.as, String(told.cpus)], ['lab1', 'root', cpus]);
      const folders = ['/etc', '/boot', '/root', '/home', '/usr/local'];
      const written = await lab.exec(1, 'find', ...folders, '-xdev', '-newer', since);
      assert.equal(written, '');
    } finally {
      await cli.remove();
    }
  });

  test('a program of root’s ends with the login that began it', async () => {
    await allow('labuser ALL=(ALL) ALL');
    const word = randomUUID();
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const script = 'echo begun; while :; do sleep .1; done';
    const work = logins.use(address('labuser'), signal, ({ exec }) =>
      exec(['sh', '-c', script, word], { signal, onStdout: () => begin() }),
    );
    const answered = answering(['labpass', 'labpass'], work);
    await begun;
    await logins.close();
    await assert.rejects(work);
    await answered;
    // No match of the look itself.
    const pattern = `[${word.slice(0, 1)}]${word.slice(1)}`;
    const find = 'pgrep -f "$0" || echo none';
    await until(
      async () => (await lab.exec(1, 'sh', '-c', find, pattern)) === 'none\n',
      'nothing of it runs',
    );
  });
});
