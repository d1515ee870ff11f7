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

/** The name a host calls itself by, fit to be shown; null when it says nothing. A host may answer anything. */
export function ownName(hostname: string): string | null {
  const name = hostname.replaceAll(/[^\p{L}\p{N}._-]/gu, '').slice(0, MAX_OWN_NAME);
  return name === '' || NO_NAMES.has(name.toLowerCase()) ? null : name;
}

/**
 * A name for each host, no two alike. What a person typed wins over what a host calls itself, and that over its address; where names
 * are equal, those that nobody typed say how they are reached: `kvm1 (root@192.0.2.1)`, else by their URI.
 */
export function hostNames(hosts: readonly Nameable[]): Map<string, string> {
  const named = hosts.map((host) => ({ host, choices: choicesOf(host), at: 0 }));
  type Entry = (typeof named)[number];
  const nameOf = ({ choices, at }: Entry): string => choices[at] ?? '';
  const canGo = ({ choices, at }: Entry): boolean => at < choices.length - 1;
  for (;;) {
    const clashes = grouped(named, nameOf).filter((group) => group.length > 1 && group.some(canGo));
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

/** From the nicest to one that no other host has. */
function choicesOf({ id, given, own, target }: Nameable): string[] {
  const name = given ?? (hasOwnName(target) ? own : null) ?? defaultName(target);
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
function reachedAs(target: HostTarget): string {
  if (target.kind !== 'ssh' && target.kind !== 'tcp') return target.uri;
  const user = target.kind === 'ssh' && target.user !== null ? `${target.user}@` : '';
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `${user}${host}${target.port === null ? '' : `:${target.port}`}`;
}
