/** What a key does in the list of machines. */
export type TableCommand =
  | { readonly do: 'move'; readonly to: number; readonly extend: boolean }
  | { readonly do: 'toggle' | 'selectAll' | 'clear' | 'filter' | 'open' | 'console' | 'peek' | 'menu' }
  | { readonly do: 'start' | 'shutdown' }
  | { readonly do: 'type'; readonly character: string };

export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

export interface ListPlace {
  /** -1 when no row has the focus. */
  readonly index: number;
  readonly count: number;
  /** Rows that are in view at once. */
  readonly page: number;
  /** A name is being typed: every letter belongs to it. */
  readonly typing: boolean;
}

/** Null: the key has no meaning here and goes its way. */
export function tableCommand(press: KeyPress, place: ListPlace): TableCommand | null {
  const { key, altKey } = press;
  if (altKey) return null;
  if (press.ctrlKey || press.metaKey) {
    if (key === 'Enter') return { do: 'console' };
    return key.toLowerCase() === 'a' ? { do: 'selectAll' } : null;
  }
  const step = stepOf(press, place);
  if (step !== null) return step;
  if (place.typing && key.length === 1 && key !== ' ') return { do: 'type', character: key };
  switch (key) {
    case 'Enter':
      return { do: 'open' };
    case ' ':
      return { do: 'peek' };
    case 'x':
      return { do: 'toggle' };
    case 's':
      return { do: 'start' };
    case 'S':
      return { do: 'shutdown' };
    case '/':
      return { do: 'filter' };
    case 'Escape':
      return { do: 'clear' };
    case 'ContextMenu':
      return { do: 'menu' };
    case 'F10':
      return press.shiftKey ? { do: 'menu' } : null;
    case 'g':
    case 'n':
    case '?':
      return null;
    default:
      return /^[\p{L}\p{N}._-]$/u.test(key) ? { do: 'type', character: key } : null;
  }
}

function stepOf(press: KeyPress, place: ListPlace): TableCommand | null {
  const { index, count, page, typing } = place;
  const letters = typing ? {} : { j: index + 1, J: index + 1, k: index - 1, K: index - 1 };
  const targets: Readonly<Record<string, number>> = {
    ...letters,
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: count - 1,
  };
  const target = targets[press.key];
  if (target === undefined || count === 0) return null;
  return { do: 'move', to: Math.min(count - 1, Math.max(0, target)), extend: press.shiftKey };
}

/** The first name from `from` on, round the end, that begins with `prefix`; -1: none. */
export function typeAhead(names: readonly string[], prefix: string, from: number): number {
  const wanted = prefix.toLowerCase();
  for (let step = 0; step < names.length; step += 1) {
    const index = (Math.max(0, from) + step) % names.length;
    if (names[index]?.toLowerCase().startsWith(wanted) === true) return index;
  }
  return -1;
}
