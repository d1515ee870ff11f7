import type { Domain } from '../contract/domain.ts';
import type { Host } from '../contract/host.ts';
import { reachedAs } from '../hosts/names.ts';
import { parseTarget } from '../hosts/target.ts';
import { CliError, UsageError } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { nearest } from './suggest.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What is known when a machine is looked up. */
export interface Known {
  readonly hosts: readonly Host[];
  readonly domains: readonly Domain[];
  /** UUIDs of machines of which a move has a job that is not over; left out: none is known. */
  readonly moving?: ReadonlySet<string>;
}

/** What a person named: a machine (or a network, a pool) on certain hosts, or wherever it is. */
export interface Meant {
  /** Ids of the hosts that `host/name` names; null: no host is named. */
  readonly on: ReadonlySet<string> | null;
  /** The machine's name or UUID. */
  readonly machine: string;
}

/**
 * Takes `host/name` apart; the host by its name, address, id or URI. What names a host is never a part of a machine's name: else a
 * machine called `kvm1/web` on another host could be taken for the one that is meant.
 * @throws UsageError when several hosts fit
 */
export function meantBy(text: string, hosts: readonly Host[]): Meant {
  // machines, URIs and what a person calls a host may have slashes in them
  const slashes = [...text.matchAll(/\//g)].map(({ index }) => index).filter((at) => at > 0);
  const readings = slashes.flatMap((at) =>
    hostsCalled(text.slice(0, at), hosts).map((host) => ({ host, machine: text.slice(at + 1) })),
  );
  const [first, ...others] = readings;
  if (first === undefined) return { on: null, machine: text };
  if (others.length === 0) return { on: new Set([first.host.id]), machine: first.machine };
  const choices = readings.map(({ host }) => `${host.name} (${host.uri})`).toSorted();
  throw new UsageError(
    `${text} may mean a machine of several hosts: ${choices.join(', ')}. Name the host by its URI.`,
  );
}

/** By name, address, id or URI. */
export function hostsCalled(text: string, hosts: readonly Host[]): Host[] {
  const named = hosts.filter(({ id, name, uri }) => [id, name, uri].includes(text));
  const addressed = hosts.filter(({ uri }) => addressesIn(uri).includes(text.toLowerCase()));
  // of several hosts with one address the one that the list shows by it
  if (named.length > 0 && named.every((host) => addressed.includes(host))) return named;
  return [...new Set([...named, ...addressed])];
}

/** `kvm1.example.org`, and with user and port as the URI has them. */
function addressesIn(uri: string): string[] {
  try {
    const target = parseTarget(uri);
    if (target.kind !== 'ssh' && target.kind !== 'tcp') return [];
    return [target.host, reachedAs(target)].map((address) => address.toLowerCase());
  } catch {
    return []; // a URI of a newer version
  }
}

/** What can be named: a machine, a network, a pool. */
export interface Named {
  readonly host: string;
  readonly name: string;
  readonly uuid: string;
}

/** The machine that a person named, as `resolveNamed`: of one that is surely being moved, which both hosts show meanwhile, what leaves. */
export function resolveDomain(text: string, known: Known, meant?: Meant): Domain {
  const { moving } = known;
  // What waits may be what an earlier move left behind, paused, of what runs there now.
  return resolveOnWay(
    text,
    known,
    meant,
    ({ uuid, state, reason }, arriving) =>
      state !== 'shutoff' &&
      reason !== 'migrated' &&
      (arriving.state === 'running' || moving?.has(uuid) === true),
  );
}

/** The same of one that a person says is being moved. */
export function resolveMoving(text: string, known: Known, meant?: Meant): Domain {
  return resolveOnWay(text, known, meant, () => true);
}

/** @param leaves whether what another host has of one that waits here for a move is what leaves */
function resolveOnWay(
  text: string,
  { hosts, domains }: Known,
  named: Meant | undefined,
  leaves: (other: Domain, arriving: Domain) => boolean,
): Domain {
  const meant = named ?? meantBy(text, hosts);
  const isTaken = (arriving: Domain): boolean =>
    domains.some(
      (one) =>
        one.uuid === arriving.uuid && one.host !== arriving.host && !isArriving(one) && leaves(one, arriving),
    );
  const isMeant = (domain: Domain): boolean => meant.on !== null || !isArriving(domain) || !isTaken(domain);
  return resolveNamed(text, { hosts, items: domains.filter(isMeant), noun: 'machine' }, meant);
}

/** On the target, as libvirt shows it: it waits there for its memory, or runs before all of it is there. */
export function isArriving({ state, reason }: Pick<Domain, 'state' | 'reason'>): boolean {
  return (state === 'paused' && reason === 'migration') || (state === 'running' && reason === 'postcopy');
}

/** It goes from one host to another, and both show it: one row is where it comes from, the other where it goes to. */
export function isBeingMoved({ uuid, host, ...domain }: Domain, domains: readonly Domain[]): boolean {
  const other = domains.find((one) => one.uuid === uuid && one.host !== host && one.state !== 'shutoff');
  return other !== undefined && domain.state !== 'shutoff' && (isArriving(domain) || isArriving(other));
}

/**
 * What a person named: `name`, UUID, or `host/name` (or `host/uuid`) where several hosts have one. `noun`: what it is, in one word.
 * Fails with UsageError when several fit, with exit code 1 when none does, with 3 when it may be on a host that is away.
 */
export function resolveNamed<T extends Named>(
  text: string,
  known: { readonly hosts: readonly Host[]; readonly items: readonly T[]; readonly noun: string },
  meant = meantBy(text, known.hosts),
): T {
  const { noun } = known;
  const { on, machine } = meant;
  const hosts = known.hosts.filter(({ id }) => on?.has(id) ?? true);
  const items = known.items.filter(({ host }) => on?.has(host) ?? true);
  const found = onHosts(machine, items);
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) {
    const names = found.map((item) => `${hostName(hosts, item.host)}/${item.name}`);
    // Two things of one name on one host cannot be; two hosts of one name can.
    const same = new Set(names).size < names.length;
    const choices = same ? found.map((item) => item.uuid) : names;
    throw new UsageError(
      `${text} is the name of several ${noun}s: ${choices.toSorted().join(', ')}. Say which one.`,
    );
  }
  const away = hosts.filter(({ state }) => state !== 'connected').map(({ name }) => name);
  if (away.length > 0) {
    const message = `No ${noun} ${text} was found, and not every host could be asked: ${away.join(', ')}.`;
    throw new CliError({ code: 'NOT_FOUND', message }, EXIT.unreachable);
  }
  const where = hosts.map(({ name }) => name).join(', ') || 'any host';
  const near = nearest(
    machine,
    items.map(({ name }) => name),
  );
  const hint = near === null ? '' : ` Did you mean ${near}?`;
  throw new CliError({ code: 'NOT_FOUND', message: `There is no ${noun} ${machine} on ${where}.${hint}` });
}

/** Names first: a machine may be called like another one's UUID. */
function onHosts<T extends Named>(text: string, items: readonly T[]): T[] {
  const named = items.filter(({ name }) => name === text);
  if (named.length > 0 || !UUID.test(text)) return named;
  return items.filter(({ uuid }) => uuid === text.toLowerCase());
}

/** Each machine once, as it was named first, so that nothing is done to it twice; what names none stays. */
export function oncePerMachine<T extends { readonly domain: Domain | null }>(named: readonly T[]): T[] {
  const seen = new Set<string>();
  return named.filter(({ domain }) => {
    if (domain === null) return true;
    const key = `${domain.host}\n${domain.uuid}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

export function hostName(hosts: readonly Host[], id: string): string {
  return hosts.find((host) => host.id === id)?.name ?? id;
}
