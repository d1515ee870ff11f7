import type { Duplex } from 'node:stream';
import { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { openSsh } from '../../drivers/transport/ssh.ts';
import type { SshSession } from '../../drivers/transport/ssh-session.ts';
import type { Lab } from '../lab/lab.ts';

const never = (): Promise<null> => Promise.resolve(null);

/** Logs in to a host of the lab with its key, accepting the key that the lab gave it. */
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
      hostKey: () => Promise.resolve('once'),
      password: never,
      passphrase: never,
      keyboardInteractive: never,
    },
  );
}

/** A client of the QEMU driver over any stream. */
export async function openClient(duplex: Duplex, uri = 'qemu:///system'): Promise<LibvirtClient> {
  return LibvirtClient.connect(duplex, { uri, keepalive: null });
}
