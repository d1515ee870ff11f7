import { virConnectListAllNetworksFlags as list, virIPAddrType } from '../../libvirt/constants/index.ts';
import { failure } from '../failures.ts';
import type { HostState } from '../host/host-state.ts';
import { networkRef, networkXml, type Network } from '../host/networks.ts';
import { leasedNics } from './domain-guest.ts';
import type { Handlers } from './table.ts';

const LEASE_SECONDS = 3600;

function listed(network: Network, flags: number): boolean {
  const { VIR_CONNECT_LIST_NETWORKS_ACTIVE: active, VIR_CONNECT_LIST_NETWORKS_INACTIVE: inactive } = list;
  if ((flags & (active | inactive)) === 0) return true;
  return (flags & (network.active ? active : inactive)) !== 0;
}

function leases(host: HostState, network: Network, mac: string | null) {
  if (network.name !== 'default') return [];
  const now = Math.floor(host.now() / 1000);
  return host.machines.flatMap((machine) =>
    leasedNics(machine)
      .filter((nic) => mac === null || nic.mac === mac)
      .map((nic) => ({
        iface: network.bridge,
        expirytime: BigInt(now - (now % LEASE_SECONDS) + LEASE_SECONDS),
        type: virIPAddrType.VIR_IP_ADDR_TYPE_IPV4,
        mac: nic.mac,
        iaid: null,
        ipaddr: nic.address,
        prefix: nic.prefix,
        hostname: machine.spec.name,
        clientid: null,
      })),
  );
}

/** Virtual networks. */
export const networkHandlers: Handlers = {
  connectListAllNetworks: ({ needResults, flags }, { host }) => {
    const nets = host.networks.networks.filter((network) => listed(network, flags));
    return { nets: needResults > 0 ? nets.map(networkRef) : [], ret: nets.length };
  },
  connectNumOfNetworks: (_, { host }) => ({
    num: host.networks.networks.filter(({ active }) => active).length,
  }),
  connectNumOfDefinedNetworks: (_, { host }) => ({
    num: host.networks.networks.filter(({ active }) => !active).length,
  }),
  connectListNetworks: ({ maxnames }, { host }) => ({
    names: host.networks.networks
      .filter(({ active }) => active)
      .slice(0, Math.max(0, maxnames))
      .map(({ name }) => name),
  }),
  connectListDefinedNetworks: ({ maxnames }, { host }) => ({
    names: host.networks.networks
      .filter(({ active }) => !active)
      .slice(0, Math.max(0, maxnames))
      .map(({ name }) => name),
  }),
  networkLookupByName: ({ name }, { host }) => ({ net: networkRef(host.networks.byName(name)) }),
  networkLookupByUuid: ({ uuid }, { host }) => ({ net: networkRef(host.networks.find({ uuid })) }),
  networkGetXmlDesc: ({ net }, { host }) => ({ xml: networkXml(host.networks.find(net)) }),
  networkGetAutostart: ({ net }, { host }) => ({ autostart: host.networks.find(net).autostart ? 1 : 0 }),
  networkSetAutostart: ({ net, autostart }, { host }) => {
    host.networks.find(net).autostart = autostart !== 0;
  },
  networkGetBridgeName: ({ net }, { host }) => ({ name: host.networks.find(net).bridge }),
  networkIsActive: ({ net }, { host }) => ({ active: host.networks.find(net).active ? 1 : 0 }),
  networkIsPersistent: ({ net }, { host }) => {
    host.networks.find(net);
    return { persistent: 1 };
  },
  networkCreate: ({ net }, { host }) => host.networks.setActive(host.networks.find(net), true),
  networkDestroy: ({ net }, { host }) => host.networks.setActive(host.networks.find(net), false),
  networkGetDhcpLeases: ({ net, mac, needResults }, { host }) => {
    const network = host.networks.find(net);
    if (!network.active)
      throw failure(
        'VIR_ERR_OPERATION_INVALID',
        `network '${network.name}' is not active`,
        'VIR_FROM_NETWORK',
      );
    const found = leases(host, network, mac);
    return { leases: needResults > 0 ? found : [], ret: found.length };
  },
  networkListAllPorts: () => ({ ports: [], ret: 0 }),
};
