import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TransportError } from '../../drivers/transport/errors.ts';
import { openSsh } from '../../drivers/transport/ssh.ts';
import { asks, openLab, skipReason, type SshLab, type TestServer } from './ssh-transport-lab.ts';

describe('SSH login', { skip: skipReason }, () => {
  let lab: SshLab;
  let server: TestServer;
  before(async () => {
    lab = await openLab();
    server = await lab.startServer();
  });
  after(() => lab.close());

  test('a key file opens a session, and closing it is no error', async () => {
    const session = await openSsh(lab.target(server), asks(), { knownHosts: await lab.trusting(server) });
    assert.equal(session.isOpen, true);
    await session.close();
    assert.equal(await session.closed, undefined);
    assert.equal(session.isOpen, false);
  });

  for (const type of ['ed25519', 'ecdsa', 'rsa']) {
    test(`a key with a passphrase (${type}) is asked for, three times at most`, async () => {
      const file = await lab.newKey(`locked-${type}`, { type, passphrase: 'open sesame', authorize: true });
      const attempts: number[] = [];
      const session = await openSsh(
        lab.target(server, { keyFiles: [file] }),
        asks({
          passphrase: (question) => {
            attempts.push(question.attempt);
            assert.equal(question.keyFile, file);
            return Promise.resolve(question.attempt === 3 ? 'open sesame' : 'wrong');
          },
        }),
        { knownHosts: await lab.trusting(server) },
      );
      await session.close();
      assert.deepEqual(attempts, [1, 2, 3]);
    });
  }

  test('no passphrase is asked for a key that the server would not take', async () => {
    const file = await lab.newKey('locked-stranger', { passphrase: 'x-y-z' });
    const session = await openSsh(lab.target(server, { keyFiles: [file, lab.keyFile] }), asks(), {
      knownHosts: await lab.trusting(server),
    });
    await session.close();
  });

  test('a key whose passphrase is not given is skipped', async () => {
    const file = await lab.newKey('locked-skipped', { passphrase: 'x-y-z', authorize: true });
    const session = await openSsh(
      lab.target(server, { keyFiles: [file, lab.keyFile] }),
      asks({ passphrase: () => Promise.resolve(null) }),
      { knownHosts: await lab.trusting(server) },
    );
    await session.close();
  });

  test('an old PEM key with a passphrase works', async () => {
    const file = path.join(lab.folder, 'pem');
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-m', 'PEM', '-N', 'open sesame', '-f', file]);
    await lab.authorize(`${file}.pub`);
    // Without the public half next to it nobody knows which key it is before it is opened.
    await rm(`${file}.pub`);
    const session = await openSsh(
      lab.target(server, { keyFiles: [file] }),
      asks({ passphrase: () => Promise.resolve('open sesame') }),
      { knownHosts: await lab.trusting(server) },
    );
    await session.close();
  });

  test('wrong keys and a missing file are AUTH_FAILED and name what was tried', async () => {
    const stranger = await lab.newKey('stranger');
    const attempt = openSsh(
      lab.target(server, { keyFiles: [path.join(lab.folder, 'not-there'), stranger] }),
      asks(),
      { knownHosts: await lab.trusting(server) },
    );
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof TransportError);
      assert.equal(error.code, 'AUTH_FAILED');
      assert.equal(error.message, 'lab does not let root log in');
      assert.match(error.detail ?? '', /key .*stranger/);
      assert.match(error.detail ?? '', /The server takes: publickey/);
      return true;
    });
  });

  test('too many keys: the words of the server are kept', async () => {
    const keyFiles = await Promise.all(Array.from({ length: 8 }, (_none, n) => lab.newKey(`many-${n}`)));
    const attempt = openSsh(lab.target(server, { keyFiles }), asks(), {
      knownHosts: await lab.trusting(server),
    });
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof TransportError);
      assert.equal(error.code, 'AUTH_FAILED');
      assert.match(error.detail ?? '', /Too many authentication failures/);
      return true;
    });
  });

  test('a login that is cancelled while a question is open ends with CANCELLED and ends the question', async () => {
    const cancel = new AbortController();
    let questionEnded = false;
    const attempt = openSsh(
      lab.target(server),
      asks({
        hostKey: (question) =>
          new Promise((resolve) => {
            question.signal.addEventListener('abort', () => {
              questionEnded = true;
              resolve('no');
            });
            cancel.abort();
          }),
      }),
      { knownHosts: lab.knownHosts('cancelled'), signal: cancel.signal },
    );
    await assert.rejects(attempt, { name: 'TransportError', code: 'CANCELLED' });
    assert.equal(questionEnded, true);
  });

  test('a signal that is aborted already opens nothing', async () => {
    const attempt = openSsh(lab.target(server), asks(), {
      knownHosts: await lab.trusting(server),
      signal: AbortSignal.abort(),
    });
    await assert.rejects(attempt, { code: 'CANCELLED' });
  });

  test('a port where nothing listens is REFUSED and a name without an address is DNS', async () => {
    const target = lab.target({ ...server, port: 1 });
    await assert.rejects(openSsh(target, asks(), { knownHosts: lab.knownHosts() }), {
      code: 'REFUSED',
      phase: 'tcp',
    });
    await assert.rejects(
      openSsh({ ...target, host: 'no-such-host.invalid' }, asks(), { knownHosts: lab.knownHosts() }),
      { code: 'DNS', phase: 'dns' },
    );
  });

  test('a password opens a session on a server without keys, and a wrong one is asked for again', async () => {
    const user = `vlpass${process.pid}`;
    const password = `p-${Math.random()}`;
    execFileSync('useradd', ['--no-create-home', '--shell', '/bin/sh', user]);
    try {
      execFileSync('chpasswd', { input: `${user}:${password}\n` });
      const open = await lab.startServer(['PasswordAuthentication yes', 'PubkeyAuthentication no']);
      const session = await openSsh(
        lab.target(open, { user }),
        asks({ password: ({ attempt }) => Promise.resolve(attempt === 1 ? 'wrong' : password) }),
        { knownHosts: await lab.trusting(open) },
      );
      await session.close();
      await open.kill();
    } finally {
      execFileSync('userdel', [user]);
    }
  });
});
