import type { ColumnDef, Row, SortingState, Table } from '@tanstack/react-table';
import { getCoreRowModel, getSortedRowModel, useReactTable } from '@tanstack/react-table';
import { useEffect, useMemo, useReducer } from 'react';
import type { Domain } from '../../../main/contract/domain.ts';
import { domainKey } from '../../state/store.ts';
import { setUi, useUi } from '../../state/ui.ts';
import type { ColumnId } from './columns.ts';
import { COLUMNS, compareValues, sortValue } from './columns.ts';

/** A column that moves is sorted anew this often, and never under the pointer. */
const RESORT_MS = 10_000;
/** So soon while there are no figures yet to sort by: the window has just opened. */
const FIRST_SORT_MS = 1000;

/** Equal rows stand in the order of their names, so that a poll moves nothing. */
function compareRows(a: Row<Domain>, b: Row<Domain>, id: string): number {
  const left = a.getValue<string | number>(id);
  const right = b.getValue<string | number>(id);
  return compareValues(left, right) || compareValues(a.original.name, b.original.name);
}

interface TableInput {
  readonly domains: readonly Domain[];
  readonly hostName: (id: string) => string;
  /** The pointer is over the rows: live columns keep their order. */
  readonly hold: () => boolean;
}

/** Sorting and choice of columns; the rows themselves are drawn by the virtualiser. */
export function useMachineTable({ domains, hostName, hold }: TableInput): Table<Domain> {
  const sort = useUi('sort');
  const hidden = useUi('hiddenColumns');
  const shown = useUi('shownColumns');
  const live = COLUMNS.find((column) => column.id === sort.id)?.live === true;
  const [round, resort] = useReducer((count: number) => count + 1, 0);

  const values = useMemo(() => {
    // `round` names the moment: figures are read once for it and kept until the next.
    const kept = new Map<string, string | number | undefined>();
    return { round, kept };
  }, [round]);

  useEffect(() => {
    if (!live) return undefined;
    const known = [...values.kept.values()].some((value) => value !== undefined);
    const timer = setInterval(
      () => {
        if (!hold() || !known) resort();
      },
      known ? RESORT_MS : FIRST_SORT_MS,
    );
    return () => clearInterval(timer);
  }, [live, hold, values]);

  const columns = useMemo<ColumnDef<Domain>[]>(
    () =>
      COLUMNS.map((column) => ({
        id: column.id,
        accessorFn: (domain) => keptValue(values.kept, domain, column.id, hostName),
        sortingFn: compareRows,
        sortUndefined: 'last',
        sortDescFirst: column.live === true,
      })),
    [values, hostName],
  );
  const data = useMemo(() => [...domains], [domains]);
  const sorting = useMemo<SortingState>(() => [{ id: sort.id, desc: sort.desc }], [sort]);
  const columnVisibility = useMemo(
    () =>
      Object.fromEntries(
        COLUMNS.map(({ id, optional }) => [
          id,
          optional === true ? shown.includes(id) : !hidden.includes(id),
        ]),
      ),
    [hidden, shown],
  );
  // oxlint-disable-next-line react/incompatible-library -- a warning for React's compiler, which is not used here
  return useReactTable({
    data,
    columns,
    state: { sorting, columnVisibility },
    onSortingChange: (change) => {
      const [next] = typeof change === 'function' ? change(sorting) : change;
      setUi({ sort: next === undefined ? { id: 'name', desc: false } : { id: next.id, desc: next.desc } });
    },
    enableSortingRemoval: false,
    getRowId: (domain) => domainKey(domain.host, domain.uuid),
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
}

function keptValue(
  kept: Map<string, string | number | undefined>,
  domain: Domain,
  id: ColumnId,
  hostName: (id: string) => string,
): string | number | undefined {
  if (COLUMNS.find((column) => column.id === id)?.live !== true)
    return sortValue(domain, id, hostName(domain.host));
  const key = `${id} ${domainKey(domain.host, domain.uuid)}`;
  if (!kept.has(key)) kept.set(key, sortValue(domain, id, hostName(domain.host)));
  return kept.get(key);
}
