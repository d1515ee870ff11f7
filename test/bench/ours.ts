import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { KnownHosts } from '../../drivers/transport/known-hosts.ts';
import { openSsh } from '../../drivers/transport/ssh.ts';
import type { SshSession } from '../../drivers/transport/ssh-session.ts';
import { createCore, type Core } from '../../main/service/core.ts';
import type { Lab } from '../lab/lab.ts';

const never = (): Promise<null> => Promise.resolve(null);

/** Logs in to a host of the lab with the lab's key; the host's own is known. */
export async function sshToLab(lab: Lab, host: number): Promise<SshSession> {
  const address = lab.address(host);
  return openSsh(
    {
      alias: address,
      host: address,
      port: 22,
      user: 'root',
      keyFiles: [lab.keyFile],
      identitiesOnly: true,
      identityAgent: null,
      jumps: [],
    },
    {
      hostKey: () => Promise.resolve('no'),
      password: never,
      passphrase: never,
      keyboardInteractive: never,
    },
    { knownHosts: new KnownHosts({ ownFile: null, readFiles: [lab.knownHosts] }) },
  );
}

/** A client of the QEMU driver over any stream. */
export async function openClient(duplex: Duplex, uri = 'qemu:///system'): Promise<LibvirtClient> {
  return LibvirtClient.connect(duplex, { uri, keepalive: null });
}

/** A core without saved hosts that keeps nothing. */
export async function benchCore(): Promise<Core> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-bench-'));
  const core = await createCore({ dataDir, shell: 'test', version: 'bench', transient: true });
  return {
    ...core,
    close: async () => {
      await core.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
