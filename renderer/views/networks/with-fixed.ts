import type { DhcpHost, NetworkSpec } from '../../../main/contract/network.ts';

/** The network's addresses with one fixed address put in the place of another; null for none. */
export function withFixed(
  ips: NetworkSpec['ips'],
  before: DhcpHost | null,
  after: DhcpHost | null,
): NetworkSpec['ips'] {
  const family = (after ?? before)?.ip.includes(':') === true ? 'ipv6' : 'ipv4';
  // DHCP works on one address of each family: the one that has it, or else the first.
  const served = ips.find((ip) => ip.family === family && ip.ranges.length + ip.hosts.length > 0);
  const place =
    ips.find(({ hosts }) => before !== null && hosts.includes(before)) ??
    served ??
    ips.find((ip) => ip.family === family);
  return ips.map((ip) => {
    if (ip !== place) return ip;
    const at = before === null ? -1 : ip.hosts.indexOf(before);
    if (after === null) return { ...ip, hosts: ip.hosts.filter((host) => host !== before) };
    return { ...ip, hosts: at < 0 ? [...ip.hosts, after] : ip.hosts.with(at, after) };
  });
}
