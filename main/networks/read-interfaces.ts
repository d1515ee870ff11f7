import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { virConnectListAllNodeDeviceFlags } from '../../drivers/libvirt/constants/node-device.ts';
import {
  readInterface as parseInterface,
  readNetDevice,
  readVirtualFunctions,
  type InterfaceModel,
  type NetDeviceModel,
} from '../../drivers/libvirt/model/interface.ts';
import { LibvirtError, type CallOptions } from '../../drivers/rpc/errors.ts';
import type { HostInterface } from '../contract/network.ts';
import { inPool } from '../inventory/pool.ts';
import { ifSupported } from '../inventory/read.ts';
import { unlessGone } from './read-networks.ts';

/** Calls at one time: one of the five that a connection is served is left for others. */
const IN_FLIGHT = 4;

/** A device, and where the host says so, its addresses. */
export interface InterfaceFacts extends Omit<HostInterface, 'network'> {
  readonly addresses: InterfaceModel['addresses'];
}

/** The host's network devices by name; loopback is left out. Null where the driver tells of none. */
export async function readInterfaces(
  client: LibvirtClient,
  options: CallOptions,
): Promise<InterfaceFacts[] | null> {
  const [devices, interfaces] = await Promise.all([
    readDevices(client, options),
    readConfigured(client, options),
  ]);
  if (devices === null && interfaces === null) return null;
  return joined(devices ?? [], interfaces ?? []);
}

/** One device by its name; null when there is none, or the driver does not tell. */
async function readInterface(
  { remote }: LibvirtClient,
  name: string,
  options: CallOptions,
): Promise<InterfaceFacts | null> {
  const known = await ifAnswered(
    remote
      .interfaceLookupByName({ name }, options)
      .then(({ iface }) => remote.interfaceGetXmlDesc({ iface, flags: 0 }, options)),
  );
  return known === null ? null : (joined([], [parseInterface(known.xml)])[0] ?? null);
}

/** The same with those of the names, which are looked up where the list does not have them: on a host without udev it is not complete. */
export async function readInterfacesWith(
  client: LibvirtClient,
  names: readonly string[],
  options: CallOptions,
): Promise<InterfaceFacts[] | null> {
  const listed = await readInterfaces(client, options);
  if (listed === null) return null;
  const found = [...listed];
  for (const name of new Set(names)) {
    if (listed.some((one) => one.name === name)) continue;
    const one = await readInterface(client, name, options);
    if (one !== null) found.push(one);
  }
  return found;
}

interface Device extends NetDeviceModel {
  readonly virtualFunctions: HostInterface['virtualFunctions'];
}

async function readDevices(client: LibvirtClient, options: CallOptions): Promise<Device[] | null> {
  const { remote } = client;
  const flags = virConnectListAllNodeDeviceFlags.VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET;
  const listed = await ifSupported(remote.connectListAllNodeDevices({ needResults: 1, flags }, options));
  if (listed === null) return null;
  const found: Device[] = [];
  await inPool(listed.devices, IN_FLIGHT, async ({ name }) => {
    const reply = await unlessGone(remote.nodeDeviceGetXmlDesc({ name, flags: 0 }, options));
    const device = reply === null ? null : readNetDevice(reply.xml);
    if (device !== null)
      found.push({ ...device, virtualFunctions: await functionsOf(client, device, options) });
  });
  return found;
}

async function functionsOf(
  { remote }: LibvirtClient,
  { parent }: NetDeviceModel,
  options: CallOptions,
): Promise<HostInterface['virtualFunctions']> {
  if (parent?.startsWith('pci_') !== true) return null;
  const reply = await unlessGone(remote.nodeDeviceGetXmlDesc({ name: parent, flags: 0 }, options));
  return reply === null ? null : readVirtualFunctions(reply.xml);
}

async function readConfigured(
  { remote }: LibvirtClient,
  options: CallOptions,
): Promise<InterfaceModel[] | null> {
  const listed = await ifAnswered(remote.connectListAllInterfaces({ needResults: 1, flags: 0 }, options));
  if (listed === null) return null;
  const found: InterfaceModel[] = [];
  await inPool(listed.ifaces, IN_FLIGHT, async (iface) => {
    const reply = await ifAnswered(remote.interfaceGetXmlDesc({ iface, flags: 0 }, options));
    if (reply !== null) found.push(parseInterface(reply.xml));
  });
  return found;
}

/** The interface driver is built in several ways, and refuses in as many: then the node devices tell what there is. */
async function ifAnswered<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof LibvirtError) return null;
    throw error;
  }
}

function joined(devices: readonly Device[], interfaces: readonly InterfaceModel[]): InterfaceFacts[] {
  const names = new Set([...devices, ...interfaces].map(({ name }) => name));
  names.delete('lo');
  return [...names].toSorted().map((name): InterfaceFacts => {
    const device = devices.find((one) => one.name === name);
    const known = interfaces.find((one) => one.name === name);
    return {
      name,
      mac: device?.mac ?? known?.mac ?? null,
      kind: kindOf(device, known),
      up: device?.up ?? known?.up ?? null,
      speedMbps: device?.speedMbps ?? null,
      virtualFunctions: device?.virtualFunctions ?? null,
      bridge:
        interfaces.find(({ type, members }) => type === 'bridge' && members.includes(name))?.name ?? null,
      addresses: known?.addresses ?? [],
    };
  });
}

function kindOf(device: Device | undefined, known: InterfaceModel | undefined): HostInterface['kind'] {
  const type = known?.type;
  if (type === 'bridge' || type === 'bond' || type === 'vlan') return type;
  if (device === undefined) return type === 'ethernet' ? 'ethernet' : 'other';
  return device.parent === 'computer' ? 'virtual' : 'ethernet';
}
