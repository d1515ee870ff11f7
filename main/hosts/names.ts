import { isIP } from 'node:net';
import type { HostTarget } from './target.ts';

/** What a host can be called by. */
export interface Nameable {
  id: string;
  /** The name a person gave it; null: its own. */
  given: string | null;
  /** The name it calls itself by (virConnectGetHostname), as last known; null before it was reached. */
  own: string | null;
  target: HostTarget;
}

/** Names that every second machine has: they tell nothing. */
const NO_NAMES = new Set(['localhost', 'localhost.localdomain', '(none)']);
/** Longest host name (DNS). */
const MAX_OWN_NAME = 253;
/** What the names of machines are made of (hostname(7)), and the underscore that some have all the same. */
const HOSTNAME = /^[a-z0-9_](?:[a-z0-9_-]*)(?:\.[a-z0-9_][a-z0-9_-]*)*$/i;
/** An address to those who read it as inet_aton(3) does: `10.1`, `0x7f.1`. */
const ENDS_IN_A_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/i;

/**
 * The name a host calls itself by; null when it says nothing that can be used. A host may answer anything: what looks like an address,
 * or has signs that no host's name has, is no name.
 */
export function ownName(hostname: string): string | null {
  if (hostname.length > MAX_OWN_NAME || !HOSTNAME.test(hostname)) return null;
  if (isIP(hostname) !== 0 || ENDS_IN_A_NUMBER.test(hostname)) return null;
  return NO_NAMES.has(hostname.toLowerCase()) ? null : hostname;
}

/**
 * A name for each host, no two alike in any case of letters. What a person typed wins over what a host calls itself, and that over its
 * address; where names are equal, those that nobody typed say how they are reached: `kvm1 (root@192.0.2.1)`, else by their URI.
 *
 * A host that calls itself by what belongs to another one (the name a person gave that one, its address, its id) is called by its own
 * address: nobody who means the other one may come to it.
 */
export function hostNames(hosts: readonly Nameable[]): Map<string, string> {
  const owners = ownersOf(hosts);
  const named = hosts.map((host) => ({ host, choices: choicesOf(host, usableOwnName(host, owners)), at: 0 }));
  type Entry = (typeof named)[number];
  const nameOf = ({ choices, at }: Entry): string => choices[at] ?? '';
  const folded = (entry: Entry): string => nameOf(entry).toLowerCase();
  const canGo = ({ choices, at }: Entry): boolean => at < choices.length - 1;
  for (;;) {
    const clashes = grouped(named, folded).filter((group) => group.length > 1 && group.some(canGo));
    if (clashes.length === 0) return new Map(named.map((entry) => [entry.host.id, nameOf(entry)]));
    for (const clash of clashes) {
      const untyped = clash.filter((entry) => entry.host.given === null && canGo(entry));
      for (const entry of untyped.length > 0 ? untyped : clash.filter(canGo)) entry.at += 1;
    }
  }
}

function grouped<T>(values: readonly T[], key: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return [...groups.values()];
}

/** By what persons call hosts, in small letters: the ids of the hosts that are called so. */
function ownersOf(hosts: readonly Nameable[]): Map<string, Set<string>> {
  const owners = new Map<string, Set<string>>();
  for (const { id, given, target } of hosts)
    for (const name of [id, given, defaultName(target)]) {
      if (name === null) continue;
      const key = name.toLowerCase();
      owners.set(key, (owners.get(key) ?? new Set()).add(id));
    }
  return owners;
}

/** What the host calls itself, unless that is another one's. Settings of an older version may hold what is no name. */
function usableOwnName({ id, own, target }: Nameable, owners: Map<string, Set<string>>): string | null {
  const name = own === null || !hasOwnName(target) ? null : ownName(own);
  if (name === null) return null;
  const others = owners.get(name.toLowerCase()) ?? new Set();
  // one address by two users, or two ports of it: both may be called so, and are told apart by how they are reached
  return others.size === 0 || others.has(id) ? name : null;
}

/** From the nicest to one that no other host has. */
function choicesOf({ id, given, target }: Nameable, own: string | null): string[] {
  const name = given ?? own ?? defaultName(target);
  const way = reachedAs(target);
  const withWay = name === defaultName(target) && way !== target.uri ? way : `${name} (${way})`;
  return [name, withWay, `${name} (${target.uri})`, `${name} (${id})`];
}

/** This computer needs no name, and a demo host has one. */
function hasOwnName(target: HostTarget): boolean {
  return target.kind === 'ssh' || target.kind === 'tcp';
}

function defaultName(target: HostTarget): string {
  if (target.kind === 'ssh' || target.kind === 'tcp') return target.host;
  return target.kind === 'demo' ? target.name : 'This computer';
}

/** `root@192.0.2.1:2222`; the URI where there is no address. */
export function reachedAs(target: HostTarget): string {
  if (target.kind !== 'ssh' && target.kind !== 'tcp') return target.uri;
  const user = target.kind === 'ssh' && target.user !== null ? `${target.user}@` : '';
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `${user}${host}${target.port === null ? '' : `:${target.port}`}`;
}
