import { isIP } from 'node:net';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { virDomainInterfaceAddressesSource as SOURCE } from '../../drivers/libvirt/constants/domain-flags.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { AddressView } from '../contract/domain.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';

/** The agent of a busy guest may never answer. */
const ADDRESS_LIMIT_MS = 10_000;

export type AddressSource = AddressView['source'];

const SOURCES: Record<AddressSource, number> = {
  lease: SOURCE.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
  agent: SOURCE.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
  arp: SOURCE.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP,
};

/** virIPAddrType has 0 for IPv4 and 1 for IPv6; the text says it as well. A guest's agent can answer anything: only addresses pass. */
const MAX_ADDRESSES = 256;

/**
 * Addresses of a machine as one source knows them (virDomainInterfaceAddresses), without loopback and link-local ones, IPv4 first.
 * Empty when the source has none or cannot be asked: the agent does not run, the driver lacks it.
 * @throws LinkError
 */
export async function readAddresses(
  client: LibvirtClient,
  request: { dom: DomainRef; source: AddressSource },
  options: CallOptions,
): Promise<AddressView[]> {
  const { dom, source } = request;
  try {
    const reply = await client.remote.domainInterfaceAddresses(
      { dom, source: SOURCES[source], flags: 0 },
      options,
    );
    const views = reply.ifaces.flatMap((iface) =>
      iface.addrs.map(({ addr, prefix }: { addr: string; prefix: number }) => ({
        address: addr,
        prefix,
        mac: iface.hwaddr,
        source,
      })),
    );
    return views
      .filter(({ address }) => isUsable(address))
      .slice(0, MAX_ADDRESSES)
      .toSorted(byFamily);
  } catch (error) {
    if (error instanceof LibvirtError) return [];
    throw error;
  }
}

/** Addresses by the network's leases; where there are none, by the guest's agent. Each once. @throws LinkError */
export async function readBestAddresses(
  client: LibvirtClient,
  dom: DomainRef,
  signal: AbortSignal,
): Promise<string[]> {
  const options = { signal, timeoutMs: ADDRESS_LIMIT_MS };
  const leased = await readAddresses(client, { dom, source: 'lease' }, options);
  const found = leased.length > 0 ? leased : await readAddresses(client, { dom, source: 'agent' }, options);
  return [...new Set(found.map(({ address }) => address))];
}

/** An address that another machine could reach it by. */
function isUsable(address: string): boolean {
  if (isIP(address) === 4) return !address.startsWith('127.') && !address.startsWith('169.254.');
  return isIP(address) === 6 && address !== '::1' && !/^fe[89ab]/i.test(address);
}

function byFamily(a: AddressView, b: AddressView): number {
  return isIP(a.address) - isIP(b.address);
}
