import { UnstyledButton } from '@mantine/core';
import { useMergedRef } from '@mantine/hooks';
import { IconLock } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useState, type KeyboardEvent, type MouseEvent, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Volume } from '../../../main/contract/storage.ts';
import { formatBytes } from '../../ui/format.ts';
import type { Point } from '../../ui/pointer-menu.tsx';
import { volumeCommand } from './volume-keys.ts';
import type { VolumeColumn, VolumeSort } from './volume-list.ts';
import { VOLUME_COLUMNS, diskUsers, isUnused } from './volume-list.ts';
import classes from './volume-table.module.css';

const ROW_PX = 32;
const HEAD_PX = 28;
/** Rows that PageDown moves by. */
const PAGE_ROWS = 12;

export interface VolumeTableProps {
  readonly label: string;
  readonly volumes: readonly Volume[];
  readonly sort: VolumeSort;
  readonly chosen: string | null;
  readonly grid: RefObject<HTMLDivElement | null>;
  readonly onSort: (column: VolumeColumn) => void;
  /** `passing`: the keyboard goes over the rows while one is open. */
  readonly onOpen: (volume: Volume, passing: boolean) => void;
  readonly onMenu: (volume: Volume, at: Point) => void;
  readonly onDelete: (volume: Volume) => void;
  readonly onFilter: () => void;
  readonly onLeave: () => void;
}

/** As many volumes as one likes: only those in view are in the document. */
export function VolumeTable(props: VolumeTableProps) {
  const { volumes, sort, chosen, grid } = props;
  const { t } = useTranslation('storage');
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const ref = useMergedRef(grid, setScroller);
  const [active, setActive] = useActive(chosen);
  // oxlint-disable-next-line react/incompatible-library -- a warning for React's compiler, which is not used here
  const virtual = useVirtualizer({
    count: volumes.length,
    getScrollElement: () => scroller,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin: HEAD_PX,
    scrollPaddingStart: HEAD_PX,
    useFlushSync: false,
    getItemKey: (index) => volumes[index]?.name ?? index,
  });
  const index = volumes.findIndex(({ name }) => name === active);
  useEffect(() => {
    if (index >= 0) virtual.scrollToIndex(index, { align: 'auto' });
    // oxlint-disable-next-line react/exhaustive-deps -- another order of the rows scrolls nothing
  }, [active, virtual]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    const command = volumeCommand(event, { index, count: volumes.length, page: PAGE_ROWS });
    if (command === null) return;
    event.preventDefault();
    event.stopPropagation();
    const volume = volumes[index];
    const to = command.do === 'move' ? volumes[command.to] : undefined;
    if (to !== undefined) {
      setActive(to.name);
      if (chosen !== null) props.onOpen(to, true);
    } else if (command.do === 'filter') props.onFilter();
    else if (command.do === 'leave') props.onLeave();
    else if (volume !== undefined && command.do === 'open') props.onOpen(volume, false);
    else if (volume !== undefined && command.do === 'delete') props.onDelete(volume);
    else if (volume !== undefined && command.do === 'menu') {
      const row = document.getElementById(rowId(index))?.getBoundingClientRect();
      if (row !== undefined) props.onMenu(volume, { x: row.left + 12, y: row.bottom });
    }
  };
  const rowAt = ({ target }: MouseEvent): Volume | undefined => {
    const row = target instanceof Element ? target.closest('[data-index]') : null;
    return volumes[Number(row?.getAttribute('data-index') ?? -1)];
  };
  const items = virtual.getVirtualItems();
  const inView = items.some((item) => item.index === index);
  return (
    <div
      ref={ref}
      className={classes['scroller']}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={volumes.length + 1}
      aria-activedescendant={inView ? rowId(index) : undefined}
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        if (index < 0 && event.currentTarget.matches(':focus-visible')) setActive(volumes[0]?.name ?? null);
      }}
      onClick={(event) => {
        const volume = rowAt(event);
        if (volume === undefined) return;
        setActive(volume.name);
        props.onOpen(volume, false);
      }}
      onContextMenu={(event) => {
        const volume = rowAt(event);
        if (volume === undefined) return;
        event.preventDefault();
        setActive(volume.name);
        props.onMenu(volume, { x: event.clientX, y: event.clientY });
      }}
    >
      <Head sort={sort} onSort={props.onSort} />
      <div role="rowgroup" className={classes['rows']} style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const volume = volumes[item.index];
          if (volume === undefined) return null;
          return (
            <VolumeRow
              key={volume.name}
              volume={volume}
              index={item.index}
              top={item.start - HEAD_PX}
              active={volume.name === active}
              chosen={volume.name === chosen}
              unusedWord={t('unused')}
            />
          );
        })}
      </div>
    </div>
  );
}

/** The row of the keyboard. It goes to a volume that is opened from elsewhere, so that Delete never means another one. */
function useActive(chosen: string | null): [string | null, (name: string | null) => void] {
  const [active, setActive] = useState(chosen);
  const [before, setBefore] = useState(chosen);
  if (chosen !== before) {
    setBefore(chosen);
    if (chosen !== null) setActive(chosen);
  }
  return [active, setActive];
}

function rowId(index: number): string {
  return `volume-row-${index}`;
}

function Head({ sort, onSort }: { sort: VolumeSort; onSort: (column: VolumeColumn) => void }) {
  const { t } = useTranslation('storage');
  return (
    <div role="row" className={classes['head']} aria-rowindex={1}>
      {VOLUME_COLUMNS.map((column) => {
        const sorted = sort.column === column ? (sort.desc ? 'descending' : 'ascending') : 'none';
        return (
          <div
            key={column}
            role="columnheader"
            className={classes['cell']}
            data-column={column}
            aria-sort={sorted}
          >
            <UnstyledButton
              className={classes['sort'] ?? ''}
              title={t('sortBy', { column: t(`column.${column}`) })}
              onClick={() => onSort(column)}
            >
              {t(`column.${column}`)}
              {sorted !== 'none' && <span aria-hidden="true">{sort.desc ? ' ↓' : ' ↑'}</span>}
            </UnstyledButton>
          </div>
        );
      })}
    </div>
  );
}

const VolumeRow = memo(function VolumeRow({
  volume,
  index,
  top,
  active,
  chosen,
  unusedWord,
}: {
  volume: Volume;
  index: number;
  top: number;
  active: boolean;
  chosen: boolean;
  unusedWord: string;
}) {
  return (
    <div
      role="row"
      id={rowId(index)}
      className={classes['row']}
      style={{ transform: `translateY(${top}px)` }}
      data-index={index}
      data-active={active || undefined}
      aria-rowindex={index + 2}
      aria-selected={chosen}
    >
      <div role="rowheader" className={classes['cell']} data-column="name">
        <span className="strong truncate" title={volume.name}>
          {volume.name}
        </span>
      </div>
      <div role="gridcell" className={classes['cell']} data-column="format">
        {volume.format ?? ''}
        {volume.encrypted && <Encrypted />}
      </div>
      <div role="gridcell" className={classes['cell']} data-column="size">
        {formatBytes(volume.capacityBytes)}
      </div>
      <div role="gridcell" className={classes['cell']} data-column="used">
        {formatBytes(volume.allocationBytes)}
      </div>
      <div role="gridcell" className={classes['cell']} data-column="users">
        {isUnused(volume) ? (
          <span className={classes['unused']}>{unusedWord}</span>
        ) : (
          <Users volume={volume} />
        )}
      </div>
    </div>
  );
});

function Encrypted() {
  const { t } = useTranslation('storage');
  return <IconLock size={12} className={classes['lock']} role="img" aria-label={t('encrypted')} />;
}

/** The machines whose disks lie on it; where no machine does, the volumes. */
function above({ usedBy, baseOf }: Volume): readonly string[] {
  const machines = usedBy.filter(({ via }) => via === 'backing').map(({ name }) => name);
  return machines.length > 0 ? [...new Set(machines)] : baseOf.map((path) => path.replace(/^.*\//, ''));
}

function Users({ volume }: { volume: Volume }) {
  const { t } = useTranslation('storage');
  const names = [...new Set(diskUsers(volume).map(({ name }) => name))];
  return (
    <span className="truncate" title={[...new Set([...names, ...above(volume)])].join(', ')}>
      {names.join(', ')}
      {volume.baseOf.length > 0 && (
        <span className="muted">
          {names.length > 0 && ' · '}
          {t('baseOfNames', { names: above(volume).join(', ') })}
        </span>
      )}
      {names.length === 0 && volume.baseOf.length === 0 && (
        <span className="muted">{[...new Set(volume.usedBy.map(({ name }) => name))].join(', ')}</span>
      )}
    </span>
  );
}
