import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { virDomainEventID } from '../../../drivers/libvirt/constants/index.ts';
import { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
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

/** For assert.rejects: libvirt's error of that code, with a message like that. */
export const refusedAs = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof LibvirtError);
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

/** Resolves as soon as the host has told `count` lifecycle events. */
export async function lifecycles(client: Awaited<ReturnType<typeof connectHost>>, count: number) {
  const seen: [event: number, detail: number][] = [];
  let done: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  await client.registerDomainEvent(virDomainEventID.VIR_DOMAIN_EVENT_ID_LIFECYCLE, null, (msg) => {
    seen.push([msg.event, msg.detail]);
    if (seen.length === count) done();
  });
  return all.then(() => seen);
}
