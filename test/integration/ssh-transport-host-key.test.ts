import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TransportError } from '../../drivers/transport/errors.ts';
import { KnownHosts } from '../../drivers/transport/known-hosts.ts';
import { openSsh } from '../../drivers/transport/ssh.ts';
import type { HostKeyQuestion } from '../../drivers/transport/ssh-target.ts';
import { asks, openLab, skipReason, type SshLab, type TestServer } from './ssh-transport-lab.ts';

/** The fingerprint as OpenSSH's own tool prints it. */
function toolFingerprint(file: string): string {
  return execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' }).split(' ')[1] ?? '';
}

describe('SSH host keys', { skip: skipReason }, () => {
  let lab: SshLab;
  let server: TestServer;
  before(async () => {
    lab = await openLab();
    server = await lab.startServer([], ['ed25519', 'rsa']);
  });
  after(() => lab.close());

  /** Logs in once with an answer and gives back the questions. */
  async function login(answer: 'always' | 'once' | 'no', knownHosts: KnownHosts): Promise<HostKeyQuestion[]> {
    const questions: HostKeyQuestion[] = [];
    const session = await openSsh(
      lab.target(server),
      asks({
        hostKey: (question) => {
          questions.push(question);
          return Promise.resolve(answer);
        },
      }),
      { knownHosts },
    );
    await session.close();
    return questions;
  }

  test('an unknown key is shown with the fingerprint that ssh-keygen prints', async () => {
    const [question] = await login('once', lab.knownHosts('shown'));
    assert.equal(question?.fingerprint, toolFingerprint(server.hostKeyFile));
    assert.equal(question?.keyType, 'ssh-ed25519');
    assert.equal(question?.host, '127.0.0.1');
    assert.equal(question?.port, server.port);
  });

  test('a key accepted once is asked for again', async () => {
    const knownHosts = lab.knownHosts('once');
    assert.equal((await login('once', knownHosts)).length, 1);
    assert.equal((await login('once', knownHosts)).length, 1);
  });

  test('a key accepted always is kept in a private file that OpenSSH can read, and not asked for again', async () => {
    const file = path.join(lab.folder, 'always');
    assert.equal((await login('always', lab.knownHosts('always'))).length, 1);
    assert.equal((await login('no', lab.knownHosts('always'))).length, 0);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const found = execFileSync('ssh-keygen', ['-F', `[127.0.0.1]:${server.port}`, '-f', file], {
      encoding: 'utf8',
    });
    assert.match(found, /ssh-ed25519/);
  });

  test('a key that is not accepted is HOST_KEY_REFUSED', async () => {
    await assert.rejects(login('no', lab.knownHosts('refused')), {
      name: 'TransportError',
      code: 'HOST_KEY_REFUSED',
    });
  });

  for (const answer of ['always', 'no'] as const)
    test(`an answer (${answer}) that comes after the server gave up waiting harms nothing`, async () => {
      const impatient = await lab.startServer(['LoginGraceTime 1']);
      let reply: (answer: 'always' | 'no') => void = () => undefined;
      const hostKey = () => new Promise<'always' | 'no'>((answered) => (reply = answered));
      const options = { knownHosts: lab.knownHosts(`late-${answer}`) };
      await assert.rejects(openSsh(lab.target(impatient), asks({ hostKey }), options), { code: 'CLOSED' });
      reply(answer);
      // A rejection that nobody handles would come in this turn, and end the core.
      await new Promise((resolve) => setImmediate(resolve));
    });

  test('a changed key is refused without a question, with both fingerprints and the place of the known one', async () => {
    const other = await lab.newKey('other-host-key');
    const [type, key] = (await readFile(`${other}.pub`, 'utf8')).split(' ');
    const file = path.join(lab.folder, 'changed');
    await writeFile(file, `# a comment\n[127.0.0.1]:${server.port} ${type} ${key}\n`);
    const knownHosts = new KnownHosts({ ownFile: null, readFiles: [file] });
    await assert.rejects(login('always', knownHosts), (error) => {
      assert.ok(error instanceof TransportError);
      assert.equal(error.code, 'HOST_KEY_CHANGED');
      assert.deepEqual(error.hostKey, {
        known: [toolFingerprint(other)],
        offered: toolFingerprint(server.hostKeyFile),
        keyType: 'ssh-ed25519',
        knownIn: `${file}:2`,
      });
      return true;
    });
  });

  test('a server with two keys is known by either of them', async () => {
    const file = path.join(lab.folder, 'rsa-only');
    const rsa = server.hostKeyFile.replace('ed25519', 'rsa');
    const [type, key] = (await readFile(`${rsa}.pub`, 'utf8')).split(' ');
    await writeFile(file, `[127.0.0.1]:${server.port} ${type} ${key}\n`);
    const knownHosts = new KnownHosts({ ownFile: null, readFiles: [file] });
    assert.equal((await login('no', knownHosts)).length, 0);
  });

  test('a file hashed by ssh-keygen is read', async () => {
    const file = path.join(lab.folder, 'hashed');
    const [type, key] = (await readFile(`${server.hostKeyFile}.pub`, 'utf8')).split(' ');
    await writeFile(file, `[127.0.0.1]:${server.port} ${type} ${key}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    await rm(`${file}.old`);
    assert.match(await readFile(file, 'utf8'), /^\|1\|/);
    const knownHosts = new KnownHosts({ ownFile: null, readFiles: [file] });
    assert.equal((await login('no', knownHosts)).length, 0);
  });
});
