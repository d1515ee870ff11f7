import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openSsh } from '../../drivers/transport/ssh.ts';
import { asks, openLab, skipReason, until, type SshLab, type TestServer } from './ssh-transport-lab.ts';

describe('SSH through jumps', { skip: skipReason }, () => {
  let lab: SshLab;
  let bastion: TestServer;
  let inner: TestServer;
  before(async () => {
    lab = await openLab();
    bastion = await lab.startServer();
    inner = await lab.startServer();
  });
  after(() => lab.close());

  test('each hop shows its own key and the far end is reached', async () => {
    const where = path.join(lab.folder, 'sock');
    const echo = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(where, resolve));
    const shown: number[] = [];
    const session = await openSsh(
      lab.target(inner, { jumps: [lab.target(bastion, { alias: 'bastion' })] }),
      asks({
        hostKey: (question) => {
          shown.push(question.port);
          return Promise.resolve('once');
        },
      }),
      { knownHosts: lab.knownHosts() },
    );
    assert.deepEqual(shown, [bastion.port, inner.port]);
    const channel = await session.openUnix(where);
    channel.write('through');
    const [chunk] = (await channel.take(1).toArray()) as Buffer[];
    assert.equal(chunk?.toString(), 'through');
    await session.close();
    assert.equal(await session.closed, undefined);
    echo.close();
  });

  test('a failure behind the jump leaves no connection to the jump', async () => {
    const target = lab.target({ ...inner, port: 1 }, { jumps: [lab.target(bastion)] });
    await assert.rejects(openSsh(target, asks(), { knownHosts: await lab.trusting(bastion) }), {
      code: 'REFUSED',
    });
    await until('the bastion serves nobody', () => established(bastion.port) === 0);
  });

  test('closing the far end closes the jump too', async () => {
    const session = await openSsh(lab.target(inner, { jumps: [lab.target(bastion)] }), asks(), {
      knownHosts: await lab.trusting(bastion, inner),
    });
    assert.equal(established(bastion.port), 1);
    await session.close();
    await until('the bastion serves nobody', () => established(bastion.port) === 0);
  });

  test('the loss of the jump ends the session with CLOSED', async () => {
    const dying = await lab.startServer();
    const session = await openSsh(lab.target(inner, { jumps: [lab.target(dying)] }), asks(), {
      knownHosts: await lab.trusting(dying, inner),
    });
    await dying.kill();
    const reason = await session.closed;
    assert.equal((reason as { code?: string } | undefined)?.code, 'CLOSED');
  });
});

/** Connections of this process to a port. */
function established(port: number): number {
  const lines = execFileSync('ss', ['-Htnp', 'state', 'established', `dport = :${port}`], {
    encoding: 'utf8',
  });
  return lines.split('\n').filter((line) => line.includes(`pid=${process.pid},`)).length;
}

describe('SSH agent', { skip: skipReason }, () => {
  let lab: SshLab;
  let server: TestServer;
  let agent: ChildProcess;
  let socket: string;
  before(async () => {
    lab = await openLab();
    server = await lab.startServer(['MaxAuthTries 3']);
    socket = path.join(lab.folder, 'agent');
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    await until('the agent answers', () => add() || true);
  });
  after(async () => {
    agent.kill();
    await lab.close();
  });

  function add(...files: string[]): boolean {
    try {
      execFileSync('ssh-add', ['-q', ...files], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: 'pipe',
      });
      return true;
    } catch (error) {
      if (files.length > 0) throw error;
      return false;
    }
  }

  for (const type of ['ed25519', 'ecdsa', 'rsa']) {
    test(`a key of the agent (${type}) opens a session`, async () => {
      add(await lab.newKey(`agent-${type}`, { type, authorize: true }));
      const session = await openSsh(
        lab.target(server, { keyFiles: [], identitiesOnly: false, identityAgent: socket }),
        asks(),
        { knownHosts: await lab.trusting(server) },
      );
      await session.close();
      execFileSync('ssh-add', ['-q', '-D'], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: 'pipe',
      });
    });
  }

  test('IdentitiesOnly offers only the configured key of a full agent, found by its public half', async () => {
    for (let n = 0; n < 5; n++) add(await lab.newKey(`full-${n}`));
    const wanted = await lab.newKey('wanted', { authorize: true });
    add(wanted);
    const only = lab.target(server, { keyFiles: [`${wanted}.pub`], identityAgent: socket });
    const session = await openSsh(only, asks(), { knownHosts: await lab.trusting(server) });
    await session.close();
  });

  test('a chosen file is offered before the keys of a full agent, even one that is locked', async () => {
    const chosen = await lab.newKey('chosen', { passphrase: 'open sesame', authorize: true });
    const session = await openSsh(
      lab.target(server, {
        keyFiles: [chosen],
        chosenKeyFile: chosen,
        identitiesOnly: false,
        identityAgent: socket,
      }),
      asks({ passphrase: () => Promise.resolve('open sesame') }),
      { knownHosts: await lab.trusting(server) },
    );
    await session.close();
  });

  test('an agent that is not there is named when nothing else lets us in', async () => {
    const target = lab.target(server, { keyFiles: [], identityAgent: path.join(lab.folder, 'no-agent') });
    await assert.rejects(openSsh(target, asks(), { knownHosts: await lab.trusting(server) }), {
      code: 'AUTH_FAILED',
      detail: /no-agent does not answer/,
    });
  });
});
