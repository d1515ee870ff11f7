import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import ssh2, { type AuthContext, type Connection, type ServerConfig } from 'ssh2';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { KnownHosts } from '../../../drivers/transport/known-hosts.ts';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { openHop } from '../../../drivers/transport/ssh-hop.ts';
import type { SshAsks, SshTarget } from '../../../drivers/transport/ssh-target.ts';
import { newKey } from '../../support/ssh-keys.ts';

const hostKey = newKey().private;
const userKey = newKey();
const lockedKey = newKey({
  passphrase: 'open sesame',
  cipher: 'aes256-cbc',
  rounds: 1,
});

interface Login {
  authenticate: (context: AuthContext) => void;
  asks?: Partial<SshAsks>;
  keyFiles?: string[];
  timeoutMs?: number;
}

function nobody(what: string): () => Promise<never> {
  return () => Promise.reject(new Error(`Nobody expected a question for ${what}`));
}

/** Logs in over a pipe in memory to a server that decides by `authenticate`. */
async function login(setup: Login): Promise<void> {
  const [near, far] = memoryPair();
  const server = new ssh2.Server({ hostKeys: [hostKey] } as ServerConfig, (client: Connection) => {
    client.on('authentication', setup.authenticate);
    client.on('error', () => undefined);
  });
  // ssh2 wants a socket here, and a stream does; its types do not say so.
  (server as unknown as { injectSocket(stream: unknown): void }).injectSocket(far);
  const target: SshTarget = {
    alias: 'kvm1',
    host: '192.0.2.1',
    port: 22,
    user: 'ann',
    keyFiles: setup.keyFiles ?? [],
    identitiesOnly: true,
    identityAgent: null,
    jumps: [],
  };
  const asks: SshAsks = {
    hostKey: () => Promise.resolve('once'),
    password: nobody('a password'),
    passphrase: nobody('a passphrase'),
    keyboardInteractive: nobody('keyboard-interactive'),
    ...setup.asks,
  };
  const client = await openHop(target, near, {
    asks,
    knownHosts: new KnownHosts({ ownFile: null, readFiles: [] }),
    keepalive: { intervalMs: 0, count: 3 },
    timeoutMs: setup.timeoutMs ?? 20_000,
    signal: undefined,
  });
  client.end();
}

describe('password', () => {
  const onlyPassword =
    (right: string) =>
    (context: AuthContext): void => {
      if (context.method === 'password' && context.password === right) context.accept();
      else context.reject(['password']);
    };

  test('is asked for only when the server takes it, up to three times', async () => {
    const attempts: number[] = [];
    await login({
      authenticate: onlyPassword('third'),
      asks: {
        password: (question) => {
          attempts.push(question.attempt);
          assert.equal(question.user, 'ann');
          assert.equal(question.host, 'kvm1');
          assert.equal(question.address, '192.0.2.1');
          return Promise.resolve(['first', 'second', 'third'][question.attempt - 1] ?? null);
        },
      },
    });
    assert.deepEqual(attempts, [1, 2, 3]);
  });

  test('three wrong ones are AUTH_FAILED, and the error does not hold them', async () => {
    const attempt = login({
      authenticate: onlyPassword('right'),
      asks: { password: () => Promise.resolve('s3cr3t') },
    });
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof TransportError);
      assert.equal(error.code, 'AUTH_FAILED');
      assert.ok(!JSON.stringify([error.message, error.detail, error.stack]).includes('s3cr3t'));
      return true;
    });
  });

  test('who gives up gets CANCELLED', async () => {
    await assert.rejects(
      login({ authenticate: onlyPassword('x'), asks: { password: () => Promise.resolve(null) } }),
      { code: 'CANCELLED' },
    );
  });

  test('a password that must be changed is AUTH_FAILED and says so', async () => {
    const attempt = login({
      authenticate: (context) => {
        if (context.method === 'password') context.requestChange('Change it', () => undefined);
        else context.reject(['password']);
      },
      asks: { password: () => Promise.resolve('old') },
    });
    await assert.rejects(attempt, { code: 'AUTH_FAILED', detail: /has expired/ });
  });
});

describe('keyboard-interactive', () => {
  test('shows title, instructions and every field, in several rounds', async () => {
    const rounds: unknown[] = [];
    await login({
      authenticate: (context) => {
        if (context.method !== 'keyboard-interactive')
          return context.reject(['keyboard-interactive', 'password']);
        const second = (): void =>
          context.prompt([{ prompt: 'Code:', echo: true }], 'Second', (codes) =>
            codes[0] === '123456' ? context.accept() : context.reject(),
          );
        context.prompt(
          [
            { prompt: 'Password:', echo: false },
            { prompt: 'Realm:', echo: true },
          ],
          'First',
          'Think',
          (answers) => (answers.join() === 'pw,r' ? second() : context.reject()),
        );
        return undefined;
      },
      asks: {
        keyboardInteractive: ({ title, instructions, fields }) => {
          rounds.push([title, instructions, fields]);
          return Promise.resolve(fields.length === 2 ? ['pw', 'r'] : ['123456']);
        },
      },
    });
    assert.deepEqual(rounds, [
      [
        'First',
        'Think',
        [
          { label: 'Password:', echo: false },
          { label: 'Realm:', echo: true },
        ],
      ],
      ['Second', '', [{ label: 'Code:', echo: true }]],
    ]);
  });

  test('three wrong answers end it, and the password is not asked for once more', async () => {
    let asked = 0;
    const attempt = login({
      authenticate: (context) => {
        if (context.method !== 'keyboard-interactive')
          return context.reject(['keyboard-interactive', 'password']);
        context.prompt([{ prompt: 'Password:', echo: false }], () =>
          context.reject(['keyboard-interactive', 'password']),
        );
        return undefined;
      },
      asks: {
        keyboardInteractive: () => {
          asked++;
          return Promise.resolve(['wrong']);
        },
      },
    });
    await assert.rejects(attempt, { code: 'AUTH_FAILED' });
    assert.equal(asked, 3);
  });

  test('only what was refused is a second attempt: a further round is not', async () => {
    const asked: [string, number][] = [];
    await login({
      authenticate: (context) => {
        if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
        const code = (): void =>
          context.prompt([{ prompt: 'Code: ', echo: true }], (codes) =>
            codes[0] === '42' ? context.accept() : context.reject(['keyboard-interactive']),
          );
        context.prompt([{ prompt: 'Password: ', echo: false }], (answers) =>
          answers[0] === 'right' ? code() : context.reject(['keyboard-interactive']),
        );
        return undefined;
      },
      asks: {
        keyboardInteractive: ({ fields, attempt, user, address }) => {
          assert.deepEqual([user, address], ['ann', '192.0.2.1']);
          const label = fields[0]?.label ?? '';
          asked.push([label, attempt]);
          if (label === 'Code: ') return Promise.resolve(['42']);
          return Promise.resolve([asked.length === 1 ? 'wrong' : 'right']);
        },
      },
    });
    assert.deepEqual(asked, [
      ['Password: ', 1],
      ['Password: ', 2],
      ['Code: ', 1],
    ]);
  });

  test('what the server says is bounded, and no character of it is unseen', async () => {
    await login({
      authenticate: (context) => {
        if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
        context.prompt(
          [{ prompt: 'Pass\x1b[2Jword:\u202e ', echo: false }],
          'A\nB\0',
          `one\r\ntwo\x07${'x'.repeat(5000)}`,
          () => context.accept(),
        );
        return undefined;
      },
      asks: {
        keyboardInteractive: ({ title, instructions, fields }) => {
          assert.equal(fields[0]?.label, 'Pass[2Jword: ');
          assert.equal(title, 'A B');
          assert.match(instructions, /^one\ntwox+…$/);
          assert.ok(instructions.length <= 2001);
          return Promise.resolve(['']);
        },
      },
    });
  });

  test('a server that fails it without a question is asked with a password', async () => {
    await login({
      authenticate: (context) => {
        if (context.method === 'password') context.accept();
        else context.reject(['keyboard-interactive', 'password']);
      },
      asks: { password: () => Promise.resolve('pw') },
    });
  });
});

describe('keys', () => {
  let folder: string;
  let file: string;
  let locked: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-keys-'));
    file = path.join(folder, 'key');
    locked = path.join(folder, 'locked');
    await writeFile(file, userKey.private);
    await writeFile(locked, lockedKey.private);
  });
  after(() => rm(folder, { recursive: true }));

  test('a key and then a password as a second factor', async () => {
    let keyWasRight = false;
    await login({
      keyFiles: [file],
      authenticate: (context) => {
        if (context.method === 'publickey' && !keyWasRight) {
          if (context.signature === undefined) return context.accept();
          keyWasRight = true;
          return context.reject(['password'], true);
        }
        if (context.method === 'password' && keyWasRight) return context.accept();
        return context.reject(keyWasRight ? ['password'] : ['publickey']);
      },
      asks: { password: () => Promise.resolve('pw') },
    });
    assert.equal(keyWasRight, true);
  });

  test('the public half of a locked key is found without the passphrase', async () => {
    const offered: string[] = [];
    const attempt = login({
      keyFiles: [locked],
      authenticate: (context) => {
        if (context.method === 'publickey') offered.push(context.key.data.toString('base64'));
        context.reject(['publickey']);
      },
    });
    await assert.rejects(attempt, { code: 'AUTH_FAILED' });
    assert.deepEqual(offered, [lockedKey.public.split(' ')[1]]);
  });

  test('a file that is no key is skipped and named', async () => {
    const strange = path.join(folder, 'strange');
    await writeFile(strange, 'nothing of a key');
    const attempt = login({
      keyFiles: [strange, folder],
      authenticate: (context) => context.reject(['publickey']),
    });
    await assert.rejects(attempt, { code: 'AUTH_FAILED', detail: /strange is not a key/ });
  });
});

describe('a server that does not go on', () => {
  test('silence before the greeting is TIMEOUT in the phase banner', async () => {
    const [near] = memoryPair();
    const attempt = openHop(
      {
        alias: 'kvm1',
        host: 'kvm1',
        port: 22,
        user: 'ann',
        keyFiles: [],
        identitiesOnly: false,
        identityAgent: null,
        jumps: [],
      },
      near,
      {
        asks: {
          hostKey: nobody('the key'),
          password: nobody('p'),
          passphrase: nobody('p'),
          keyboardInteractive: nobody('k'),
        },
        knownHosts: new KnownHosts({ ownFile: null, readFiles: [] }),
        keepalive: { intervalMs: 0, count: 3 },
        timeoutMs: 20,
        signal: undefined,
      },
    );
    await assert.rejects(attempt, { code: 'TIMEOUT', phase: 'banner' });
    assert.equal(near.destroyed, true);
  });

  test('silence in the login is TIMEOUT in the phase login', async () => {
    await assert.rejects(login({ authenticate: () => undefined, timeoutMs: 1_000 }), {
      code: 'TIMEOUT',
      phase: 'login',
      message: '192.0.2.1:22 did not answer the login within 1 s',
    });
  });

  test('the clock stands still while a person thinks', async () => {
    await login({
      timeoutMs: 1_000,
      authenticate: (context) =>
        context.method === 'password' ? context.accept() : context.reject(['password']),
      asks: { password: () => new Promise((resolve) => setTimeout(resolve, 1_500, 'pw')) },
    });
  });
});
