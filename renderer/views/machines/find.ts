import type { Domain } from '../../../main/contract/domain.ts';
import type { Host } from '../../../main/contract/host.ts';
import type { MachineFilter, StateGroup } from '../../state/filter.ts';
import { domainTone, isActive } from '../../ui/domain-state.ts';

/** A shorter word is in many UUIDs by chance. */
const UUID_WORD = 4;
const BY_NAME = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** `web-2` before `web-10`. */
export function compareNames(a: string, b: string): number {
  return BY_NAME.compare(a, b);
}

/** Lower case, as `hasWords` wants both of its sides. */
export function words(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

/**
 * What follows a command's words at the beginning of a text (three letters of each are enough, and of several the first ones are); null:
 * the text does not begin with them.
 */
export function wordsAfter(command: string, text: string): string | null {
  const given = words(text);
  const taken = wordsTaken(command, text);
  return taken === 0 ? null : given.slice(taken).join(' ');
}

/** How many words of a text are those of a command that it begins with. */
export function wordsTaken(command: string, text: string): number {
  const known = words(command);
  const given = words(text);
  const end = given.findIndex((word, index) => !isBeginning(word, known[index] ?? ''));
  return end === -1 ? given.length : end;
}

function isBeginning(word: string, of: string): boolean {
  return word === of || (word.length >= 3 && of.startsWith(word));
}

/** Every word has to be in it somewhere. */
export function hasWords(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}

function haystack(domain: Domain, hostName: string): string {
  return `${domain.name} ${hostName} ${domain.addresses.join(' ')} ${domain.uuid}`.toLowerCase();
}

/** A place in the search's answer: names that begin with the first word, names that hold it, what matches otherwise. */
export function rankOf(name: string, first: string): number {
  const lower = name.toLowerCase();
  if (lower.startsWith(first)) return 0;
  return lower.includes(first) ? 1 : 2;
}

export interface FoundMachine {
  readonly domain: Domain;
  /** The address or UUID that was asked for, else the first address; undefined: none is known. */
  readonly detail: string | undefined;
}

export interface Found {
  readonly machines: readonly FoundMachine[];
  readonly hosts: readonly Host[];
  /** A host's name fits better than any machine's. */
  readonly hostsFirst: boolean;
  /** The name of a machine or host begins with the first word. */
  readonly beginsSo: boolean;
}

/** What has all words of `text` in its name, host, addresses or UUID (machines), in its name, URI or host name (hosts); best first. */
export function find(
  { domains, hosts }: { readonly domains: readonly Domain[]; readonly hosts: readonly Host[] },
  query: { readonly text: string; readonly limit: number },
): Found {
  const wanted = words(query.text);
  const first = wanted[0] ?? '';
  const names = new Map(hosts.map((host) => [host.id, host.name]));
  const bestOf = <T extends { readonly name: string }>(all: readonly T[], text: (one: T) => string) =>
    all
      .filter((one) => hasWords(text(one), wanted))
      .map((one) => ({ one, rank: rankOf(one.name, first) }))
      .sort((a, b) => a.rank - b.rank || compareNames(a.one.name, b.one.name))
      .slice(0, query.limit);
  const machines = bestOf(domains, (domain) => haystack(domain, names.get(domain.host) ?? ''));
  const found = bestOf(hosts, (host) =>
    `${host.name} ${host.uri} ${host.info?.hostname ?? ''}`.toLowerCase(),
  );
  return {
    machines: machines.map(({ one }) => ({ domain: one, detail: detailOf(one, wanted) })),
    hosts: found.map(({ one }) => one),
    beginsSo: found[0]?.rank === 0 || machines[0]?.rank === 0,
    hostsFirst: (found[0]?.rank ?? Infinity) < (machines[0]?.rank ?? Infinity),
  };
}

function detailOf({ name, addresses, uuid }: Domain, wanted: readonly string[]): string | undefined {
  const rest = wanted.filter((word) => !name.toLowerCase().includes(word));
  const address = addresses.find((one) => rest.some((word) => one.toLowerCase().includes(word)));
  if (address !== undefined) return address;
  return rest.some((word) => word.length >= UUID_WORD && uuid.includes(word)) ? uuid : addresses[0];
}

function inGroup(domain: Domain, group: StateGroup): boolean {
  switch (group) {
    case 'running':
      return domain.state === 'running' || domain.state === 'blocked';
    case 'paused':
      return domain.state === 'paused' || domain.state === 'pmsuspended';
    case 'off':
      return !isActive(domain) && domain.state !== 'crashed';
    case 'attention':
      return domainTone(domain) === 'bad';
  }
}

/** `template:yes` and `template:no` mean what they say, `tag:web` that it has this tag; any other word has to be in it somewhere. */
function hasWord(domain: Domain, word: string, hostName: (id: string) => string): boolean {
  const [, asked] = /^template:(yes|no)$/.exec(word) ?? [];
  if (asked !== undefined) return (domain.template === true) === (asked === 'yes');
  if (word.startsWith('tag:')) return hasTag(domain, word.slice('tag:'.length));
  return haystack(domain, hostName(domain.host)).includes(word);
}

/** Nothing behind `tag:` yet: those that have any. */
function hasTag({ tags = [] }: Domain, wanted: string): boolean {
  return wanted === '' ? tags.length > 0 : tags.some((tag) => tag.toLowerCase() === wanted);
}

/** The machines the filter leaves. */
export function filterMachines(
  domains: readonly Domain[],
  filter: MachineFilter,
  hostName: (id: string) => string,
): readonly Domain[] {
  const { state, host } = filter;
  const wanted = words(filter.text);
  if (wanted.length === 0 && state === null && host === null) return domains;
  return domains.filter(
    (domain) =>
      (host === null || domain.host === host) &&
      (state === null || inGroup(domain, state)) &&
      wanted.every((word) => hasWord(domain, word, hostName)),
  );
}
