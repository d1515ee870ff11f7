import { useSyncExternalStore } from 'react';
import type { Domain, DomainRef } from '../../main/contract/domain.ts';
import type { Host } from '../../main/contract/host.ts';
import { plainReason } from '../ui/domain-state.ts';
import { inventory } from './inventory.ts';
import { domainKey } from './store.ts';

/** The host that a machine comes from, and that which it goes to: their ids. */
export interface HostMove {
  readonly from: string;
  readonly to: string;
}

/**
 * Machines that two hosts have at the same moment as only a migration shows it, by UUID: so one that another program drives is seen, too.
 * What a migration left paused long ago beside one that runs is none, nor is what a host held for one before it went away. Pure.
 * @param away ids of hosts that do not answer now
 */
export function movesByState(
  domains: readonly Domain[],
  away: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, HostMove> {
  const known = domains.filter((domain) => isHeld(domain) && !away.has(domain.host));
  const held = new Map(known.map((domain) => [domain.uuid, domain]));
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

/**
 * Where a machine that is looked at went: once its host has it no more, the host that a move of it has shown, where that has it. Pure but for what it remembers; one that is
 * deleted, or was never seen to go, went nowhere, whoever else has the same UUID.
 */
export class Follower {
  #going: { readonly key: string; readonly to: string } | null = null;

  /** @returns the machine's key on its new host; null: it is where it was, or nobody knows */
  next(key: string, domains: readonly DomainRef[], moves: ReadonlyMap<string, HostMove>): string | null {
    const here = domains.find(({ host, uuid }) => domainKey(host, uuid) === key);
    if (here !== undefined) {
      const move = moves.get(here.uuid);
      if (move?.from === here.host) this.#going = { key, to: domainKey(move.to, here.uuid) };
      return null;
    }
    const to = this.#going?.key === key ? this.#going.to : null;
    return domains.some(({ host, uuid }) => domainKey(host, uuid) === to) ? to : null;
  }
}

interface Seen {
  readonly domains: readonly Domain[];
  readonly hosts: readonly Host[];
  readonly moves: ReadonlyMap<string, HostMove>;
}

let seen: Seen | null = null;

/** Those of the inventory as it is now: once for each state of it, however many rows ask. */
export function movesNow(): ReadonlyMap<string, HostMove> {
  const domains = inventory.domains.get();
  const hosts = inventory.hosts.get();
  if (seen?.domains !== domains || seen.hosts !== hosts) {
    const away = new Set(hosts.flatMap(({ id, state }) => (state === 'connected' ? [] : [id])));
    seen = { domains, hosts, moves: movesByState(domains, away) };
  }
  return seen.moves;
}

function subscribe(listener: () => void): () => void {
  const leave = [inventory.domains.subscribe(listener), inventory.hosts.subscribe(listener)];
  return () => leave.forEach((one) => one());
}

/** The move of a machine that one of its two hosts tells of, whoever drives it. */
export function useMoveByState({ host, uuid }: DomainRef): HostMove | null {
  const from = useSyncExternalStore(subscribe, () => movesNow().get(uuid)?.from ?? null);
  const to = useSyncExternalStore(subscribe, () => movesNow().get(uuid)?.to ?? null);
  return from !== null && to !== null && (from === host || to === host) ? { from, to } : null;
}
