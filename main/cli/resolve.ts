import type { Domain } from '../contract/domain.ts';
import type { Host } from '../contract/host.ts';
import { CliError, UsageError } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { nearest } from './suggest.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What is known when a machine is looked up. */
export interface Known {
  readonly hosts: readonly Host[];
  readonly domains: readonly Domain[];
}

/** What can be named: a machine, a network, a pool. */
export interface Named {
  readonly host: string;
  readonly name: string;
  readonly uuid: string;
}

/** The machine that a person named, as `resolveNamed`. */
export function resolveDomain(text: string, { hosts, domains }: Known): Domain {
  return resolveNamed(text, { hosts, items: domains, noun: 'machine' });
}

/**
 * What a person named: `name`, UUID, or `host/name` (or `host/uuid`) where several hosts have one. `noun`: what it is, in one word.
 * Fails with UsageError when several fit, with exit code 1 when none does, with 3 when it may be on a host that is away.
 */
export function resolveNamed<T extends Named>(
  text: string,
  { hosts, items, noun }: { hosts: readonly Host[]; items: readonly T[]; noun: string },
): T {
  const found = candidates(text, hosts, items);
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) {
    const names = found.map((item) => `${hostName(hosts, item.host)}/${item.name}`);
    // Two of one name on one host cannot be; two hosts of one name can.
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
  const meant = nearest(
    text,
    items.map(({ name }) => name),
  );
  const hint = meant === null ? '' : ` Did you mean ${meant}?`;
  throw new CliError({ code: 'NOT_FOUND', message: `There is no ${noun} ${text} on ${where}.${hint}` });
}

function candidates<T extends Named>(text: string, hosts: readonly Host[], items: readonly T[]): T[] {
  const whole = onHosts(text, items);
  if (whole.length > 0) return whole;
  const slash = text.lastIndexOf('/');
  if (slash < 1) return [];
  const host = text.slice(0, slash);
  const ids = new Set(
    hosts.filter(({ id, name, uri }) => [id, name, uri].includes(host)).map(({ id }) => id),
  );
  return onHosts(
    text.slice(slash + 1),
    items.filter((item) => ids.has(item.host)),
  );
}

/** Names first: one may be called like another one's UUID. */
function onHosts<T extends Named>(text: string, items: readonly T[]): T[] {
  const named = items.filter(({ name }) => name === text);
  if (named.length > 0 || !UUID.test(text)) return named;
  return items.filter(({ uuid }) => uuid === text.toLowerCase());
}

export function hostName(hosts: readonly Host[], id: string): string {
  return hosts.find((host) => host.id === id)?.name ?? id;
}
