import type { NetworkIp, NetworkSpec } from '../contract/network.ts';
import { contains, parseIp, subnetOf, subnetText, type IpValue, type Subnet } from './ip.ts';

/** A DHCP server of IPv6 needs room for the guests' own part of the address. */
const IPV6_DHCP_PREFIX = 64;
/** virSocketAddrGetRange refuses more than 65535 addresses. */
const MAX_RANGE = 65_535n;
/** The first byte is even: a card's address is one of a single card. */
const MAC = /^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/i;
const DUID = /^[0-9a-f]{1,2}(?::[0-9a-f]{1,2})+$/i;

/** Of ranges and fixed addresses. */
export function dhcpProblems({ ips }: NetworkSpec): string[] {
  const problems = ips.flatMap((ip) => {
    const address = parseIp(ip.address);
    const subnet = address === null ? null : subnetOf(address, ip.prefix);
    if (address === null || subnet === null || (ip.ranges.length === 0 && ip.hosts.length === 0)) return [];
    return [...rangeProblems(ip, subnet), ...hostProblems(ip, { address, subnet })];
  });
  for (const family of ['ipv4', 'ipv6'] as const) {
    const served = ips.filter((ip) => ip.family === family && ip.ranges.length + ip.hosts.length > 0);
    if (served.length > 1)
      problems.push(`DHCP works on one ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address of a network.`);
  }
  return problems;
}

function rangeProblems(ip: NetworkIp, subnet: Subnet): string[] {
  const problems: string[] = [];
  if (ip.family === 'ipv6' && ip.prefix < IPV6_DHCP_PREFIX)
    problems.push(`DHCP of IPv6 needs a prefix of ${IPV6_DHCP_PREFIX} or more.`);
  const known: { first: bigint; last: bigint }[] = [];
  for (const { start, end } of ip.ranges) {
    const text = `The DHCP range ${start} to ${end}`;
    const [first, last] = [parseIp(start), parseIp(end)];
    if (first === null || last === null) problems.push(`${text} is not made of addresses.`);
    else if (!contains(subnet, first) || !contains(subnet, last))
      problems.push(`${text} is not in ${subnetText(subnet)}.`);
    else if (first.value > last.value) problems.push(`${text} ends before it begins.`);
    else if (ip.family === 'ipv4' && (first.value === subnet.first || last.value === subnet.last))
      problems.push(`${text} holds the network’s own or the broadcast address.`);
    else if (last.value - first.value >= MAX_RANGE)
      problems.push(`${text} has more than ${MAX_RANGE} addresses.`);
    else if (known.some((one) => one.first <= last.value && first.value <= one.last))
      problems.push(`${text} overlaps another.`);
    else known.push({ first: first.value, last: last.value });
  }
  return problems;
}

function hostProblems(ip: NetworkIp, own: { address: IpValue; subnet: Subnet }): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const { mac, id, name, ip: given } of ip.hosts) {
    const address = parseIp(given);
    if (address === null || !contains(own.subnet, address))
      problems.push(`The fixed address ${given} is not in ${subnetText(own.subnet)}.`);
    else if (address.value === own.address.value) problems.push(`${given} is the network’s own address.`);
    if (ip.family === 'ipv4' && id !== null)
      problems.push(`${given}: a DUID is for IPv6, IPv4 goes by the MAC address.`);
    if (ip.family === 'ipv6' && mac !== null)
      problems.push(`${given}: IPv6 goes by the DUID, not by the MAC address.`);
    if (mac === null && id === null && name === null)
      problems.push(
        `${given} is for nobody: name a ${ip.family === 'ipv4' ? 'MAC address' : 'DUID'} or a name.`,
      );
    if (mac !== null && !MAC.test(mac)) problems.push(`${mac || 'Nothing'} is no MAC address of a card.`);
    if (id !== null && !DUID.test(id)) problems.push(`${id || 'Nothing'} is no DUID.`);
    for (const key of [mac?.toLowerCase(), id?.toLowerCase(), address?.value.toString()]) {
      if (key === undefined) continue;
      if (seen.has(key))
        problems.push(`${key === address?.value.toString() ? given : key} has two fixed addresses or users.`);
      seen.add(key);
    }
  }
  return problems;
}
