import {
  virConnectListAllNetworksFlags as list,
  virIPAddrType,
  virNetworkXMLFlags,
} from '../../libvirt/constants/index.ts';
import { readNetwork } from '../../libvirt/model/network.ts';
import type { HostState } from '../host/host-state.ts';
import { modelOf, networkRef, type Network } from '../host/networks.ts';
import { leasedNics } from './domain-guest.ts';
import type { Handlers } from './table.ts';

const LEASE_SECONDS = 3600;

function listed(network: Network, flags: number): boolean {
  const any = (...pairs: [bit: number, test: boolean][]): boolean => {
    const set = pairs.filter(([bit]) => (flags & bit) !== 0);
    return set.length === 0 || set.some(([, test]) => test);
  };
  const { live, definition, autostart } = network;
  return (
    any(
      [list.VIR_CONNECT_LIST_NETWORKS_ACTIVE, live !== null],
      [list.VIR_CONNECT_LIST_NETWORKS_INACTIVE, live === null],
    ) &&
    any(
      [list.VIR_CONNECT_LIST_NETWORKS_PERSISTENT, definition !== null],
      [list.VIR_CONNECT_LIST_NETWORKS_TRANSIENT, definition === null],
    ) &&
    any(
      [list.VIR_CONNECT_LIST_NETWORKS_AUTOSTART, autostart],
      [list.VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART, !autostart],
    )
  );
}

function leases(host: HostState, network: Network, mac: string | null) {
  const now = Math.floor(host.now() / 1000);
  const { bridge } = modelOf(network);
  return host.machines.flatMap((machine) =>
    leasedNics(host, machine)
      .filter((nic) => nic.network === network.name && (mac === null || nic.mac === mac))
      .map((nic) => ({
        iface: bridge ?? '',
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

const active = (host: HostState): Network[] => host.networks.networks.filter(({ live }) => live !== null);
const inactive = (host: HostState): Network[] => host.networks.networks.filter(({ live }) => live === null);
const names = (networks: readonly Network[], max: number): string[] =>
  networks.slice(0, Math.max(0, max)).map(({ name }) => name);

/** Virtual networks. */
export const networkHandlers: Handlers = {
  connectListAllNetworks: ({ needResults, flags }, { host }) => {
    const nets = host.networks.networks.filter((network) => listed(network, flags));
    return { nets: needResults > 0 ? nets.map(networkRef) : [], ret: nets.length };
  },
  connectNumOfNetworks: (_, { host }) => ({ num: active(host).length }),
  connectNumOfDefinedNetworks: (_, { host }) => ({ num: inactive(host).length }),
  connectListNetworks: ({ maxnames }, { host }) => ({ names: names(active(host), maxnames) }),
  connectListDefinedNetworks: ({ maxnames }, { host }) => ({ names: names(inactive(host), maxnames) }),
  networkLookupByName: ({ name }, { host }) => ({ net: networkRef(host.networks.byName(name)) }),
  networkLookupByUuid: ({ uuid }, { host }) => ({ net: networkRef(host.networks.find({ uuid })) }),
  networkGetXmlDesc: ({ net, flags }, { host }) => {
    const { live, definition } = host.networks.find(net);
    const next = (flags & virNetworkXMLFlags.VIR_NETWORK_XML_INACTIVE) !== 0;
    return { xml: (next ? (definition ?? live) : (live ?? definition)) ?? '' };
  },
  networkGetAutostart: ({ net }, { host }) => ({ autostart: host.networks.find(net).autostart ? 1 : 0 }),
  networkSetAutostart: ({ net, autostart }, { host }) =>
    host.networks.setAutostart(host.networks.find(net), autostart !== 0),
  networkGetBridgeName: ({ net }, { host }) => ({ name: modelOf(host.networks.find(net)).bridge ?? '' }),
  networkIsActive: ({ net }, { host }) => ({ active: host.networks.find(net).live === null ? 0 : 1 }),
  networkIsPersistent: ({ net }, { host }) => ({
    persistent: host.networks.find(net).definition === null ? 0 : 1,
  }),
  networkDefineXml: ({ xml }, { host }) => ({ net: networkRef(host.networks.define(xml)) }),
  networkDefineXmlFlags: ({ xml }, { host }) => ({ net: networkRef(host.networks.define(xml)) }),
  networkCreateXml: ({ xml }, { host }) => ({ net: networkRef(host.networks.create(xml)) }),
  networkUndefine: ({ net }, { host }) => host.networks.undefine(host.networks.find(net)),
  networkCreate: ({ net }, { host }) => host.networks.start(host.networks.find(net)),
  networkDestroy: ({ net }, { host }) => host.networks.stop(host.networks.find(net)),
  networkUpdate: ({ net, ...request }, { host }) => host.networks.update(host.networks.find(net), request),
  networkGetDhcpLeases: ({ net, mac, needResults }, { host }) => {
    const network = host.networks.find(net);
    host.networks.requireActive(network);
    const served = readNetwork(network.live ?? '').ips.length > 0;
    const found = served ? leases(host, network, mac) : [];
    return { leases: needResults > 0 ? found : [], ret: found.length };
  },
  networkListAllPorts: () => ({ ports: [], ret: 0 }),
};
