import type { Domain } from '../../../main/contract/domain.ts';
import type { MachineFilter, StateGroup } from '../../state/filter.ts';
import { domainTone, isActive } from '../../ui/domain-state.ts';

const BY_NAME = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** `web-2` before `web-10`. */
export function compareNames(a: string, b: string): number {
  return BY_NAME.compare(a, b);
}

/** Every word has to be in it somewhere. */
function hasWords(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}

function words(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

function haystack(domain: Domain, hostName: string): string {
  return `${domain.name} ${hostName} ${domain.addresses.join(' ')} ${domain.uuid}`.toLowerCase();
}

/** Machines that have all words; those whose name begins with the first word come first. */
export function findMachines(
  domains: readonly Domain[],
  query: { text: string; limit: number; hostName: (id: string) => string },
): Domain[] {
  const wanted = words(query.text);
  const first = wanted[0] ?? '';
  const rank = (domain: Domain): number => {
    const name = domain.name.toLowerCase();
    if (name.startsWith(first)) return 0;
    return name.includes(first) ? 1 : 2;
  };
  return domains
    .filter((domain) => hasWords(haystack(domain, query.hostName(domain.host)), wanted))
    .map((domain) => ({ domain, rank: rank(domain) }))
    .sort((a, b) => a.rank - b.rank || compareNames(a.domain.name, b.domain.name))
    .slice(0, query.limit)
    .map(({ domain }) => domain);
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
      (wanted.length === 0 || hasWords(haystack(domain, hostName(domain.host)), wanted)),
  );
}
