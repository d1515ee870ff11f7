import type { HostInterface, Network, NetworkSpec } from '../contract/network.ts';
import { addressProblems } from './address-problems.ts';
import { dhcpProblems } from './dhcp-problems.ts';
import { linkProblems } from './link-problems.ts';

/** What a network that is to be made can run into. */
export interface NetworkSurroundings {
  /** All other networks of the host. */
  networks: readonly Pick<Network, 'name' | 'bridge' | 'mode' | 'ips' | 'routes'>[];
  /** Null where the host does not tell. */
  interfaces: readonly HostInterface[] | null;
  /** Networks that the host itself is in, as far as it tells, with the device. */
  hostAddresses: readonly { device: string; address: string; prefix: number }[];
  /** The address that the host sees this computer by; null where it does not tell. */
  client: string | null;
  /** `9.0.0`; empty where it is not known. */
  libvirtVersion: string;
}

/** What stands against a network, as sentences; empty when nothing does. Pure. */
export function networkProblems(spec: NetworkSpec, around: NetworkSurroundings): string[] {
  return [
    ...nameProblems(spec, around),
    ...linkProblems(spec, around),
    ...addressProblems(spec, around),
    ...dhcpProblems(spec),
  ];
}

/** What stands against changing a network: not what stood against it before. */
export function changeProblems(
  spec: NetworkSpec,
  { present, around }: { present: NetworkSpec; around: NetworkSurroundings },
  find = networkProblems,
): string[] {
  const before = new Set(find(present, around));
  return find(spec, around).filter((problem) => !before.has(problem));
}

function nameProblems({ name }: NetworkSpec, { networks }: NetworkSurroundings): string[] {
  if (name.trim() === '') return ['A network needs a name.'];
  if (/[/\n]/.test(name) || name === '.' || name === '..')
    return [`${name} cannot be the name of a network: libvirt makes a file of it.`];
  return networks.some((other) => other.name === name) ? [`A network ${name} exists already.`] : [];
}
