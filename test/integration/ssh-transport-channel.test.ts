import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { TransportError } from '../../drivers/transport/errors.ts';
import { openSsh } from '../../drivers/transport/ssh.ts';
import type { SshSession } from '../../drivers/transport/ssh-session.ts';
import { asks, openLab, skipReason, until, type SshLab, type TestServer } from './ssh-transport-lab.ts';

async function listen(server: Server, where: string | number): Promise<void> {
  await new Promise<void>((resolve) =>
    typeof where === 'string' ? server.listen(where, resolve) : server.listen(where, '127.0.0.1', resolve),
  );
}

/** Reads a number of bytes. */
async function read(stream: Duplex, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let got = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer);
    got += (chunk as Buffer).length;
    if (got >= length) break;
  }
  return Buffer.concat(chunks);
}

describe('SSH channels', { skip: skipReason }, () => {
  let lab: SshLab;
  let server: TestServer;
  let session: SshSession;
  let socketPath: string;
  const sockets = new Set<Socket>();
  const echo = createServer((socket) => {
    sockets.add(socket);
    socket.pipe(socket);
    socket.on('error', () => undefined);
  });
  before(async () => {
    lab = await openLab();
    server = await lab.startServer();
    session = await openSsh(lab.target(server), asks(), { knownHosts: await lab.trusting(server) });
    socketPath = path.join(lab.folder, 'libvirt-sock');
    await listen(echo, socketPath);
  });
  after(async () => {
    await session.close();
    for (const socket of sockets) socket.destroy();
    echo.close();
    await lab.close();
  });

  test('a unix socket of the host echoes', async () => {
    const channel = await session.openUnix(socketPath);
    channel.write('hello');
    assert.equal((await read(channel, 5)).toString(), 'hello');
    channel.destroy();
  });

  test('8 MiB come back unchanged through a slow reader, and the writer is held meanwhile', async () => {
    const channel = await session.openUnix(socketPath);
    const sent = randomBytes(8 * 1024 * 1024);
    let written = false;
    channel.write(sent, () => (written = true));
    channel.end();
    await until('bytes arrive', () => channel.readableLength > 0);
    // Nobody reads: the windows of SSH on both ways fill up long before 8 MiB.
    await until('the reader holds', () => channel.readableLength >= channel.readableHighWaterMark);
    // Another channel of the login goes round so often that the rest would have come meanwhile.
    const other = await session.openUnix(socketPath);
    for (let round = 0; round < 100; round += 1) {
      other.write('ping');
      await read(other, 4);
    }
    other.destroy();
    assert.ok(channel.readableLength < 1024 * 1024, `${channel.readableLength} bytes wait`);
    assert.equal(written, false);
    assert.ok((await read(channel, sent.length)).equals(sent));
    assert.equal(written, true);
  });

  test('the end of the host ends the channel and frees it', async () => {
    const ending = createServer((socket) => socket.end('bye'));
    const where = path.join(lab.folder, 'ending');
    await listen(ending, where);
    const channel = await session.openUnix(where);
    const closed = new Promise((resolve) => channel.once('close', resolve));
    assert.equal((await read(channel, 100)).toString(), 'bye');
    await closed;
    assert.equal(channel.errored, null);
    ending.close();
  });

  test('destroying the channel closes the connection on the host', async () => {
    let gone = false;
    const watching = createServer((socket) => {
      socket.on('close', () => (gone = true));
      socket.on('error', () => undefined);
      socket.resume();
    });
    const where = path.join(lab.folder, 'watching');
    await listen(watching, where);
    const channel = await session.openUnix(where);
    channel.destroy();
    await until('the host sees it', () => gone);
    watching.close();
  });

  test('a TCP port of the host echoes, and one where nothing listens is REFUSED', async () => {
    const tcp = createServer((socket) => socket.pipe(socket));
    await listen(tcp, 0);
    const address = tcp.address();
    assert.ok(address !== null && typeof address === 'object');
    const channel = await session.openTcp('127.0.0.1', address.port);
    channel.write('hello');
    assert.equal((await read(channel, 5)).toString(), 'hello');
    channel.destroy();
    tcp.close();
    await assert.rejects(session.openTcp('127.0.0.1', 1), { code: 'REFUSED' });
  });

  test('a missing socket is NO_SUCH_SOCKET and says what to look for', async () => {
    await assert.rejects(session.openUnix('/run/libvirt-not-here/libvirt-sock'), {
      code: 'NO_SUCH_SOCKET',
      message:
        'There is no /run/libvirt-not-here/libvirt-sock on lab. Is libvirt installed, and does libvirtd or virtqemud run there?',
    });
  });

  test('a socket that nobody listens on any more is NO_SUCH_SOCKET', async () => {
    const stale = path.join(lab.folder, 'stale-libvirt-sock');
    // Bound, and never listened on.
    execFileSync('python3', [
      '-c',
      'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])',
      stale,
    ]);
    await assert.rejects(session.openUnix(stale), {
      code: 'NO_SUCH_SOCKET',
      message: /^Nothing listens on /,
    });
  });

  test('a file that is no socket is NO_SUCH_SOCKET', async () => {
    await assert.rejects(session.openUnix(lab.keyFile), {
      code: 'NO_SUCH_SOCKET',
      message: /is not a socket$/,
    });
  });

  test('a signal ends the wait for a channel', async () => {
    await assert.rejects(session.openUnix(socketPath, AbortSignal.abort()), { code: 'CANCELLED' });
  });

  test('forwarding to sockets switched off is FORWARDING_DISABLED', async () => {
    const strict = await lab.startServer(['AllowStreamLocalForwarding no', 'AllowTcpForwarding no']);
    const other = await openSsh(lab.target(strict), asks(), { knownHosts: await lab.trusting(strict) });
    await assert.rejects(other.openUnix(socketPath), {
      code: 'FORWARDING_DISABLED',
      message: /AllowStreamLocalForwarding/,
    });
    await assert.rejects(other.openTcp('127.0.0.1', 1), { code: 'FORWARDING_DISABLED' });
    await other.close();
  });

  describe('as a user without rights', () => {
    const user = `vltest${process.pid}`;
    let limited: SshSession;
    before(async () => {
      execFileSync('useradd', ['--no-create-home', '--shell', '/bin/sh', user]);
      // Debian locks a new account (`!`); `*` keeps the password off and lets keys in without PAM.
      execFileSync('usermod', ['-p', '*', user]);
      limited = await openSsh(lab.target(server, { user }), asks(), {
        knownHosts: await lab.trusting(server),
      });
    });
    after(async () => {
      await limited.close();
      await until('the login is over', () => removeUser(user));
    });

    test('a socket that may not be written is PERMISSION and says what to do', async () => {
      await chmod(socketPath, 0o600);
      await assert.rejects(limited.openUnix(socketPath), (error) => {
        assert.ok(error instanceof TransportError);
        assert.equal(error.code, 'PERMISSION');
        assert.match(error.message, new RegExp(`${user} may not open .*usermod -aG libvirt ${user}`));
        return true;
      });
    });

    test('a socket in a folder that may not be entered is PERMISSION', async () => {
      const folder = path.join(lab.folder, 'closed');
      await mkdir(folder, { mode: 0o700 });
      await writeFile(path.join(folder, 'x'), '');
      await assert.rejects(limited.openUnix(path.join(folder, 'libvirt-sock')), { code: 'PERMISSION' });
    });

    test('without a shell SFTP tells what it can', async () => {
      const silent = await lab.startServer(['ForceCommand /bin/false']);
      const other = await openSsh(lab.target(silent, { user }), asks(), {
        knownHosts: await lab.trusting(silent),
      });
      await assert.rejects(other.openUnix('/run/libvirt-not-here/libvirt-sock'), {
        code: 'NO_SUCH_SOCKET',
        message: /could not be opened/,
      });
      await other.close();
      const sftpOnly = await lab.startServer(['ForceCommand internal-sftp']);
      const third = await openSsh(lab.target(sftpOnly, { user }), asks(), {
        knownHosts: await lab.trusting(sftpOnly),
      });
      await assert.rejects(third.openUnix('/run/libvirt-not-here/libvirt-sock'), {
        code: 'NO_SUCH_SOCKET',
        message: /^There is no /,
      });
      await third.close();
    });
  });
});

function removeUser(user: string): boolean {
  try {
    execFileSync('userdel', [user], { stdio: 'ignore' });
    return true;
  } catch {
    // userdel refuses while a process of the user runs.
    return false;
  }
}

describe('a lost SSH link', { skip: skipReason }, () => {
  test('ends the session once with CLOSED, fails its channels and refuses new ones', async () => {
    const lab = await openLab();
    const server = await lab.startServer();
    const session = await openSsh(lab.target(server), asks(), { knownHosts: await lab.trusting(server) });
    const where = path.join(lab.folder, 'sock');
    const echo = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    await listen(echo, where);
    const channel = await session.openUnix(where);
    const failed = new Promise<Error>((resolve) => channel.once('error', resolve));
    await server.kill();
    const reason = await session.closed;
    assert.ok(reason instanceof TransportError);
    assert.equal(reason.code, 'CLOSED');
    assert.equal(await failed, reason);
    await assert.rejects(session.openUnix(where), { code: 'CLOSED' });
    await session.close();
    echo.close();
    await lab.close();
  });

  test('a host that does not answer any more is noticed by keepalive', async () => {
    const lab = await openLab();
    const server = await lab.startServer();
    const session = await openSsh(lab.target(server), asks(), {
      knownHosts: await lab.trusting(server),
      keepalive: { intervalMs: 100, count: 2 },
    });
    await server.freeze();
    const reason = await session.closed;
    assert.ok(reason instanceof TransportError);
    assert.equal(reason.message, 'lab does not answer any more');
    await lab.close();
  });
});
