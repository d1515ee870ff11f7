import type { DhcpHost, NetworkSpec, PortGroup, Vlan } from '../../../../main/contract/network.ts';
import { ipText, parseCidr, parseIp, subnetOf } from '../ip.ts';
import {
  hasDevicePool,
  hasHostBridge,
  hasOwnBridge,
  hasUplink,
  hasVlan,
  kindOf,
  MACVTAP_MODES,
  modeOf,
  type MacvtapMode,
  type NetworkKind,
} from '../kinds.ts';

/** Rates as the contract has them. */
type Bandwidth = NonNullable<NetworkSpec['inbound']>;

export interface RangeForm {
  readonly start: string;
  readonly end: string;
}

/** One address of the host in the network, with what DHCP gives out there. */
export interface IpForm {
  readonly family: 'ipv4' | 'ipv6';
  /** `192.168.150.1/24` */
  readonly cidr: string;
  readonly ranges: readonly RangeForm[];
  readonly hosts: readonly DhcpHost[];
}

/** KiB a second and KiB, as typed; an empty average is no limit. */
export interface RateForm {
  readonly average: string;
  readonly peak: string;
  readonly burst: string;
}

/** Tags with commas between; several make a trunk. */
export interface VlanForm {
  readonly tags: string;
  /** The tag of a trunk whose frames also come without one; empty for none. */
  readonly native: string;
}

export interface PortGroupForm {
  readonly name: string;
  readonly isDefault: boolean;
  readonly vlan: VlanForm;
  readonly inbound: RateForm;
  readonly outbound: RateForm;
}

/** A network as a person types it. What a kind has no field for is kept, and left out of its definition. */
export interface NetworkForm {
  readonly name: string;
  readonly kind: NetworkKind;
  readonly macvtap: MacvtapMode;
  /** NAT and routes: the one device to go out by; empty for any. */
  readonly uplink: string;
  readonly devices: readonly string[];
  readonly ownBridge: string;
  readonly hostBridge: string;
  readonly ips: readonly IpForm[];
  readonly domain: string;
  readonly dns: boolean;
  /** One a line: `10.0.0.53`, or `corp.example 10.0.0.53`. */
  readonly forwarders: string;
  /** One a line: `10.8.0.0/16 via 192.168.150.2`. */
  readonly routes: string;
  readonly mtu: string;
  readonly stp: boolean;
  readonly natStart: string;
  readonly natEnd: string;
  readonly vlan: VlanForm;
  readonly portGroups: readonly PortGroupForm[];
  readonly inbound: RateForm;
  readonly outbound: RateForm;
}

export const NO_RATE: RateForm = { average: '', peak: '', burst: '' };
export const NO_VLAN: VlanForm = { tags: '', native: '' };
export const NEW_PORT_GROUP: PortGroupForm = {
  name: '',
  isDefault: false,
  vlan: NO_VLAN,
  inbound: NO_RATE,
  outbound: NO_RATE,
};

/** The gateway as the first address of a subnet, and DHCP on the rest of it. */
export function ipFormOf(cidr: string): IpForm {
  const parsed = parseCidr(cidr);
  const family = parsed?.ip.family ?? 'ipv4';
  return { family, cidr, ranges: family === 'ipv4' ? rangesFor(cidr) : [], hosts: [] };
}

/** What DHCP can give out beside the host's own address; nothing where that is not one range. */
export function rangesFor(cidr: string): readonly RangeForm[] {
  const parsed = parseCidr(cidr);
  const subnet = parsed === null ? null : subnetOf(parsed.ip, parsed.prefix);
  if (parsed === null || subnet === null) return [];
  const { family } = parsed.ip;
  const last = family === 'ipv6' ? subnet.first + 0xffffn : subnet.last - 1n;
  const start = parsed.ip.value === subnet.first + 1n ? parsed.ip.value + 1n : subnet.first + 1n;
  const end = parsed.ip.value > start ? parsed.ip.value - 1n : last;
  const most = start + 65_533n < end ? start + 65_533n : end;
  if (start > most) return [];
  return [{ start: ipText({ family, value: start }), end: ipText({ family, value: most }) }];
}

export function newForm(name: string): NetworkForm {
  return {
    name,
    kind: 'nat',
    macvtap: 'bridge',
    uplink: '',
    devices: [],
    ownBridge: '',
    hostBridge: '',
    ips: [],
    domain: '',
    dns: true,
    forwarders: '',
    routes: '',
    mtu: '',
    stp: true,
    natStart: '',
    natEnd: '',
    vlan: NO_VLAN,
    portGroups: [],
    inbound: NO_RATE,
    outbound: NO_RATE,
  };
}

/** The form of a network that is there. */
export function formOf(spec: NetworkSpec): NetworkForm {
  const kind = kindOf(spec);
  return {
    name: spec.name,
    kind,
    macvtap: MACVTAP_MODES.find((mode) => mode === spec.mode) ?? 'bridge',
    uplink: hasUplink(kind) ? (spec.devices[0] ?? '') : '',
    devices: hasDevicePool(kind) ? spec.devices : [],
    ownBridge: hasOwnBridge(kind) ? (spec.bridge ?? '') : '',
    hostBridge: hasHostBridge(kind) ? (spec.bridge ?? '') : '',
    ips: spec.ips.map(({ family, address, prefix, ranges, hosts }) => ({
      family,
      cidr: `${address}/${prefix}`,
      ranges,
      hosts,
    })),
    domain: spec.domain ?? '',
    dns: spec.dnsEnabled ?? true,
    forwarders: spec.dnsForwarders
      .map(({ address, domain }) => [domain, address].filter((part) => part !== null).join(' '))
      .join('\n'),
    routes: spec.routes
      .map(({ address, prefix, gateway }) => `${address}/${prefix} via ${gateway}`)
      .join('\n'),
    mtu: spec.mtu === null ? '' : String(spec.mtu),
    stp: spec.stp ?? true,
    natStart: spec.natPorts === null ? '' : String(spec.natPorts.start),
    natEnd: spec.natPorts === null ? '' : String(spec.natPorts.end),
    vlan: vlanForm(spec.vlan),
    portGroups: spec.portGroups.map(portGroupForm),
    inbound: rateForm(spec.inbound),
    outbound: rateForm(spec.outbound),
  };
}

export function portGroupForm({ name, isDefault, vlan, inbound, outbound }: PortGroup): PortGroupForm {
  return { name, isDefault, vlan: vlanForm(vlan), inbound: rateForm(inbound), outbound: rateForm(outbound) };
}

function vlanForm(vlan: Vlan | null): VlanForm {
  if (vlan === null) return NO_VLAN;
  const native = vlan.tags.find(({ nativeMode }) => nativeMode !== null);
  return {
    tags: vlan.tags.map(({ id }) => id).join(', '),
    native: native === undefined ? '' : String(native.id),
  };
}

export function rateForm(rate: Bandwidth | null): RateForm {
  if (rate === null) return NO_RATE;
  const text = (value: number | null): string => (value === null ? '' : String(value));
  return { average: text(rate.averageKiBps), peak: text(rate.peakKiBps), burst: text(rate.burstKiB) };
}

export function rateOf(form: RateForm): Bandwidth | null {
  if (form.average.trim() === '') return null;
  const number = (text: string): number | null => (text.trim() === '' ? null : Number(text));
  return { averageKiBps: Number(form.average), peakKiBps: number(form.peak), burstKiB: number(form.burst) };
}

/** What one typed as tags, in order; NaN for what is no number. */
export function tagsOf(text: string): number[] {
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((word) => (/^\d{1,4}$/.test(word) ? Number(word) : NaN));
}

/** `before`: what of it the form does not show. */
export function vlanOf(form: VlanForm, before: Vlan | null): Vlan | null {
  const ids = tagsOf(form.tags);
  if (ids.length === 0) return null;
  const modeOfTag = (id: number): 'tagged' | 'untagged' | null => {
    if (ids.length === 1 || form.native !== String(id)) return null;
    return before?.tags.find((tag) => tag.id === id)?.nativeMode ?? 'untagged';
  };
  const kept = before !== null && before.trunk && before.tags.map(({ id }) => id).join() === ids.join();
  return { trunk: kept || ids.length > 1, tags: ids.map((id) => ({ id, nativeMode: modeOfTag(id) })) };
}

export function portGroupOf(form: PortGroupForm, before: PortGroup | null): PortGroup {
  return {
    name: form.name.trim(),
    isDefault: form.isDefault,
    vlan: vlanOf(form.vlan, before?.vlan ?? null),
    inbound: rateOf(form.inbound),
    outbound: rateOf(form.outbound),
  };
}

const lines = (text: string): string[][] =>
  text
    .split('\n')
    .map((line) => line.split(/[\s,]+/).filter(Boolean))
    .filter((words) => words.length > 0);

export function forwardersOf(text: string): NetworkSpec['dnsForwarders'] {
  return lines(text).map((words) => ({
    address: words.find((word) => parseIp(word) !== null) ?? null,
    domain: words.find((word) => parseIp(word) === null) ?? null,
  }));
}

export function routesOf(text: string): NetworkSpec['routes'] {
  return lines(text).map((words) => {
    const [target = '', gateway = ''] = words.filter((word) => word !== 'via');
    const [address = '', prefix = ''] = target.split('/');
    return {
      family: address.includes(':') ? 'ipv6' : 'ipv4',
      address,
      prefix: /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1,
      gateway,
    };
  });
}

/** The form as the contract takes it. `before`: the network that is edited, for what the form does not show. */
export function specOfForm(form: NetworkForm, before: NetworkSpec | null): NetworkSpec {
  const { kind } = form;
  const own = hasOwnBridge(kind);
  const same = before !== null && kindOf(before) === kind;
  const bridge = own ? form.ownBridge.trim() : hasHostBridge(kind) ? form.hostBridge.trim() : '';
  const uplink = hasUplink(kind) && form.uplink !== '' ? [form.uplink] : [];
  return {
    name: form.name.trim(),
    mode: modeOf(kind, form.macvtap),
    devices: hasDevicePool(kind) ? [...form.devices] : uplink,
    natPorts: natPortsOf(form),
    bridge: bridge === '' ? null : bridge,
    stp: own ? form.stp : null,
    mtu: form.mtu.trim() === '' ? null : Number(form.mtu),
    ...addressesOf(form, before),
    virtualPort: kind === 'ovs' ? 'openvswitch' : same ? before.virtualPort : null,
    vlan: hasVlan(kind) ? vlanOf(form.vlan, before?.vlan ?? null) : null,
    portGroups: form.portGroups.map((group, at) => portGroupOf(group, before?.portGroups[at] ?? null)),
    inbound: own ? rateOf(form.inbound) : null,
    outbound: own ? rateOf(form.outbound) : null,
  };
}

function natPortsOf({ kind, natStart, natEnd }: NetworkForm): NetworkSpec['natPorts'] {
  if (kind !== 'nat' || (natStart.trim() === '' && natEnd.trim() === '')) return null;
  return { start: Number(natStart), end: Number(natEnd) };
}

type Addresses = Pick<NetworkSpec, 'ips' | 'domain' | 'dnsEnabled' | 'dnsForwarders' | 'dnsHosts' | 'routes'>;

/** Addresses and names are libvirt's only on a bridge of its own. */
function addressesOf(form: NetworkForm, before: NetworkSpec | null): Addresses {
  if (!hasOwnBridge(form.kind))
    return { ips: [], domain: null, dnsEnabled: null, dnsForwarders: [], dnsHosts: [], routes: [] };
  return {
    ips: form.ips.map(({ family, cidr, ranges, hosts }) => {
      const parsed = parseCidr(cidr);
      return {
        family,
        address: parsed?.text ?? cidr.trim(),
        prefix: parsed?.prefix ?? 0,
        ranges: ranges.map(({ start, end }) => ({ start: start.trim(), end: end.trim() })),
        hosts: [...hosts],
      };
    }),
    domain: form.domain.trim() === '' ? null : form.domain.trim(),
    // libvirt's default is kept as such: only what differs from it is said.
    dnsEnabled: form.dns ? (before?.dnsEnabled === true ? true : null) : false,
    dnsForwarders: form.dns ? forwardersOf(form.forwarders) : [],
    dnsHosts: before?.dnsHosts ?? [],
    routes: routesOf(form.routes),
  };
}
