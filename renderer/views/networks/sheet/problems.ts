import type { HostInterface, Network } from '../../../../main/contract/network.ts';
import { contains, overlap, parseCidr, parseIp, subnetOf, type Subnet } from '../ip.ts';
import { hasDevicePool, hasHostBridge, hasOwnBridge, hasVlan, type NetworkKind } from '../kinds.ts';
import {
  forwardersOf,
  routesOf,
  tagsOf,
  type IpForm,
  type NetworkForm,
  type PortGroupForm,
  type RateForm,
  type VlanForm,
} from './form.ts';

/** What hinders, as a key of the texts, with what it names. */
export interface Problem {
  readonly key:
    | 'needed'
    | 'badName'
    | 'nameTaken'
    | 'badBridge'
    | 'bridgeTaken'
    | 'needAddress'
    | 'badCidr'
    | 'wrongFamily'
    | 'networkAddress'
    | 'taken'
    | 'twice'
    | 'badRange'
    | 'rangeOutside'
    | 'rangeBackwards'
    | 'rangeTooLong'
    | 'oneDhcp'
    | 'badDomain'
    | 'badForwarder'
    | 'badRoute'
    | 'gatewayOutside'
    | 'badMtu'
    | 'badPorts'
    | 'badTag'
    | 'tagTwice'
    | 'oneDefault'
    | 'badRate'
    | 'lowPeak';
  readonly what?: string;
}

/** By field: `name`, `ips.0.cidr`, `ips.0.ranges.1`, `portGroups.0.vlan`… */
export type Problems = ReadonlyMap<string, Problem>;

export interface Surroundings {
  /** Other networks of the host. */
  readonly networks: readonly Network[];
  readonly interfaces: readonly HostInterface[];
}

/** What can be said while one types, at the field. The core knows more of the host, and has the last word. */
export function formProblems(form: NetworkForm, around: Surroundings): Problems {
  const found = new Map<string, Problem>();
  const add = (field: string, problem: Problem | null): void => {
    if (problem !== null && !found.has(field)) found.set(field, problem);
  };
  add('name', nameProblem(form.name, around));
  bridgeProblems(form, around, add);
  if (hasOwnBridge(form.kind)) addressProblems(form, around, add);
  if (form.mtu.trim() !== '' && !isWhole(form.mtu, 68, 65_521)) add('mtu', { key: 'badMtu' });
  if (form.kind === 'nat') add('nat', natProblem(form));
  if (hasVlan(form.kind)) add('vlan', vlanProblem(form.vlan));
  if (hasOwnBridge(form.kind)) {
    add('inbound', rateProblem(form.inbound));
    add('outbound', rateProblem(form.outbound));
  }
  form.portGroups.forEach((group, at) => {
    const others = form.portGroups.filter((one) => one !== group);
    for (const [field, problem] of portGroupProblems(group, form.kind, others))
      add(`portGroups.${at}.${field}`, problem);
  });
  return found;
}

type Add = (field: string, problem: Problem | null) => void;

function nameProblem(text: string, { networks }: Surroundings): Problem | null {
  const name = text.trim();
  if (name === '') return { key: 'needed' };
  if (/[/\n]/.test(name) || name === '.' || name === '..') return { key: 'badName' };
  return networks.some((other) => other.name === name) ? { key: 'nameTaken' } : null;
}

function bridgeProblems(form: NetworkForm, { networks, interfaces }: Surroundings, add: Add): void {
  const { kind } = form;
  if (hasDevicePool(kind) && form.devices.length === 0) add('devices', { key: 'needed' });
  if (hasHostBridge(kind) && form.hostBridge.trim() === '') add('bridge', { key: 'needed' });
  if (!hasOwnBridge(kind) || form.ownBridge.trim() === '') return;
  const bridge = form.ownBridge.trim();
  const user = networks.find((other) => other.bridge === bridge)?.name;
  const device = interfaces.some(({ name, network }) => name === bridge && network === null);
  if (!/^[\w.:-]{1,15}$/.test(bridge)) add('bridge', { key: 'badBridge' });
  else if (user !== undefined || device) add('bridge', { key: 'bridgeTaken', what: user ?? bridge });
}

function addressProblems(form: NetworkForm, { networks }: Surroundings, add: Add): void {
  const { kind, ips } = form;
  if ((kind === 'nat' || kind === 'route') && ips.length === 0) add('ips', { key: 'needAddress' });
  const others = networks.flatMap((network) =>
    network.ips.flatMap(({ address, prefix }) => {
      const subnet = subnetAt(`${address}/${prefix}`);
      return subnet === null ? [] : [{ subnet, name: network.name }];
    }),
  );
  ips.forEach((ip, at) => {
    add(`ips.${at}.cidr`, cidrProblem(ip, others, ips.slice(0, at)));
    const subnet = subnetAt(ip.cidr);
    ip.ranges.forEach((range, index) => {
      if (subnet !== null) add(`ips.${at}.ranges.${index}`, rangeProblem(range, subnet));
    });
    const before = ips.slice(0, at).some((one) => one.family === ip.family && one.ranges.length > 0);
    if (before && ip.ranges.length > 0) add(`ips.${at}.ranges.0`, { key: 'oneDhcp' });
  });
  if (form.domain.trim() !== '' && !isDnsName(form.domain.trim())) add('domain', { key: 'badDomain' });
  if (form.dns)
    for (const { address, domain } of forwardersOf(form.forwarders))
      if (domain !== null && (!isDnsName(domain) || (address === null && /^[\d.]+$/.test(domain))))
        add('forwarders', { key: 'badForwarder', what: domain });
  routeProblems(form, add);
}

function routeProblems({ routes, ips }: NetworkForm, add: Add): void {
  const own = ips.flatMap(({ cidr }) => subnetAt(cidr) ?? []);
  for (const { address, prefix, gateway } of routesOf(routes)) {
    const next = parseIp(gateway);
    const target = subnetAt(`${address}/${prefix}`);
    if (target === null || next === null || parseIp(address)?.value !== target.first)
      add('routes', { key: 'badRoute', what: address });
    else if (!own.some((subnet) => contains(subnet, next)))
      add('routes', { key: 'gatewayOutside', what: gateway });
  }
}

function subnetAt(cidr: string): Subnet | null {
  const parsed = parseCidr(cidr);
  return parsed === null ? null : subnetOf(parsed.ip, parsed.prefix);
}

function cidrProblem(
  { family, cidr }: IpForm,
  others: readonly { subnet: Subnet; name: string }[],
  before: readonly IpForm[],
): Problem | null {
  const parsed = parseCidr(cidr);
  const subnet = subnetAt(cidr);
  const longest = family === 'ipv4' ? 30 : 126;
  if (cidr.trim() === '') return { key: 'needed' };
  if (parsed === null || subnet === null || parsed.prefix < 1 || parsed.prefix > longest)
    return { key: 'badCidr' };
  if (parsed.ip.family !== family) return { key: 'wrongFamily' };
  if (parsed.ip.value === subnet.first || (family === 'ipv4' && parsed.ip.value === subnet.last))
    return { key: 'networkAddress' };
  const other = others.find((one) => overlap(one.subnet, subnet));
  if (other !== undefined) return { key: 'taken', what: other.name };
  const twice = before.some((one) => {
    const same = subnetAt(one.cidr);
    return same !== null && overlap(same, subnet);
  });
  return twice ? { key: 'twice' } : null;
}

function rangeProblem({ start, end }: IpForm['ranges'][number], subnet: Subnet): Problem | null {
  const [first, last] = [parseIp(start.trim()), parseIp(end.trim())];
  if (first === null || last === null) return { key: 'badRange' };
  if (!contains(subnet, first) || !contains(subnet, last)) return { key: 'rangeOutside' };
  if (first.value > last.value) return { key: 'rangeBackwards' };
  return last.value - first.value >= 65_535n ? { key: 'rangeTooLong' } : null;
}

function natProblem({ natStart, natEnd }: NetworkForm): Problem | null {
  if (natStart.trim() === '' && natEnd.trim() === '') return null;
  const fine =
    isWhole(natStart, 1, 65_535) && isWhole(natEnd, 1, 65_535) && Number(natStart) <= Number(natEnd);
  return fine ? null : { key: 'badPorts' };
}

function vlanProblem({ tags }: VlanForm): Problem | null {
  const ids = tagsOf(tags);
  if (ids.some((id) => Number.isNaN(id) || id > 4095)) return { key: 'badTag' };
  return new Set(ids).size < ids.length ? { key: 'tagTwice' } : null;
}

/** By the group's own field. */
export function portGroupProblems(
  group: PortGroupForm,
  kind: NetworkKind,
  others: readonly Pick<PortGroupForm, 'name' | 'isDefault'>[],
): ReadonlyMap<string, Problem> {
  const found = new Map<string, Problem>();
  const name = group.name.trim();
  if (name === '') found.set('name', { key: 'needed' });
  else if (others.some((other) => other.name.trim() === name)) found.set('name', { key: 'nameTaken' });
  if (group.isDefault && others.some(({ isDefault }) => isDefault))
    found.set('isDefault', { key: 'oneDefault' });
  const vlan = hasVlan(kind) ? vlanProblem(group.vlan) : null;
  if (vlan !== null) found.set('vlan', vlan);
  for (const way of ['inbound', 'outbound'] as const) {
    const problem = rateProblem(group[way]);
    if (problem !== null) found.set(way, problem);
  }
  return found;
}

export function rateProblem({ average, peak, burst }: RateForm): Problem | null {
  const given = [average, peak, burst].filter((text) => text.trim() !== '');
  if (given.length === 0) return null;
  if (average.trim() === '' || !given.every((text) => isWhole(text, 1, 4_294_967_295)))
    return { key: 'badRate' };
  return peak.trim() !== '' && Number(peak) < Number(average) ? { key: 'lowPeak' } : null;
}

export function isDnsName(text: string): boolean {
  return /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(text);
}

function isWhole(text: string, min: number, max: number): boolean {
  const number = Number(text);
  return /^\s*\d+\s*$/.test(text) && number >= min && number <= max;
}
