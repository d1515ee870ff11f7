import { createStore, useSelected } from './store.ts';

/** What a window remembers of how it was left. Bounds are those of the drag handles. */
export interface UiState {
  readonly sidebarOpen: boolean;
  readonly sidebarWidth: number;
  readonly peekOpen: boolean;
  readonly peekWidth: number;
  readonly drawerOpen: boolean;
  readonly drawerHeight: number;
  readonly drawerTab: 'jobs' | 'events';
  readonly hiddenColumns: readonly string[];
  /** Columns beyond the usual ones. */
  readonly shownColumns: readonly string[];
  readonly sort: { readonly id: string; readonly desc: boolean };
  readonly selected: string | null;
}

const INITIAL: UiState = {
  sidebarOpen: true,
  sidebarWidth: 236,
  peekOpen: true,
  peekWidth: 340,
  drawerOpen: false,
  drawerHeight: 240,
  drawerTab: 'jobs',
  hiddenColumns: [],
  shownColumns: [],
  sort: { id: 'name', desc: false },
  selected: null,
};

const KEY = 'virtlane.window';

/** sessionStorage belongs to one window; localStorage gives a new window the look of the last one. */
function read(): UiState {
  try {
    const text = sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
    const saved: unknown = text === null ? null : JSON.parse(text);
    return typeof saved === 'object' && saved !== null ? merge(saved) : INITIAL;
  } catch {
    return INITIAL;
  }
}

/** Takes only values of the kind they have here: the text may be of another version, or anything. */
function merge(saved: object): UiState {
  const fitting = Object.entries(saved).filter(([name, value]) => {
    const initial: unknown = Object.entries(INITIAL).find(([known]) => known === name)?.[1];
    if (initial === undefined) return false;
    if (initial === null) return value === null || typeof value === 'string';
    if (Array.isArray(initial)) return Array.isArray(value) && value.every((v) => typeof v === 'string');
    if (name === 'sort')
      return typeof value === 'object' && value !== null && 'id' in value && 'desc' in value;
    return typeof value === typeof initial;
  });
  return { ...INITIAL, ...Object.fromEntries(fitting) };
}

export const ui = createStore<UiState>(read());

let writing = false;
ui.subscribe(() => {
  if (writing) return;
  writing = true;
  // A drag changes it at every frame; once afterwards is enough.
  setTimeout(() => {
    writing = false;
    try {
      const text = JSON.stringify(ui.get());
      sessionStorage.setItem(KEY, text);
      localStorage.setItem(KEY, text);
    } catch {
      // Storage is full or forbidden: the window forgets, nothing else happens.
    }
  }, 300);
});

export function setUi(change: Partial<UiState>): void {
  ui.update((state) => ({ ...state, ...change }));
}

export function useUi<K extends keyof UiState>(name: K): UiState[K] {
  return useSelected(ui, (state) => state[name]);
}
