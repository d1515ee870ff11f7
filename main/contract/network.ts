import * as z from './zod.ts';

/** How a network reaches outside: libvirt's `<forward mode>`; `isolated` is a network without one. */
export const FORWARD_MODES = [
  'isolated',
  'nat',
  'route',
  'open',
  'bridge',
  'private',
  'vepa',
  'passthrough',
  'hostdev',
] as const;
export const forwardMode = z.enum(FORWARD_MODES);
export type ForwardMode = z.infer<typeof forwardMode>;

const address = z.string().max(64);

/** Rates of `<bandwidth>`: KiB a second, KiB for the burst. */
export const bandwidth = z.object({
  averageKiBps: z.number().int().min(1),
  peakKiBps: z.number().int().min(1).nullable(),
  burstKiB: z.number().int().min(1).nullable(),
});
export const vlan = z.object({
  trunk: z.boolean(),
  tags: z
    .array(
      z.object({
        id: z.number().int().min(0).max(4095),
        nativeMode: z.enum(['tagged', 'untagged']).nullable(),
      }),
    )
    .max(4095),
});
export type Vlan = z.infer<typeof vlan>;

export const dhcpHost = z.object({
  /** IPv4: the card's address. */
  mac: z.string().max(32).nullable(),
  /** IPv6: the DUID. */
  id: z.string().max(256).nullable(),
  name: z.string().max(255).nullable(),
  ip: address,
});
export type DhcpHost = z.infer<typeof dhcpHost>;

export const networkIp = z.object({
  family: z.enum(['ipv4', 'ipv6']),
  /** Of the host in the network: the guests' gateway. */
  address,
  prefix: z.number().int().min(0).max(128),
  ranges: z.array(z.object({ start: address, end: address })).max(64),
  hosts: z.array(dhcpHost).max(4096),
});
export type NetworkIp = z.infer<typeof networkIp>;

export const portGroup = z.object({
  name: z.string().max(255),
  isDefault: z.boolean(),
  vlan: vlan.nullable(),
  inbound: bandwidth.nullable(),
  outbound: bandwidth.nullable(),
});
export type PortGroup = z.infer<typeof portGroup>;

/** What a network is, as one can write it; everything else of its XML stays as it is when it is edited. */
export const networkSpec = z.object({
  name: z.string().min(1).max(250),
  mode: forwardMode,
  /** The host's devices that it may use: of NAT and route one at most, of macvtap and SR-IOV a pool of them. */
  devices: z.array(z.string().max(64)).max(256),
  /** NAT: the ports of the host that connections leave from. */
  natPorts: z.object({ start: z.number().int(), end: z.number().int() }).nullable(),
  /** The bridge: libvirt's own (left out: it chooses `virbrN`), or the host's for `bridge`. */
  bridge: z.string().max(64).nullable(),
  stp: z.boolean().nullable(),
  mtu: z.number().int().min(68).max(65_521).nullable(),
  /** DNS domain of the guests. */
  domain: z.string().max(255).nullable(),
  ips: z.array(networkIp).max(16),
  /** Null: libvirt's default, which answers. */
  dnsEnabled: z.boolean().nullable(),
  dnsForwarders: z
    .array(z.object({ address: address.nullable(), domain: z.string().max(255).nullable() }))
    .max(64),
  dnsHosts: z.array(z.object({ ip: address, names: z.array(z.string().max(255)).min(1).max(64) })).max(1024),
  routes: z
    .array(
      z.object({ family: z.enum(['ipv4', 'ipv6']), address, prefix: z.number().int(), gateway: address }),
    )
    .max(256),
  /** `openvswitch`: the bridge is one of Open vSwitch. */
  virtualPort: z.string().max(64).nullable(),
  vlan: vlan.nullable(),
  portGroups: z.array(portGroup).max(256),
  inbound: bandwidth.nullable(),
  outbound: bandwidth.nullable(),
});
export type NetworkSpec = z.infer<typeof networkSpec>;

/** A card that is plugged into a network. */
export const networkUser = z.object({
  uuid: z.string(),
  name: z.string(),
  mac: z.string(),
  running: z.boolean(),
  portGroup: z.string().nullable(),
  /** The host's device (`vnet3`), while it runs. */
  target: z.string().nullable(),
  addresses: z.array(z.string()),
});
export type NetworkUser = z.infer<typeof networkUser>;

export const network = networkSpec.extend({
  host: z.string(),
  uuid: z.string(),
  active: z.boolean(),
  autostart: z.boolean(),
  persistent: z.boolean(),
  users: z.array(networkUser),
  /** The definition, which is what the fields above tell, differs from what runs: it takes effect at its next start. */
  changesPending: z.boolean(),
});
export type Network = z.infer<typeof network>;

/** Whether libvirt runs a DHCP server for it: only then are there leases. */
export function givesLeases({ active, ips }: Pick<Network, 'active' | 'ips'>): boolean {
  return active && ips.some(({ ranges, hosts }) => ranges.length + hosts.length > 0);
}

/** virNetworkDHCPLease */
export const lease = z.object({
  mac: z.string().nullable(),
  ip: z.string(),
  prefix: z.number().int(),
  hostname: z.string().nullable(),
  clientId: z.string().nullable(),
  /** Milliseconds since the epoch; null: it does not end. */
  expiresAt: z.number().nullable(),
});
export type Lease = z.infer<typeof lease>;

/** A device of the host that networks and cards can use. */
export const hostInterface = z.object({
  name: z.string(),
  mac: z.string().nullable(),
  kind: z.enum(['ethernet', 'bridge', 'bond', 'vlan', 'virtual', 'other']),
  /** Null when libvirt does not tell. */
  up: z.boolean().nullable(),
  speedMbps: z.number().nullable(),
  /** Virtual functions of SR-IOV that there are and that there can be. */
  virtualFunctions: z.object({ count: z.number().int(), max: z.number().int() }).nullable(),
  /** The bridge that it is part of, where known. */
  bridge: z.string().nullable(),
  /** Made by libvirt for a network of its own. */
  network: z.string().nullable(),
});
export type HostInterface = z.infer<typeof hostInterface>;

export const networkFilter = z.object({
  uuid: z.string(),
  name: z.string(),
  /** The filters that it is made of. */
  refs: z.array(z.string()),
  rules: z.number().int(),
  /** Cards that use it. */
  users: z.array(z.object({ uuid: z.string(), name: z.string(), mac: z.string() })),
});
export type NetworkFilter = z.infer<typeof networkFilter>;

export const networkMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('networks'), networks: z.array(network) }),
  z.object({ type: z.literal('network'), network }),
  z.object({ type: z.literal('networkRemoved'), uuid: z.string() }),
  z.object({ type: z.literal('interfaces'), interfaces: z.array(hostInterface) }),
  z.object({ type: z.literal('filters'), filters: z.array(networkFilter) }),
  /** All leases of a network, in place of what was known. */
  z.object({ type: z.literal('leases'), network: z.string(), leases: z.array(lease) }),
]);
export type NetworkMessage = z.infer<typeof networkMessage>;

export const networkRef = z.object({ host: z.string().max(200), uuid: z.string().max(64) });
export type NetworkRef = z.infer<typeof networkRef>;

/** What an edit did: libvirt changes some things of a network that runs, the rest at its next start. */
export const networkEdited = z.object({
  live: z.array(z.string()),
  /** In words: what takes effect only when it is started again. */
  atNextStart: z.array(z.string()),
  /** What somebody else has changed since the edit's `base` was read, and is kept. */
  kept: z.array(z.string()),
});
export type NetworkEdited = z.infer<typeof networkEdited>;
