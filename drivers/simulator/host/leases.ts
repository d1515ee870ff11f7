import { readNetwork } from '../../libvirt/model/network.ts';
import { hashText } from '../random.ts';
import type { NicSpec } from '../fleet/spec.ts';
import type { Networks } from './networks.ts';

/** The IPv4 address that a network's DHCP server gives a card; null where it has none, or does not run. */
export function leaseOf(networks: Networks, nic: NicSpec): { address: string; prefix: number } | null {
  const live = networks.networks.find(({ name }) => name === nic.network)?.live ?? null;
  if (live === null) return null;
  const ip = readNetwork(live).ips.find(({ family }) => family === 'ipv4');
  const range = ip?.ranges[0];
  if (ip === undefined) return null;
  const fixed = ip.hosts.find(({ mac }) => mac === nic.mac);
  if (fixed !== undefined) return { address: fixed.ip, prefix: ip.prefix };
  if (range === undefined) return null;
  const net = `${ip.address.split('.').slice(0, 3).join('.')}.`;
  if (nic.address.startsWith(net)) return { address: nic.address, prefix: ip.prefix };
  const [first, last] = [lastByte(range.start), lastByte(range.end)];
  return {
    address: `${net}${first + (hashText(nic.mac) % Math.max(1, last - first + 1))}`,
    prefix: ip.prefix,
  };
}

function lastByte(address: string): number {
  return Number(address.split('.')[3] ?? 0);
}
