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
  return [...problems, ...taken(own, spec, around), ...routeProblems(spec, own), ...nameProblems(spec)];
}

/** What the host routes to already, by another network of it or by a device of its own (networkCheckRouteCollision). */
function taken(
  own: readonly { subnet: Subnet }[],
  spec: NetworkSpec,
  { networks, hostAddresses }: NetworkSurroundings,
): string[] {
  const others = [
    ...networks.flatMap(({ name, ips, routes }) =>
      [...subnetsOf(ips), ...subnetsOf(routes)].map(({ subnet }) => ({ subnet, user: name })),
    ),
    ...subnetsOf(hostAddresses.filter(({ device }) => device !== spec.bridge)).map(({ subnet, of }) => ({
      subnet,
      user: of.device === '' ? 'the host itself' : `the host’s ${of.device}`,
    })),
  ];
  return own.flatMap(({ subnet }) => {
    const other = others.find((one) => overlap(one.subnet, subnet));
    if (other === undefined) return [];
    const whole = other.subnet.first === subnet.first && other.subnet.prefix === subnet.prefix;
    return [
      whole
        ? `${subnetText(subnet)} is used by ${other.user}.`
        : `${subnetText(subnet)} overlaps ${subnetText(other.subnet)}, which is used by ${other.user}.`,
    ];
  });
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
