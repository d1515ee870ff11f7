import { NETWORK_FIELDS, type NetworkField, type NetworkModel } from './network-types.ts';

/** Whether two values say the same; the order of keys of an object is the order in which they were written. */
export function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

/** What of a network differs. A list in another order is another list only where the order counts, as that of DNS servers. */
export function changedFields(before: NetworkModel, after: NetworkModel): Set<NetworkField> {
  return new Set(NETWORK_FIELDS.filter((field) => !same(sorted(field, before), sorted(field, after))));
}

/** Lists whose order counts. */
export const ORDERED: ReadonlySet<NetworkField> = new Set(['dnsForwarders']);

function sorted(field: NetworkField, network: NetworkModel): unknown {
  const value: unknown = network[field];
  if (!Array.isArray(value) || ORDERED.has(field)) return value;
  return value.map(itemOf).toSorted();
}

/** An item of a list, so that it can be looked for. */
export function itemOf(item: unknown): string {
  return canonical(withSortedLists(item));
}

/** Ranges and hosts of an address are sets as well. */
function withSortedLists(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  return Object.fromEntries(
    Object.entries(item).map(([key, value]) => [
      key,
      key === 'ranges' || key === 'hosts' ? (value as unknown[]).map(canonical).toSorted() : value,
    ]),
  );
}

/** The same text for what says the same. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
