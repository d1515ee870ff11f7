import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransportError } from '../../../drivers/transport/errors.ts';
import type { Exec } from '../../../drivers/transport/exec.ts';
import type { SshSession } from '../../../drivers/transport/ssh-session.ts';
import { SourceLogins } from '../../../main/jobs/p2v/live/source-logins.ts';
import { MemorySecrets } from '../../../main/settings/secrets.ts';
import { FakeClock, settle } from '../hosts/fake-clock.ts';

const SERVER = { target: 'root@server', keyFile: null };

/** Logins to machines whose SSH a test controls. */
function bench() {
  const clock = new FakeClock();
  const ends: ((reason?: Error) => void)[] = [];
  const passwords: (string | null)[] = [];
  let refuse: TransportError | null = null;
  const exec: Exec = () => Promise.resolve({ status: 0, stdout: '0\n', stderr: '' });
  const logins = new SourceLogins({
    clock,
    secrets: new MemorySecrets(),
    open: async (_target, { asks, signal }) => {
      const question = { user: 'root', host: 'server', address: '192.0.2.1', attempt: 1, signal };
      passwords.push(await asks.password(question));
      signal.throwIfAborted();
      if (refuse !== null) throw refuse;
      let end: (reason?: Error) => void = () => undefined;
      const closed = new Promise<Error | undefined>((resolve) => (end = resolve));
      ends.push(end);
      const close = (): Promise<void> => Promise.resolve(end());
      return { exec, asRoot: () => exec, closed, close } as unknown as SshSession;
    },
    onNotKept: (error) => assert.fail(String(error)),
  });
  const type = async (password: string): Promise<void> => {
    await settle();
    const [question] = logins.questions();
    logins.answer(question?.prompt.id ?? '', { kind: 'secrets', values: [password], remember: false });
  };
  return { clock, ends, passwords, logins, type, refuse: (error: TransportError) => (refuse = error) };
}

const never = new AbortController().signal;
const nothing = (): Promise<void> => Promise.resolve();

test('a login is kept for a while after its last user, and then ended', async () => {
  const { logins, type, clock, passwords } = bench();
  const first = logins.use(SERVER, never, ({ closed }) => Promise.resolve({ closed }));
  await type('one');
  const { closed } = await first;
  await clock.advance(4 * 60_000);
  await logins.use(SERVER, never, nothing);
  await clock.advance(4 * 60_000);
  await logins.use(SERVER, never, nothing);
  assert.deepEqual(passwords, ['one']);
  await clock.advance(5 * 60_000);
  assert.equal(await closed, undefined);
  const again = logins.use(SERVER, never, nothing);
  await type('two');
  await again;
  assert.deepEqual(passwords, ['one', 'two']);
  await logins.close();
  assert.equal(clock.pending, 0);
});

test('a link that was lost is made again without a question', async () => {
  const { logins, type, passwords, ends } = bench();
  const work = logins.use(SERVER, never, async ({ closed }) => {
    ends[0]?.(new Error('lost'));
    await closed;
    await settle();
    await logins.use(SERVER, never, nothing);
  });
  await type('one');
  await work;
  assert.deepEqual([passwords, ends.length], [['one', 'one'], 2]);
  await logins.close();
});

test('a login that nobody waits for any more asks nothing', async () => {
  const { logins, clock } = bench();
  const abort = new AbortController();
  const work = logins.use(SERVER, abort.signal, nothing);
  await settle();
  assert.equal(logins.questions().length, 1);
  abort.abort();
  await assert.rejects(work, { name: 'AbortError' });
  assert.deepEqual(logins.questions(), []);
  assert.equal(clock.pending, 0);
});

test('why there is no login is told with the name of the source', async () => {
  const { logins, type, refuse } = bench();
  refuse(new TransportError('CLOSED', '192.0.2.1:22 closed the connection during the login'));
  const work = logins.use(SERVER, never, nothing);
  const told = assert.rejects(work, (error: Error & { failure?: unknown }) => {
    assert.deepEqual(error.failure, {
      code: 'HOST_UNREACHABLE',
      message: 'root@server could not be reached.',
      detail: '192.0.2.1:22 closed the connection during the login',
    });
    return true;
  });
  await type('one');
  await told;
  await logins.close();
});

test('who gives up the login is told that, and not that the machine is away', async () => {
  const { logins, type, refuse } = bench();
  refuse(new TransportError('CANCELLED', 'no password was given'));
  const told = assert.rejects(logins.use(SERVER, never, nothing), {
    message: 'The login to root@server was cancelled.',
  });
  await type('one');
  await told;
  await logins.close();
});

test('what is no machine reached by SSH is refused', async () => {
  const { logins } = bench();
  await assert.rejects(logins.use({ target: 'qemu:///system', keyFile: null }, never, nothing), {
    message: 'qemu:///system is not reached by SSH. Name the machine as root@server.',
  });
});
