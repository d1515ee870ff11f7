import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { TransportError } from '../../drivers/transport/errors.ts';
import { openSsh } from '../../drivers/transport/ssh.ts';
import type { SshSession } from '../../drivers/transport/ssh-session.ts';
import { asks, openLab, skipReason, until, type SshLab, type TestServer } from './ssh-transport-lab.ts';

const never = new AbortController().signal;

/** Processes that have a word in their arguments. */
async function processes(word: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(word));
}

describe('programs of a host over SSH', { skip: skipReason }, () => {
  let lab: SshLab;
  let server: TestServer;
  let session: SshSession;
  const open = async (one: TestServer): Promise<SshSession> =>
    openSsh(lab.target(one), asks(), { knownHosts: await lab.trusting(one) });
  before(async () => {
    lab = await openLab();
    server = await lab.startServer();
    session = await open(server);
  });
  after(async () => {
    await session.close();
    await lab.close();
  });

  /** Starts something that goes on for ever in several processes, and answers when it has begun. */
  async function endless(of: SshSession) {
    const word = randomUUID();
    const abort = new AbortController();
    const script =
      'sh -c "while :; do sleep .1; done" $0 & yes $0 | tee /dev/null >/dev/null & echo begun; wait';
    let begun: () => void = () => undefined;
    const running = new Promise<void>((resolve) => (begun = resolve));
    const onStdout = (): void => begun();
    const ended = of.exec(['sh', '-c', script, word], { signal: abort.signal, onStdout });
    ended.catch(() => undefined);
    await running;
    assert.ok((await processes(word)).length >= 3);
    return { word, abort, ended };
  }

  test('status, output, last words and arguments come through', async () => {
    const words = ["it's", 'a\nline', '$HOME `id` "q" \\', '*', ''];
    const script = 'cat; printf "[%s]" "$@"; echo oh >&2; exit 9';
    const ended = await session.exec(['sh', '-c', script, 'sh', ...words], { stdin: 'in', signal: never });
    const stdout = `in${words.map((word) => `[${word}]`).join('')}`;
    assert.deepEqual(ended, { status: 9, stdout, stderr: 'oh\n' });
  });

  test('bytes go both ways as they are, at the pace of who takes them', async () => {
    const stdin = Buffer.alloc(900_000, Buffer.from([...Array(256).keys()]));
    const hash = createHash('sha256');
    let size = 0;
    const onStdout = async (chunk: Buffer): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      hash.update(chunk);
      size += chunk.length;
    };
    const script = 'cat > /dev/null; head -c 20000000 /dev/zero';
    assert.equal((await session.exec(['cat'], { stdin, signal: never, onStdout })).status, 0);
    assert.equal(hash.digest('hex'), createHash('sha256').update(stdin).digest('hex'));
    await session.exec(['sh', '-c', script], {
      stdin,
      signal: never,
      onStdout: (chunk) => void (size += chunk.length),
    });
    assert.equal(size, stdin.length + 20_000_000);
  });

  test('many programs one after another leave no channel behind', async () => {
    // sshd allows ten at once (MaxSessions).
    for (let round = 0; round < 25; round += 1)
      assert.equal((await session.exec(['true'], { signal: never })).status, 0);
  });

  test('after a cancel nothing of the program runs', async () => {
    const { word, abort, ended } = await endless(session);
    abort.abort();
    await assert.rejects(ended, { code: 'CANCELLED' });
    assert.deepEqual(await processes(word), []);
  });

  test('what it leaves in the background ends with it', async () => {
    const word = randomUUID();
    await session.exec(['sh', '-c', 'sh -c "while :; do sleep .1; done" $0 >/dev/null 2>&1 &', word], {
      signal: never,
    });
    assert.deepEqual(await processes(word), []);
  });

  test('when the link is lost the program ends, and who waits is told', async () => {
    const mortal = await lab.startServer();
    const other = await open(mortal);
    const { word, ended } = await endless(other);
    await mortal.kill();
    await assert.rejects(ended, { code: 'CLOSED' });
    await until('nothing of it runs', async () => (await processes(word)).length === 0);
  });

  for (const [what, line] of [
    ['a login for one command', 'ForceCommand echo "only backups here: $SSH_ORIGINAL_COMMAND"'],
    ['a login for nobody', 'ForceCommand /usr/sbin/nologin'],
    ['a login for files', 'ForceCommand internal-sftp'],
  ] as const)
    test(`${what} runs no programs, and says so`, async () => {
      const restricted = await open(await lab.startServer([line]));
      try {
        const refused = restricted.exec(['true'], { signal: never });
        await assert.rejects(
          refused,
          (error) =>
            error instanceof TransportError &&
            error.code === 'EXEC' &&
            error.message === 'root can run no programs on lab',
        );
      } finally {
        await restricted.close();
      }
    });

  test('what the login shell prints first is none of the program’s', async () => {
    const noisy = await open(
      await lab.startServer(['ForceCommand echo hello; echo oops >&2; eval "$SSH_ORIGINAL_COMMAND"']),
    );
    try {
      const ended = await noisy.exec(['echo', 'mine'], { signal: never });
      assert.deepEqual(ended, { status: 0, stdout: 'mine\n', stderr: '' });
    } finally {
      await noisy.close();
    }
  });

  test('a session that is over says so', async () => {
    const other = await open(server);
    await other.close();
    await assert.rejects(other.exec(['true'], { signal: never }), { code: 'CLOSED' });
  });

  test('nothing of it outlives a session that was closed', async () => {
    const other = await open(server);
    const { word, ended } = await endless(other);
    await other.close();
    await assert.rejects(ended);
    await until('nothing of it runs', async () => (await processes(word)).length === 0);
  });
});
