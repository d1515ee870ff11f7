import type { TestContext } from 'node:test';
import { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import {
  createDemoFleet,
  type DemoFleetOptions,
  type SimulatedHost,
} from '../../../drivers/simulator/index.ts';

/** A fleet and a client of its first host, both closed when the test is over. */
export async function connectFleet(context: TestContext, options: DemoFleetOptions = {}) {
  const fleet = createDemoFleet({ seed: 5, ...options });
  const host = fleet.hosts[0];
  if (host === undefined) throw new Error('a fleet without hosts');
  const client = await connectHost(host);
  context.after(async () => {
    await client.close();
    fleet.close();
  });
  return { fleet, host, client };
}

export function connectHost(host: SimulatedHost): Promise<LibvirtClient> {
  return LibvirtClient.connect(host.openLibvirt(), { uri: 'qemu:///system', keepalive: null });
}

export async function lookUp(client: LibvirtClient, name: string): Promise<DomainRef> {
  return (await client.remote.domainLookupByName({ name })).dom;
}
