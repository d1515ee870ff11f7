import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { KnownHosts } from '../../../drivers/transport/known-hosts.ts';
import { openSsh } from '../../../drivers/transport/ssh.ts';
import type { SshSession } from '../../../drivers/transport/ssh-session.ts';
import type { SshHere } from '../../../drivers/transport/ssh-here.ts';
import { demoOverSsh } from '../../../main/hosts/demo-over-ssh.ts';
import { newKey } from '../../support/ssh-keys.ts';

const never = (): Promise<null> => Promise.resolve(null);

describe('hosts of the demo behind SSH', () => {
  let dir: string;
  let hosts: SshHere[];
  before(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-here-'));
    hosts = await demoOverSsh(['kvm-a', 'kvm-b']);
  });
  after(async () => {
    for (const host of hosts) host.close();
    await rm(dir, { recursive: true });
  });

  const logIn = async (index: number, privateKey = hosts[index]?.privateKey ?? ''): Promise<SshSession> => {
    const keyFile = path.join(dir, 'key');
    await writeFile(keyFile, privateKey, { mode: 0o600 });
    const target = {
      alias: 'here',
      host: '127.0.0.1',
      port: hosts[index]?.port ?? 0,
      user: 'root',
      keyFiles: [keyFile],
      identitiesOnly: true,
      identityAgent: null,
      jumps: [],
    };
    const asks = {
      hostKey: () => Promise.resolve('once' as const),
      password: never,
      passphrase: never,
      keyboardInteractive: never,
    };
    return openSsh(target, asks, { knownHosts: new KnownHosts({ ownFile: null, readFiles: [] }) });
  };

  test('each answers for itself at the socket of libvirt', async () => {
    for (const [index, name] of ['kvm-a.demo', 'kvm-b.demo'].entries()) {
      const session = await logIn(index);
      const duplex = await session.openUnix('/run/libvirt/libvirt-sock');
      const client = await LibvirtClient.connect(duplex, { uri: 'qemu:///system', keepalive: null });
      assert.equal((await client.remote.connectGetHostname()).hostname, name);
      await client.close();
      await session.close();
    }
  });

  test('they have no other socket and no programs', async () => {
    const session = await logIn(0);
    await assert.rejects(session.openUnix('/run/other'), { code: 'NO_SUCH_SOCKET' });
    await assert.rejects(session.exec(['true'], { signal: new AbortController().signal }));
    await session.close();
  });

  test('a key of somebody else does not log in', async () => {
    await assert.rejects(logIn(0, newKey().private), { code: 'AUTH_FAILED' });
  });
});
