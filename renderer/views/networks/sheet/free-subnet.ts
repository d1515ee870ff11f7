import type { HostInterface, Network } from '../../../../main/contract/network.ts';
import { overlap, parseCidr, parseIp, subnetOf, type Subnet } from '../ip.ts';

/** How often the host is asked before the next best guess is taken. */
const ASKED = 8;

/** Where private networks are looked for, in the order of what disturbs least. */
function* candidates(family: 'ipv4' | 'ipv6'): Generator<string, void, void> {
  if (family === 'ipv6') {
    for (let n = 1; n < 100; n += 1) yield `fd00:${(0x7110 + n).toString(16)}::1/64`;
    return;
  }
  for (let n = 123; n < 254; n += 1) yield `192.168.${n}.1/24`;
  for (let n = 100; n < 250; n += 1) yield `10.${n}.0.1/24`;
}

/** The host's address in networks that none of these have. */
export function freeSubnets(
  family: 'ipv4' | 'ipv6',
  networks: readonly Pick<Network, 'ips'>[],
  count = ASKED,
): readonly string[] {
  const taken = networks.flatMap(({ ips }) =>
    ips.flatMap(({ address, prefix }) => subnetAt(address, prefix) ?? []),
  );
  const free: string[] = [];
  for (const cidr of candidates(family)) {
    const parsed = parseCidr(cidr);
    const subnet = parsed === null ? null : subnetOf(parsed.ip, parsed.prefix);
    if (subnet === null || taken.some((other) => overlap(other, subnet))) continue;
    free.push(cidr);
    if (free.length === count) break;
  }
  return free;
}

function subnetAt(address: string, prefix: number): Subnet | null {
  const ip = parseIp(address);
  return ip === null ? null : subnetOf(ip, prefix);
}

/** The first of them that the host has no objection to; the first of all when it cannot be asked. */
export async function firstFree(
  subnets: readonly string[],
  isFree: (cidr: string) => Promise<boolean>,
): Promise<string | null> {
  try {
    for (const cidr of subnets) if (await isFree(cidr)) return cidr;
  } catch {
    // The form says what is wrong with it, as soon as the host answers.
  }
  return subnets[0] ?? null;
}

/** `network-2`: a name that none of these has. */
export function freeName(networks: readonly Pick<Network, 'name'>[]): string {
  const names = new Set(networks.map(({ name }) => name));
  for (let n = 1; ; n += 1) if (!names.has(`network-${n}`)) return `network-${n}`;
}

/** `virbr1`: a bridge that none of these is or has. libvirt counts on from 0 in the same way. */
export function freeBridge(
  networks: readonly Pick<Network, 'bridge'>[],
  interfaces: readonly Pick<HostInterface, 'name'>[],
): string {
  const taken = new Set([...networks.map(({ bridge }) => bridge), ...interfaces.map(({ name }) => name)]);
  for (let n = 0; ; n += 1) if (!taken.has(`virbr${n}`)) return `virbr${n}`;
}
