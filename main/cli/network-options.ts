import type { NetworkSpec } from '../contract/network.ts';
import { UsageError } from './errors.ts';

/** What `net create` and `net edit` are told; left out: as it is. */
export interface NetworkFlags {
  readonly mode?: NetworkSpec['mode'];
  readonly ip?: string[];
  readonly range?: string[];
  readonly fixed?: string[];
  readonly bridge?: string;
  readonly device?: string[];
  readonly domain?: string;
  readonly dns?: string[];
  readonly mtu?: number;
  readonly openVswitch?: boolean;
  readonly vlan?: string;
  /** A JSON text that holds any fields of a network (main/contract/network.ts). */
  readonly json?: string;
}

/** A network with nothing in it. */
export function emptyNetwork(name: string): NetworkSpec {
  return {
    name,
    mode: 'isolated',
    devices: [],
    natPorts: null,
    bridge: null,
    stp: null,
    mtu: null,
    domain: null,
    ips: [],
    dnsEnabled: null,
    dnsForwarders: [],
    dnsHosts: [],
    routes: [],
    virtualPort: null,
    vlan: null,
    portGroups: [],
    inbound: null,
    outbound: null,
  };
}

/** The network with what the options say in place of what it had. @throws UsageError for an option that cannot be understood */
export function withFlags(before: NetworkSpec, flags: NetworkFlags): NetworkSpec {
  const given = flags.json === undefined ? {} : fieldsOf(flags.json);
  const network = { ...before, ...given };
  const { mode, bridge, device, domain, dns, mtu, openVswitch, vlan } = flags;
  const changed: NetworkSpec = {
    ...network,
    ...(mode === undefined ? {} : { mode }),
    ...(bridge === undefined ? {} : { bridge: orNull(bridge) }),
    ...(device === undefined ? {} : { devices: device.filter((one) => one !== 'none') }),
    ...(domain === undefined ? {} : { domain: orNull(domain) }),
    ...(dns === undefined ? {} : { dnsHosts: dns.map(dnsHostOf) }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(openVswitch === undefined ? {} : { virtualPort: openVswitch ? 'openvswitch' : null }),
    ...(vlan === undefined ? {} : { vlan: vlanOf(vlan) }),
    ...(flags.ip === undefined ? {} : { ips: flags.ip.map((text) => ipOf(text, network.ips)) }),
  };
  return withDhcp(changed, flags);
}

function withDhcp(network: NetworkSpec, { range, fixed }: NetworkFlags): NetworkSpec {
  if (range === undefined && fixed === undefined) return network;
  const ranges = range?.filter((one) => one !== 'none').map(rangeOf);
  const hosts = fixed?.filter((one) => one !== 'none').map(fixedOf);
  const familyOf = (address: string): 'ipv4' | 'ipv6' => (address.includes(':') ? 'ipv6' : 'ipv4');
  for (const address of [...(ranges ?? []).map(({ start }) => start), ...(hosts ?? []).map(({ ip }) => ip)])
    if (!network.ips.some(({ family }) => family === familyOf(address)))
      throw new UsageError(`${address} is in no address of the network: say --ip first.`);
  return {
    ...network,
    ips: network.ips.map((ip) => ({
      ...ip,
      ...(ranges === undefined
        ? {}
        : { ranges: ranges.filter(({ start }) => familyOf(start) === ip.family) }),
      ...(hosts === undefined ? {} : { hosts: hosts.filter((host) => familyOf(host.ip) === ip.family) }),
    })),
  };
}

/** `none` takes something away. */
function orNull(text: string): string | null {
  return text === 'none' ? null : text;
}

function ipOf(text: string, before: NetworkSpec['ips']): NetworkSpec['ips'][number] {
  const [, address = '', prefix = ''] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? [];
  if (address === '') throw new UsageError(`${text} is no address with a prefix, such as 10.0.5.1/24.`);
  const known = before.find((ip) => ip.address === address);
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  return { family, address, prefix: Number(prefix), ranges: known?.ranges ?? [], hosts: known?.hosts ?? [] };
}

function rangeOf(text: string): { start: string; end: string } {
  const [start = '', end = '', ...rest] = text.split('-');
  if (start === '' || end === '' || rest.length > 0)
    throw new UsageError(`${text} is no range, such as 10.0.5.100-10.0.5.200.`);
  return { start, end };
}

function fixedOf(text: string): NetworkSpec['ips'][number]['hosts'][number] {
  const [who = '', ip = '', name = '', ...rest] = text.split('=');
  if (who === '' || ip === '' || rest.length > 0)
    throw new UsageError(
      `${text} is no fixed address, such as 52:54:00:00:00:01=10.0.5.10 or with =name behind it.`,
    );
  const six = ip.includes(':');
  return { mac: six ? null : who, id: six ? who : null, name: name === '' ? null : name, ip };
}

function dnsHostOf(text: string): NetworkSpec['dnsHosts'][number] {
  const [ip = '', names = ''] = text.split('=');
  if (ip === '' || names === '')
    throw new UsageError(`${text} is no DNS line, such as 10.0.5.10=db,db.example.`);
  return { ip, names: names.split(',') };
}

function vlanOf(text: string): NetworkSpec['vlan'] {
  if (text === 'none') return null;
  const tags = text.split(',').map((part) => {
    const id = Number(part);
    if (!Number.isInteger(id) || id < 0 || id > 4095)
      throw new UsageError(`${part} is no VLAN tag: 0 to 4095, several with commas between.`);
    return { id, nativeMode: null };
  });
  return { trunk: tags.length > 1, tags };
}

/** The core checks what is in it; here it is only an object. */
function fieldsOf(text: string): Partial<NetworkSpec> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `The network is not JSON: ${error instanceof Error ? error.message : 'unreadable'}.`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError('The network must be one JSON object.');
  return value;
}
