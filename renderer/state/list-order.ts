import { createStore } from './store.ts';

/** Keys of the machines in the order in which the list last showed them; kept while another page is in front. */
export const listOrder = createStore<readonly string[]>([]);

/** Who stands where a machine stood that goes: the next in the list that is still there, else the nearest before it. */
export function neighbour(
  order: readonly string[],
  key: string,
  isThere: (key: string) => boolean,
): string | null {
  const at = order.indexOf(key);
  if (at < 0) return null;
  const after = order.slice(at + 1).find(isThere);
  return after ?? order.slice(0, at).findLast(isThere) ?? null;
}
