import { useCallback, useEffect, useMemo, useState } from 'react';
import { listOrder } from '../../state/list-order.ts';
import { setUi, useUi } from '../../state/ui.ts';

/** The row in focus (it is what the side panel shows) and the rows that were chosen beside it. */
export interface Selection {
  /** A machine's key. */
  readonly active: string | null;
  readonly selected: ReadonlySet<string>;
  /** Moves the focus and gives up the choice, as a click does; `extend` chooses everything from where the choice began. */
  readonly moveTo: (index: number, extend?: boolean) => void;
  /** Moves the focus alone, as the arrow keys do: what was chosen one by one stays chosen. */
  readonly focus: (index: number) => void;
  readonly toggle: (index: number) => void;
  readonly selectAll: () => void;
  readonly clear: () => void;
}

const NONE: ReadonlySet<string> = new Set();

/** `keys` are the machines as they stand in the list now. */
export function useSelection(keys: readonly string[]): Selection {
  const active = useUi('selected');
  useEffect(() => listOrder.set(keys), [keys]);
  const [marked, setSelected] = useState<ReadonlySet<string>>(NONE);
  /** Where Shift began. */
  const [anchor, setAnchor] = useState<string | null>(null);

  // What the filter hides or is gone is not meant: an action is of what one sees.
  const selected = useMemo(
    () => (marked.size === 0 ? NONE : new Set(keys.filter((key) => marked.has(key)))),
    [keys, marked],
  );

  const moveTo = useCallback(
    (index: number, extend = false): void => {
      const key = keys[index];
      if (key === undefined) return;
      setUi({ selected: key });
      if (!extend) {
        setAnchor(null);
        setSelected(NONE);
        return;
      }
      const from = anchor ?? active ?? key;
      setAnchor(from);
      const start = Math.max(0, keys.indexOf(from));
      setSelected(new Set(keys.slice(Math.min(start, index), Math.max(start, index) + 1)));
    },
    [keys, anchor, active],
  );
  const focus = useCallback(
    (index: number): void => {
      const key = keys[index];
      if (key === undefined) return;
      setUi({ selected: key });
      setAnchor(null);
    },
    [keys],
  );
  const toggle = useCallback(
    (index: number): void => {
      const key = keys[index];
      if (key === undefined) return;
      setUi({ selected: key });
      setAnchor(key);
      setSelected((before) => {
        const next = new Set(before);
        if (!next.delete(key)) next.add(key);
        return next;
      });
    },
    [keys],
  );
  const selectAll = useCallback(() => setSelected(new Set(keys)), [keys]);
  const clear = useCallback(() => setSelected(NONE), []);
  return useMemo(
    () => ({ active, selected, moveTo, focus, toggle, selectAll, clear }),
    [active, selected, moveTo, focus, toggle, selectAll, clear],
  );
}
