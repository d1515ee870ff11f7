import type { FilterModel } from '../../drivers/libvirt/model/nwfilter.ts';
import type { NicModel } from '../../drivers/libvirt/model/nic.ts';
import type { Domain } from '../contract/domain.ts';
import type { HostInterface, Lease, Network, NetworkFilter, NetworkUser } from '../contract/network.ts';
import { isActive } from '../inventory/states.ts';
import { OWN_BRIDGE } from './link-problems.ts';
import type { InterfaceFacts } from './read-interfaces.ts';

/** A machine and its cards. */
export interface CardsOf {
  readonly domain: Domain;
  readonly cards: readonly NicModel[];
}

/** The cards that are plugged into a network, by their machines' names. */
export function usersOf(
  network: string,
  machines: readonly CardsOf[],
  leases: readonly Lease[],
): NetworkUser[] {
  return machines
    .flatMap(({ domain, cards }) =>
      cards
        .filter(({ type, source }) => type === 'network' && source === network)
        .map((card): NetworkUser => {
          const running = isActive(domain.state);
          return {
            uuid: domain.uuid,
            name: domain.name,
            mac: card.mac,
            running,
            portGroup: card.portgroup,
            target: running ? card.target : null,
            addresses: running ? addressesOf(card, { domain, cards }, leases) : [],
          };
        }),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** By the network's own leases; else the machine's addresses, when they can be no other card's. */
function addressesOf({ mac }: NicModel, { domain, cards }: CardsOf, leases: readonly Lease[]): string[] {
  const leased = leases.filter((lease) => lease.mac === mac).map(({ ip }) => ip);
  if (leased.length > 0) return leased;
  return cards.length === 1 ? [...domain.addresses] : [];
}

export function filterWithUsers(filter: FilterModel, machines: readonly CardsOf[]): NetworkFilter {
  const users = machines.flatMap(({ domain, cards }) =>
    cards
      .filter((card) => card.filter === filter.name)
      .map(({ mac }) => ({ uuid: domain.uuid, name: domain.name, mac })),
  );
  return { ...filter, refs: [...new Set(filter.refs)], users };
}

/** What networks and cards can use: without the machines' own ends, with the networks that made them. */
export function usableInterfaces(
  found: readonly InterfaceFacts[],
  networks: readonly Pick<Network, 'name' | 'bridge' | 'mode'>[],
  machines: readonly CardsOf[],
): HostInterface[] {
  const ends = new Set(machines.flatMap(({ cards }) => cards.map(({ target }) => target)));
  return found
    .filter(({ name }) => !ends.has(name))
    .map(({ addresses: _addresses, ...device }) => {
      const maker = networks.find(({ bridge, mode }) => bridge === device.name && OWN_BRIDGE.has(mode));
      return maker === undefined
        ? { ...device, network: null }
        : { ...device, network: maker.name, kind: 'bridge' };
    });
}
