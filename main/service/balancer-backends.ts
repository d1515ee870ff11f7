import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { Backend, BackendView } from '../contract/balancer.ts';
import type { AddressView } from '../contract/domain.ts';
import { readAddresses } from '../inventory/addresses.ts';
import { isActive } from '../inventory/states.ts';
import { isBackendAddress } from '../jobs/balancer/config.ts';
import type { Fleet, Machine } from './fleet.ts';

/** Who is asked for a machine's address, one after another: the host's own word comes before the guest's. */
const SOURCES = ['lease', 'agent', 'arp'] as const;
/** An agent that does not answer must not hold up the others. */
const SOURCE_LIMIT_MS = 3000;

/**
 * Back ends as they are found now, on whichever host they are.
 * @param beside the machine in front of them, where it runs: an address of a network that it is in too is taken before others
 * @throws LinkError when the host of `beside` is lost
 */
export async function findBackends(
  fleet: Fleet,
  backends: readonly Backend[],
  { host, beside }: { host: string; beside: Machine | null },
  options: CallOptions,
): Promise<BackendView[]> {
  const own = beside === null ? [] : await addressesOf(beside, options);
  return Promise.all(backends.map((backend) => find(fleet, backend, { host, own }, options)));
}

async function find(
  fleet: Fleet,
  { machine: uuid, name = null, port, address: typed }: Backend,
  around: { host: string; own: readonly AddressView[] },
  options: CallOptions,
): Promise<BackendView> {
  const machine = uuid === null ? null : findMachine(fleet, uuid, around.host);
  const view = {
    machine: uuid,
    name: machine?.domain.name ?? name ?? typed ?? uuid ?? '',
    host: machine?.host.id ?? null,
    port,
    typed,
    address: typed,
    source: null,
    missing: null,
  };
  if (typed !== null)
    return isBackendAddress(typed) ? view : { ...view, address: null, missing: 'noAddress' };
  if (machine === null) return { ...view, missing: 'unknown' };
  if (!isActive(machine.domain.state)) return { ...view, missing: 'off' };
  const found = best(await addressesOf(machine, options), around.own);
  if (found === null) return { ...view, missing: 'noAddress' };
  return { ...view, address: found.address, source: found.source };
}

/** Where several hosts have a machine of that UUID, the one that runs, and of those the one beside. */
function findMachine(fleet: Fleet, uuid: string, beside: string): Machine | null {
  const found = fleet.store
    .domains()
    .filter((domain) => domain.uuid === uuid && fleet.reference(domain.host, uuid) !== undefined)
    .toSorted((a, b) => rank(b, beside) - rank(a, beside));
  const [first] = found;
  return first === undefined ? null : fleet.machine(first);
}

function rank({ host, state }: Machine['domain'], beside: string): number {
  return (isActive(state) ? 2 : 0) + (host === beside ? 1 : 0);
}

/** Of the first source that knows usable ones. */
async function addressesOf({ session, dom }: Machine, options: CallOptions): Promise<AddressView[]> {
  const call = { ...options, timeoutMs: SOURCE_LIMIT_MS };
  for (const source of SOURCES) {
    try {
      const found = await readAddresses(session.client, { dom, source }, call);
      const usable = found.filter(({ address }) => isBackendAddress(address));
      if (usable.length > 0) return usable;
    } catch (error) {
      if (!session.client.isOpen || options.signal?.aborted === true) throw error;
    }
  }
  return [];
}

function best(found: readonly AddressView[], own: readonly AddressView[]): AddressView | null {
  return found.find((one) => own.some((mine) => sameNetwork(one, mine))) ?? found[0] ?? null;
}

function sameNetwork(one: AddressView, mine: AddressView): boolean {
  // ARP tells no prefix.
  if (mine.prefix < 1 || mine.prefix > 32) return false;
  const shift = 32 - mine.prefix;
  return numberOf(one.address) >>> shift === numberOf(mine.address) >>> shift;
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
