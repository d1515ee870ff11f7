import { isIP } from 'node:net';
import type { NetworkSpec } from '../contract/network.ts';
import { contains, overlap, parseIp, subnetOf, subnetText, type Subnet } from './ip.ts';
import type { NetworkSurroundings } from './problems.ts';

/** Of the network's own addresses, its routes and names. */
export function addressProblems(spec: NetworkSpec, around: NetworkSurroundings): string[] {
  const { mode, ips } = spec;
  const problems = ips.flatMap(ipProblems);
  if ((mode === 'nat' || mode === 'route') && ips.length === 0)
    problems.push('It needs an address: the guests go out by it.');
  const own = subnetsOf(ips);
  for (const [at, { subnet }] of own.entries())
    if (own.slice(0, at).some((other) => overlap(other.subnet, subnet)))
      problems.push(`${subnetText(subnet)} is given twice.`);
  const others = takenBy(spec, around);
  return [
    ...problems,
    ...own.flatMap(({ subnet }) => taken(subnet, others)),
    ...routeProblems(spec, own),
    ...subnetsOf(spec.routes).flatMap(({ subnet }) => cutOff(subnet, others)),
    ...nameProblems(spec),
  ];
}

/** Of these only what would cut the host off from who manages it: nobody could take that back from here. */
export function lockOuts(spec: NetworkSpec, around: NetworkSurroundings): string[] {
  const ways = takenBy(spec, around).filter(({ isWayIn }) => isWayIn);
  const addresses = ways.filter(({ isNetwork }) => !isNetwork);
  return [
    ...subnetsOf(spec.ips).flatMap(({ subnet }) => taken(subnet, addresses)),
    ...subnetsOf(spec.routes).flatMap(({ subnet }) => cutOff(subnet, ways)),
  ];
}

interface Taken {
  readonly subnet: Subnet;
  readonly user: string;
  /** What the host routes by itself; else an address that is somewhere on the way of others. */
  readonly isNetwork: boolean;
  /** The host's own, and not of a network of libvirt's. */
  readonly isWayIn: boolean;
}

/** What the host routes to already, by another network of it or by a device of its own (networkCheckRouteCollision). */
function takenBy(spec: NetworkSpec, { networks, hostAddresses, client }: NetworkSurroundings): Taken[] {
  const clients = client === null ? [] : [{ address: client, prefix: client.includes(':') ? 128 : 32 }];
  return [
    ...networks.flatMap(({ name, ips, routes }) =>
      [...subnetsOf(ips), ...subnetsOf(routes)].map(({ subnet }) => ({
        subnet,
        user: name,
        isNetwork: true,
        isWayIn: false,
      })),
    ),
    ...subnetsOf(hostAddresses.filter(({ device }) => device !== spec.bridge)).map(({ subnet, of }) => ({
      subnet,
      user: of.device === '' ? 'the host itself' : `the host’s ${of.device}`,
      isNetwork: of.device !== '',
      isWayIn: true,
    })),
    ...subnetsOf(clients).map(({ subnet }) => ({
      subnet,
      user: 'this computer',
      isNetwork: false,
      isWayIn: true,
    })),
  ];
}

function taken(subnet: Subnet, others: readonly Taken[]): string[] {
  const other = others.find((one) => overlap(one.subnet, subnet));
  if (other === undefined) return [];
  const whole = other.subnet.first === subnet.first && other.subnet.prefix === subnet.prefix;
  return [
    whole
      ? `${subnetText(subnet)} is used by ${other.user}.`
      : `${subnetText(subnet)} overlaps ${subnetText(other.subnet)}, which is used by ${other.user}.`,
  ];
}

/** The host takes the narrowest of its routes: one that is wider than a network of it leaves that as it is. */
function cutOff(route: Subnet, others: readonly Taken[]): string[] {
  const networks = others.filter(({ isNetwork }) => isNetwork);
  const narrower = ({ subnet }: Taken): boolean => subnet.prefix > route.prefix;
  const lost = others.find((other) => {
    if (!overlap(other.subnet, route)) return false;
    if (other.isNetwork) return !narrower(other);
    return !networks.some((one) => overlap(one.subnet, other.subnet) && narrower(one));
  });
  if (lost === undefined) return [];
  return [
    `The route to ${subnetText(route)} takes the host’s way to ${subnetText(lost.subnet)}, which is used by ${lost.user}.`,
  ];
}

function subnetsOf<T extends { address: string; prefix: number }>(
  items: readonly T[],
): { subnet: Subnet; of: T }[] {
  return items.flatMap((of) => {
    const address = parseIp(of.address);
    const subnet = address === null ? null : subnetOf(address, of.prefix);
    return subnet === null ? [] : [{ subnet, of }];
  });
}

function ipProblems({ family, address, prefix }: NetworkSpec['ips'][number]): string[] {
  const value = parseIp(address);
  if (value === null || value.family !== family)
    return [`${address || 'Nothing'} is no address of ${family === 'ipv4' ? 'IPv4' : 'IPv6'}.`];
  const subnet = subnetOf(value, prefix);
  const longest = family === 'ipv4' ? 30 : 126;
  if (subnet === null || prefix < 1 || prefix > longest)
    return [`A prefix of ${prefix} leaves no network for guests: 1 to ${longest}.`];
  if (value.value === subnet.first)
    return [`${address} is the name of the network itself: take another address in it.`];
  if (family === 'ipv4' && value.value === subnet.last) return [`${address} is the broadcast address.`];
  return [];
}

function routeProblems({ routes }: NetworkSpec, own: readonly { subnet: Subnet }[]): string[] {
  return routes.flatMap(({ family, address, prefix, gateway }) => {
    const [target, next] = [parseIp(address), parseIp(gateway)];
    const subnet = target === null ? null : subnetOf(target, prefix);
    if (target === null || subnet === null || target.family !== family)
      return [`${address}/${prefix} is no network to route to.`];
    if (target.value !== subnet.first)
      return [`${address}/${prefix} is an address within ${subnetText(subnet)}: write the network.`];
    if (next === null || next.family !== family)
      return [`${gateway} is no gateway for ${subnetText(subnet)}.`];
    return own.some((one) => contains(one.subnet, next))
      ? []
      : [`The gateway ${gateway} is not in this network.`];
  });
}

const DNS_NAME =
  /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;

function nameProblems({ domain, dnsHosts, dnsForwarders }: NetworkSpec): string[] {
  const problems: string[] = [];
  const names = [
    domain,
    ...dnsHosts.flatMap((host) => host.names),
    ...dnsForwarders.map((one) => one.domain),
  ];
  for (const name of names)
    if (name !== null && !DNS_NAME.test(name)) problems.push(`${name || 'Nothing'} is no name of the DNS.`);
  for (const { ip } of dnsHosts) if (isIP(ip) === 0) problems.push(`${ip || 'Nothing'} is no address.`);
  if (new Set(dnsHosts.map(({ ip }) => ip)).size < dnsHosts.length)
    problems.push('An address has two lines of DNS names: put the names in one.');
  for (const { address, domain: of } of dnsForwarders) {
    if (address === null && of === null) problems.push('A DNS forwarder needs an address or a domain.');
    if (address !== null && isIP(address) === 0) problems.push(`${address} is no address of a DNS server.`);
  }
  return problems;
}
