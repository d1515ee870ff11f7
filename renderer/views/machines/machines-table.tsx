import { useElementSize, useMergedRef } from '@mantine/hooks';
import type { Table } from '@tanstack/react-table';
import type { Virtualizer } from '@tanstack/react-virtual';
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  useEffect,
  useMemo,
  useRef,
  useState,
  type DragEvent,
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
} from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { endDrag, startDrag } from '../../state/drag.ts';
import { useLanding } from '../../ui/landing.ts';
import { stateWord } from '../../ui/state-label.tsx';
import type { ColumnId, TableLayout } from './columns.ts';
import { COLUMNS, gridTemplate, layOut, leftOut } from './columns.ts';
import { MachineRow, rowId } from './machine-row.tsx';
import type { RowWords } from './cells.tsx';
import { TableHead } from './table-head.tsx';
import type { Selection } from './use-selection.ts';
import classes from './table.module.css';

/** Rows of one line and of two. */
const ROW_PX = 32;
const TALL_ROW_PX = 46;
const HEAD_PX = 28;

export interface MachinesTableProps {
  readonly table: Table<Domain>;
  readonly selection: Selection;
  readonly hostName: (id: string) => string;
  readonly staleHosts: ReadonlySet<string>;
  /** Hosts whose rows say that they are invented. */
  readonly demoHosts: ReadonlySet<string>;
  readonly containerHosts: ReadonlySet<string>;
  /** The rows are of more than one host. */
  readonly manyHosts: boolean;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly onKeyDown: (event: KeyboardEvent, page: number) => void;
  readonly onOpen: (domain: Domain) => void;
  /** A double click. */
  readonly onConsole: (domain: Domain) => void;
  readonly onMenu: (domain: Domain, at: { x: number; y: number }) => void;
  readonly onPointer: (over: boolean) => void;
  /** Columns that are chosen and do not fit. Must stay the same function. */
  readonly onNoRoom: (columns: readonly ColumnId[]) => void;
  /** A click opens the machine, because there is no room for the side panel. */
  readonly clickOpens: boolean;
}

/** A grid of as many rows as one likes: only those in view are in the document. */
export function MachinesTable(props: MachinesTableProps) {
  const { table, selection, hostName, staleHosts, demoHosts, containerHosts, scroller, onNoRoom } = props;
  const { t } = useTranslation('machines');
  const { ref: sizeRef, width, height } = useElementSize<HTMLDivElement>();
  const ref = useMergedRef(scroller, sizeRef, useLanding());
  const words = useRowWords();
  const rows = table.getRowModel().rows;
  const shown = COLUMNS.filter(({ id }) => table.getColumn(id)?.getIsVisible() === true);
  const layout = useStable(layOut(shown, width === 0 ? Infinity : width, props.manyHosts));
  const noRoom = leftOut(shown, layout).join(' ');
  useEffect(
    () => onNoRoom(COLUMNS.flatMap(({ id }) => (noRoom.split(' ').includes(id) ? [id] : []))),
    [noRoom, onNoRoom],
  );
  const rowPx = layout.underName.length > 0 ? TALL_ROW_PX : ROW_PX;
  // oxlint-disable-next-line react/incompatible-library -- a warning for React's compiler, which is not used here
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
    // The titles stand over the rows, inside the same scrolling box.
    scrollMargin: HEAD_PX,
    scrollPaddingStart: HEAD_PX,
    // A row drawn within the scroll event holds the scroll up; twelve rows beyond the edge are drawn in time without that.
    useFlushSync: false,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  useEffect(() => virtual.measure(), [virtual, rowPx]);
  const activeIndex = rows.findIndex((row) => row.id === selection.active);
  useFollowActive(virtual, selection.active, activeIndex);
  const items = virtual.getVirtualItems();
  const activeRow = items.some((item) => item.index === activeIndex) ? rows[activeIndex] : undefined;
  const page = Math.max(1, Math.floor((height - HEAD_PX) / rowPx) - 1);
  return (
    <div
      ref={ref}
      className={classes['scroller']}
      role="grid"
      tabIndex={0}
      aria-label={t('table')}
      aria-rowcount={rows.length + 1}
      aria-multiselectable
      aria-activedescendant={activeRow === undefined ? undefined : rowId(activeRow.original)}
      style={{ '--columns': gridTemplate(layout.columns), '--row': `${rowPx}px` } as React.CSSProperties}
      onKeyDown={(event) => props.onKeyDown(event, page)}
      onFocus={(event) => {
        // The keyboard always has a row; a pointer is about to choose one itself.
        if (activeIndex < 0 && event.currentTarget.matches(':focus-visible')) selection.focus(0);
      }}
      onPointerEnter={() => props.onPointer(true)}
      onPointerLeave={() => props.onPointer(false)}
      {...rowMouse(props, rows)}
    >
      <TableHead table={table} columns={layout.columns} />
      <div role="rowgroup" className={classes['rows']} style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <MachineRow
              key={row.id}
              domain={row.original}
              layout={layout}
              words={words}
              index={item.index}
              top={item.start - HEAD_PX}
              hostName={hostName(row.original.host)}
              stale={staleHosts.has(row.original.host)}
              demo={demoHosts.has(row.original.host)}
              container={containerHosts.has(row.original.host)}
              active={row.id === selection.active}
              selected={selection.selected.has(row.id)}
              meant={
                selection.selected.size > 0 ? selection.selected.has(row.id) : row.id === selection.active
              }
            />
          );
        })}
      </div>
    </div>
  );
}

function useRowWords(): RowWords {
  const { t } = useTranslation(['common', 'state', 'machine']);
  return useMemo(
    () => ({
      state: (domain) => stateWord(domain, t),
      askedFor: (action) => t('machine:askedFor', { action: t(`machine:action.${action}`) }),
      yes: t('common:yes'),
      no: t('common:no'),
    }),
    [t],
  );
}

/** The same layout while it says the same, so that rows stay as they are. */
function useStable(layout: TableLayout): TableLayout {
  const [kept, keep] = useState(layout);
  if (JSON.stringify(kept) === JSON.stringify(layout)) return kept;
  keep(layout);
  return layout;
}

/** Brings the row in focus into view when another row gets the focus; a new order of rows scrolls nothing. */
function useFollowActive(
  virtual: Virtualizer<HTMLDivElement, Element>,
  active: string | null,
  index: number,
): void {
  const followed = useRef<string | null>(null);
  useEffect(() => {
    if (active === followed.current || index < 0) return;
    // Back from a machine's page: its neighbours are shown too.
    virtual.scrollToIndex(index, { align: followed.current === null ? 'center' : 'auto' });
    followed.current = active;
  }, [active, index, virtual]);
}

/** One listener for all rows, so that a row has nothing to be given. */
function rowMouse(props: MachinesTableProps, rows: readonly { readonly original: Domain }[]) {
  const { selection, clickOpens, onOpen, onConsole, onMenu } = props;
  const at = (event: MouseEvent): { index: number; domain: Domain } | null => {
    const target = event.target instanceof Element ? event.target.closest('[data-index]') : null;
    const index = Number(target?.getAttribute('data-index') ?? -1);
    const domain = rows[index]?.original;
    return domain === undefined ? null : { index, domain };
  };
  return {
    onClick: (event: MouseEvent) => {
      const hit = at(event);
      if (hit === null) return;
      if (event.ctrlKey || event.metaKey) selection.toggle(hit.index);
      else selection.moveTo(hit.index, event.shiftKey);
      if (clickOpens && !event.shiftKey && !event.ctrlKey && !event.metaKey) onOpen(hit.domain);
    },
    onDoubleClick: (event: MouseEvent) => {
      const hit = at(event);
      if (hit !== null && !event.shiftKey && !event.ctrlKey) onConsole(hit.domain);
    },
    onDragStart: (event: DragEvent) => {
      const hit = at(event);
      if (hit === null || !(event.target instanceof HTMLElement) || !event.target.draggable) return;
      // One of several chosen rows is dragged with all of them.
      const all = rows.map(({ original }) => original);
      const chosen = all.filter(({ host, uuid }) => selection.selected.has(`${host}/${uuid}`));
      const machines = chosen.includes(hit.domain) ? chosen : [hit.domain];
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', machines.map(({ name }) => name).join('\n'));
      startDrag(machines.map(({ host, uuid }) => ({ host, uuid })));
    },
    onDragEnd: endDrag,
    onContextMenu: (event: MouseEvent) => {
      const hit = at(event);
      if (hit === null) return;
      event.preventDefault();
      if (!selection.selected.has(`${hit.domain.host}/${hit.domain.uuid}`)) selection.moveTo(hit.index);
      onMenu(hit.domain, { x: event.clientX, y: event.clientY });
    },
  };
}
