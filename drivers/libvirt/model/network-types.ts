/** How a network reaches outside: `<forward mode>`; `isolated` is a network without one. */
export type NetworkMode =
  'isolated' | 'nat' | 'route' | 'open' | 'bridge' | 'private' | 'vepa' | 'passthrough' | 'hostdev';

export type IpFamily = 'ipv4' | 'ipv6';

/** `<inbound>` or `<outbound>` of `<bandwidth>`. */
export interface NetworkBandwidth {
  averageKiBps: number;
  peakKiBps: number | null;
  burstKiB: number | null;
}

export interface NetworkVlan {
  trunk: boolean;
  tags: { id: number; nativeMode: 'tagged' | 'untagged' | null }[];
}

/** `<dhcp><host>`: IPv4 knows a card by `mac`, IPv6 by `id` (DUID). */
export interface NetworkDhcpHost {
  mac: string | null;
  id: string | null;
  name: string | null;
  ip: string;
}

export interface NetworkDhcpRange {
  start: string;
  end: string;
}

export interface NetworkIpModel {
  family: IpFamily;
  address: string;
  prefix: number;
  ranges: NetworkDhcpRange[];
  hosts: NetworkDhcpHost[];
}

export interface NetworkPortGroup {
  name: string;
  isDefault: boolean;
  vlan: NetworkVlan | null;
  inbound: NetworkBandwidth | null;
  outbound: NetworkBandwidth | null;
}

export interface NetworkDnsHost {
  ip: string;
  names: string[];
}

export interface NetworkRoute {
  family: IpFamily;
  address: string;
  prefix: number;
  gateway: string;
}

/** What of virNetworkGetXMLDesc can be read, written and changed here. */
export interface NetworkModel {
  name: string;
  mode: NetworkMode;
  /** Devices of `<forward>`, in order: `<interface dev>`, `<pf dev>`, or PCI addresses (`0000:07:10.0`) of `hostdev`. */
  devices: string[];
  /** Null: libvirt's own choice, 1024 to 65535. */
  natPorts: { start: number; end: number } | null;
  bridge: string | null;
  stp: boolean | null;
  mtu: number | null;
  domain: string | null;
  ips: NetworkIpModel[];
  dnsEnabled: boolean | null;
  dnsForwarders: { address: string | null; domain: string | null }[];
  dnsHosts: NetworkDnsHost[];
  routes: NetworkRoute[];
  /** Type of `<virtualport>`: `openvswitch`. */
  virtualPort: string | null;
  vlan: NetworkVlan | null;
  portGroups: NetworkPortGroup[];
  inbound: NetworkBandwidth | null;
  outbound: NetworkBandwidth | null;
}

/** One thing of a network that can differ from another. */
export type NetworkField = keyof NetworkModel;

/** The ports that libvirt writes into every NAT network that names none (networkForwardNatPortRange). */
export const DEFAULT_NAT_PORTS = { start: 1024, end: 65_535 } as const;

/** All of them, as `Object.keys` of a model would tell. */
export const NETWORK_FIELDS = [
  'name',
  'mode',
  'devices',
  'natPorts',
  'bridge',
  'stp',
  'mtu',
  'domain',
  'ips',
  'dnsEnabled',
  'dnsForwarders',
  'dnsHosts',
  'routes',
  'virtualPort',
  'vlan',
  'portGroups',
  'inbound',
  'outbound',
] as const satisfies NetworkField[];
