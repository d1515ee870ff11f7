import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { virNetworkXMLFlags } from '../../drivers/libvirt/constants/network.ts';
import { changedFields } from '../../drivers/libvirt/model/network-difference.ts';
import { readNetwork } from '../../drivers/libvirt/model/network.ts';
import type { NetworkRef as WireNetwork } from '../../drivers/libvirt/protocol/structs.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import { LibvirtError, type CallOptions } from '../../drivers/rpc/errors.ts';
import type { Lease, Network } from '../contract/network.ts';
import { ifSupported } from '../inventory/read.ts';

/** A network as the host has it, without its users. */
export interface NetworkFacts extends Omit<Network, 'host' | 'users'> {
  /** How calls name it. */
  readonly ref: WireNetwork;
}

/** All networks by name; null where the driver has none. A network that goes meanwhile is left out. */
export async function readNetworks(
  client: LibvirtClient,
  options: CallOptions,
): Promise<NetworkFacts[] | null> {
  const listed = await ifSupported(
    client.remote.connectListAllNetworks({ needResults: 1, flags: 0 }, options),
  );
  if (listed === null) return null;
  const networks: NetworkFacts[] = [];
  for (const net of listed.nets) {
    const facts = await unlessGone(readOneNetwork(client, net, options));
    if (facts !== null) networks.push(facts);
  }
  return networks.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** One network: what its definition says, and whether that is what runs. @throws LibvirtError, LinkError */
export async function readOneNetwork(
  { remote }: LibvirtClient,
  net: WireNetwork,
  options: CallOptions,
): Promise<NetworkFacts> {
  const [{ active }, { persistent }, { autostart }, now] = await Promise.all([
    remote.networkIsActive({ net }, options),
    remote.networkIsPersistent({ net }, options),
    remote.networkGetAutostart({ net }, options).catch(ofTransient),
    remote.networkGetXmlDesc({ net, flags: 0 }, options),
  ]);
  const running = readNetwork(now.xml);
  let definition = running;
  if (active === 1 && persistent === 1) {
    const flags = virNetworkXMLFlags.VIR_NETWORK_XML_INACTIVE;
    definition = readNetwork((await remote.networkGetXmlDesc({ net, flags }, options)).xml);
  }
  const { uuid: _uuid, ...spec } = definition;
  return {
    ...spec,
    uuid: uuidToString(net.uuid),
    active: active === 1,
    persistent: persistent === 1,
    autostart: autostart === 1,
    changesPending: changedFields(running, definition).size > 0,
    ref: net,
  };
}

/** A network without a definition has no autostart, and libvirt says so by an error. */
function ofTransient(error: unknown): { autostart: number } {
  if (error instanceof LibvirtError) return { autostart: 0 };
  throw error;
}

/** Null when the object has gone since it was listed. */
export async function unlessGone<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof LibvirtError && GONE.has(error.code)) return null;
    throw error;
  }
}

const GONE = new Set([
  'VIR_ERR_NO_NETWORK',
  'VIR_ERR_NO_NWFILTER',
  'VIR_ERR_NO_INTERFACE',
  'VIR_ERR_NO_NODE_DEVICE',
  'VIR_ERR_NO_DOMAIN',
]);

/** What its DHCP server has given out, by address; empty where the driver does not tell. */
export async function readLeases(
  { remote }: LibvirtClient,
  net: WireNetwork,
  options: CallOptions,
): Promise<Lease[]> {
  try {
    const reply = await remote.networkGetDhcpLeases({ net, mac: null, needResults: 1, flags: 0 }, options);
    return reply.leases
      .map(({ mac, ipaddr, prefix, hostname, clientid, expirytime }) => ({
        mac: mac?.toLowerCase() ?? null,
        ip: ipaddr,
        prefix,
        hostname,
        clientId: clientid,
        expiresAt: expirytime > 0n ? Number(expirytime) * 1000 : null,
      }))
      .toSorted((a, b) => (a.ip < b.ip ? -1 : 1));
  } catch (error) {
    // It has been stopped in this moment, or has no server after all.
    if (error instanceof LibvirtError) return [];
    throw error;
  }
}
