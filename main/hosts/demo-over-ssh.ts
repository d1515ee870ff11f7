import { createDemoFleet } from '../../drivers/simulator/index.ts';
import { serveSshHere, type SshHere } from '../../drivers/transport/ssh-here.ts';
import { systemSockets } from './libvirt-sockets.ts';

/** Hosts of the demo behind SSH, as real ones are. */
export async function demoOverSsh(names: readonly string[]): Promise<SshHere[]> {
  const fleet = createDemoFleet();
  const [socket] = systemSockets('qemu');
  return Promise.all(
    names.map((name) => {
      const host = fleet.host(name);
      return serveSshHere((path) => (path === socket ? host.openLibvirt() : null));
    }),
  );
}
