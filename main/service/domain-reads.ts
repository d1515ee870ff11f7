import { virDomainXMLFlags } from '../../drivers/libvirt/constants/domain-flags.ts';
import { readDomain } from '../../drivers/libvirt/model/domain.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { AddressView, DomainDetail } from '../contract/domain.ts';
import { readAddresses, type AddressSource } from '../inventory/addresses.ts';
import { isActive } from '../inventory/states.ts';
import { toDetail } from './detail.ts';
import { readDiskSizes } from './disk-sizes.ts';
import type { Machine } from './fleet.ts';

/** An agent that does not answer must not hold up the page of its machine. */
const AGENT_LIMIT_MS = 3000;

/** Everything that the page of a machine shows: its XML as it runs and as it will start, and its addresses from every source. */
export async function readDetail(machine: Machine, options: CallOptions): Promise<DomainDetail> {
  const { session, dom, domain } = machine;
  const { remote } = session.client;
  const running = isActive(domain.state);
  const xmlOf = (flags: number): Promise<string> =>
    remote.domainGetXmlDesc({ dom, flags }, options).then((reply) => reply.xml);
  const [current, next, lease, arp] = await Promise.all([
    xmlOf(0).then(readDomain),
    running && domain.persistent ? xmlOf(virDomainXMLFlags.VIR_DOMAIN_XML_INACTIVE).then(readDomain) : null,
    running ? addresses(machine, 'lease', options) : [],
    running ? addresses(machine, 'arp', options) : [],
  ]);
  // While it runs its figures tell.
  const diskSizes = running ? undefined : await readDiskSizes(machine, current, options);
  const agent =
    current.agent === 'connected'
      ? await addresses(machine, 'agent', { ...options, timeoutMs: AGENT_LIMIT_MS })
      : [];
  return toDetail({
    host: domain.host,
    uuid: domain.uuid,
    current,
    next,
    addresses: merged([...lease, ...agent, ...arp]),
    ...(diskSizes === undefined ? {} : { diskSizes }),
  });
}

/** A source that does not answer in time has nothing to tell. */
async function addresses(
  machine: Machine,
  source: AddressSource,
  options: CallOptions,
): Promise<AddressView[]> {
  try {
    return await readAddresses(machine.session.client, { dom: machine.dom, source }, options);
  } catch (error) {
    if (machine.session.client.isOpen && options.signal?.aborted !== true) return [];
    throw error;
  }
}

/** An address that several sources know is shown once, by the best of them. */
function merged(views: readonly AddressView[]): AddressView[] {
  const byAddress = new Map<string, AddressView>();
  for (const view of views) if (!byAddress.has(view.address)) byAddress.set(view.address, view);
  return [...byAddress.values()];
}
