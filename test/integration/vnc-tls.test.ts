import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { dialUnix } from '../../drivers/transport/dial-unix.ts';
import { ByteReader } from '../../main/consoles/byte-reader.ts';
import { prepareRfb } from '../../main/consoles/rfb-handshake.ts';
import { until } from '../support/wait.ts';

const run = promisify(execFile);
const never = new AbortController().signal;
const QEMU = 'qemu-system-x86_64';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** A certificate of its own authority, under the names that QEMU looks for (qemu(1), tls-creds-x509). */
async function makeCertificates(dir: string): Promise<void> {
  const openssl = (line: string) => run('openssl', words(line), { cwd: dir });
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  await openssl(`req -x509 ${key} -subj /CN=authority.example -days 2 -keyout ca-key.pem -out ca-cert.pem`);
  await openssl(`req ${key} -subj /CN=kvm.example -keyout server-key.pem -out server.csr`);
  const extensions = 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n';
  await writeFile(path.join(dir, 'server.ext'), extensions);
  await openssl(
    `x509 -req -in server.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 2
     -extfile server.ext -out server-cert.pem`,
  );
}

suite('VNC of a real QEMU that demands TLS', { timeout: 120_000 }, () => {
  let dir: string;
  let running: ChildProcess[] = [];

  before(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-vnc-'));
    await makeCertificates(dir);
  });
  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    running = [];
    await rm(dir, { recursive: true });
  });

  async function startQemu(name: string, vnc: string, verify = 'no'): Promise<string> {
    const socket = path.join(dir, `${name}.sock`);
    const child = spawn(
      QEMU,
      words(
        `-machine q35,accel=tcg -nodefaults -S -device VGA -display none
         -object tls-creds-x509,id=tls0,dir=${dir},endpoint=server,verify-peer=${verify}
         -object secret,id=pw,data=secret12 -vnc unix:${socket},${vnc}`,
      ),
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    running.push(child);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('exit', (code) => (said += ` (exit code ${code})`));
    await until(async () => {
      assert.equal(child.exitCode, null, said);
      const stream = await dialUnix(socket)();
      stream.destroy();
      return true;
    }, 'QEMU’s VNC socket');
    return socket;
  }

  test('without a password (260): the viewer sees type None and the desktop', async () => {
    const socket = await startQemu('plain', 'tls-creds=tls0');
    const viewer = await prepareRfb(await dialUnix(socket)());
    const reader = new ByteReader(viewer, never);
    assert.equal((await reader.read(12)).toString(), 'RFB 003.008\n');
    viewer.write('RFB 003.008\n');
    assert.deepEqual([...(await reader.read(2))], [1, 1]);
    viewer.write(Buffer.from([1]));
    assert.equal((await reader.read(4)).readUInt32BE(), 0);
    viewer.write(Buffer.from([1]));
    const init = await reader.read(24);
    assert.ok(init.readUInt16BE(0) > 0 && init.readUInt16BE(2) > 0);
    viewer.destroy();
  });

  test('with a password (261): the viewer sees type VNC and gets the challenge', async () => {
    const socket = await startQemu('password', 'tls-creds=tls0,password-secret=pw');
    const viewer = await prepareRfb(await dialUnix(socket)());
    const reader = new ByteReader(viewer, never);
    assert.equal((await reader.read(12)).toString(), 'RFB 003.008\n');
    viewer.write('RFB 003.008\n');
    assert.deepEqual([...(await reader.read(2))], [1, 2]);
    viewer.write(Buffer.from([2]));
    assert.equal((await reader.read(16)).length, 16);
    viewer.write(Buffer.alloc(16));
    assert.equal((await reader.read(4)).readUInt32BE(), 1);
    viewer.destroy();
  });

  test('with a certificate demanded of the viewer: it says so', async () => {
    const socket = await startQemu('verify', 'tls-creds=tls0', 'yes');
    await assert.rejects(prepareRfb(await dialUnix(socket)()), /demand a certificate of its viewers/);
  });
});
