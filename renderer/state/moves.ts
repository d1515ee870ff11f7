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

/** The key of a machine that its host has no more, on the one host that has it now; null: none has, or it is still there. Pure. */
export function whereItWent(key: string, domains: readonly DomainRef[]): string | null {
  if (domains.some(({ host, uuid }) => domainKey(host, uuid) === key)) return null;
  const [one, ...others] = domains.filter(({ uuid }) => key.endsWith(`/${uuid}`));
  return one === undefined || others.length > 0 ? null : domainKey(one.host, one.uuid);
}

interface Seen {
  readonly domains: readonly Domain[];
  readonly hosts: readonly Host[];
  readonly moves: ReadonlyMap<string, HostMove>;
}

let seen: Seen | null = null;

/** Once for each state of the inventory, however many rows ask. */
function moveNow(uuid: string): HostMove | undefined {
  const domains = inventory.domains.get();
  const hosts = inventory.hosts.get();
  if (seen?.domains !== domains || seen.hosts !== hosts) {
    const away = new Set(hosts.flatMap(({ id, state }) => (state === 'connected' ? [] : [id])));
    seen = { domains, hosts, moves: movesByState(domains, away) };
  }
  return seen.moves.get(uuid);
}

function subscribe(listener: () => void): () => void {
  const leave = [inventory.domains.subscribe(listener), inventory.hosts.subscribe(listener)];
  return () => leave.forEach((one) => one());
}

/** The move of a machine that one of its two hosts tells of, whoever drives it. */
export function useMoveByState({ host, uuid }: DomainRef): HostMove | null {
  const from = useSyncExternalStore(subscribe, () => moveNow(uuid)?.from ?? null);
  const to = useSyncExternalStore(subscribe, () => moveNow(uuid)?.to ?? null);
  return from !== null && to !== null && (from === host || to === host) ? { from, to } : null;
}
