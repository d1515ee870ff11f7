import type { Domain, DomainRef } from '../../main/contract/domain.ts';
import { plainReason } from '../ui/domain-state.ts';
import { inventory } from './inventory.ts';
import { useSelected } from './store.ts';

/** The host that a machine comes from, and that which it goes to: their ids. */
export interface HostMove {
  readonly from: string;
  readonly to: string;
}

/**
 * Machines that two hosts have at the same moment as only a migration shows it, by UUID: so one that another program drives is seen, too.
 * What a migration left paused long ago beside one that runs is none. Pure.
 */
export function movesByState(domains: readonly Domain[]): ReadonlyMap<string, HostMove> {
  const held = new Map(domains.filter(isHeld).map((domain) => [domain.uuid, domain]));
  const moves = new Map<string, HostMove>();
  if (held.size === 0) return moves;
  for (const other of domains) {
    const one = held.get(other.uuid);
    if (one === undefined || one.host === other.host || other.id === null || isHeld(other)) continue;
    // By post-copy it runs on the target already.
    if (plainReason(one.reason) === 'postcopy') moves.set(one.uuid, { from: one.host, to: other.host });
    // The target is made while the machine runs; what is paused later, or was found so, is what a move has left.
    else if ((one.since ?? 0) >= (other.since ?? 0)) moves.set(one.uuid, { from: other.host, to: one.host });
  }
  return moves;
}

function isHeld({ state, reason }: Domain): boolean {
  const plain = plainReason(reason);
  return state === 'paused' && (plain === 'migration' || plain === 'postcopy');
}

let seen: { readonly domains: readonly Domain[]; readonly moves: ReadonlyMap<string, HostMove> } | null =
  null;

/** Once for each state of the inventory, however many rows ask. */
function movesOf(domains: readonly Domain[]): ReadonlyMap<string, HostMove> {
  if (seen?.domains !== domains) seen = { domains, moves: movesByState(domains) };
  return seen.moves;
}

/** The move of a machine that one of its two hosts tells of, whoever drives it. */
export function useMoveByState({ host, uuid }: DomainRef): HostMove | null {
  const from = useSelected(inventory.domains, (all) => movesOf(all).get(uuid)?.from ?? null);
  const to = useSelected(inventory.domains, (all) => movesOf(all).get(uuid)?.to ?? null);
  return from !== null && to !== null && (from === host || to === host) ? { from, to } : null;
}
