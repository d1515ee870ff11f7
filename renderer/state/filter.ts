import { createStore, useStore } from './store.ts';

/** What the table of machines is narrowed to. Not kept: a window that opens with half of the machines hidden would lie. */
export interface MachineFilter {
  readonly text: string;
  readonly state: StateGroup | null;
  /** A host's id. */
  readonly host: string | null;
}

/** States as a person looks for them. */
export const STATE_GROUPS = ['running', 'paused', 'off', 'attention'] as const;
export type StateGroup = (typeof STATE_GROUPS)[number];

const NO_FILTER: MachineFilter = { text: '', state: null, host: null };
const filter = createStore<MachineFilter>(NO_FILTER);

export function useFilter(): MachineFilter {
  return useStore(filter);
}

export function currentFilter(): MachineFilter {
  return filter.get();
}

export function setFilter(change: Partial<MachineFilter>): void {
  filter.update((value) => ({ ...value, ...change }));
}

export function clearFilter(): void {
  filter.set(NO_FILTER);
}
