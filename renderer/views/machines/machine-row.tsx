import { Fragment, memo, type MouseEvent } from 'react';
import type { Domain } from '../../../main/contract/domain.ts';
import { routeHash } from '../../state/router.ts';
import { ContainerMark, DemoMark } from '../../ui/demo-mark.tsx';
import { shownTone } from '../../ui/domain-state.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { TemplateMark } from '../../ui/template-mark.tsx';
import { useActionState } from '../machine/actions.tsx';
import { useMoveWord } from '../machine/move-word.ts';
import { currentLive } from './current-live.ts';
import { useLive } from '../../state/stats.ts';
import type { CellProps, RowWords } from './cells.tsx';
import { cellContent } from './cells.tsx';
import type { ColumnId, TableLayout } from './columns.ts';
import classes from './table.module.css';

export interface MachineRowProps {
  readonly domain: Domain;
  readonly layout: TableLayout;
  /** Place in the whole list, from 0. */
  readonly index: number;
  /** Pixels from the top of the list. */
  readonly top: number;
  readonly words: RowWords;
  readonly hostName: string;
  readonly stale: boolean;
  /** It is of a demo host, in a list that has others too. */
  readonly demo: boolean;
  readonly container: boolean;
  readonly active: boolean;
  readonly selected: boolean;
  /** Drawn as what is meant: the chosen rows, or the row in focus while none is chosen. */
  readonly meant: boolean;
}

export function rowId(domain: Domain): string {
  return `machine-${domain.host}-${domain.uuid}`;
}

/** Subscribes to its machine's figures alone: a tick renders the rows in view and nothing else. Clicks are heard by the table. */
export const MachineRow = memo(function MachineRow(props: MachineRowProps) {
  const { domain, layout, index, top, words, hostName, stale, demo, container, active, selected, meant } =
    props;
  const live = currentLive(domain, useLive(domain.host, domain.uuid));
  const moving = useMoveWord(domain);
  const cell = { domain, live, words, moving, hostName, stale, graphs: layout.graphs };
  const hash = routeHash({ page: 'machine', host: domain.host, uuid: domain.uuid, tab: 'overview' });
  return (
    <div
      role="row"
      id={rowId(domain)}
      className={classes['row']}
      style={{ transform: `translateY(${top}px)` }}
      data-index={index}
      draggable={!stale && domain.template !== true}
      data-active={active || undefined}
      data-stale={stale || undefined}
      aria-rowindex={index + 2}
      aria-selected={meant}
    >
      {layout.columns.map((column) => (
        <div
          key={column.id}
          role={column.id === 'name' ? 'rowheader' : 'gridcell'}
          className={classes['cell']}
          data-column={column.id}
          data-numeric={column.numeric}
        >
          {column.id === 'status' && <Mark domain={domain} stale={stale} selected={selected} words={words} />}
          {column.id === 'name' ? (
            <div className={classes['named']}>
              <span className={classes['nameLine']}>
                <a
                  href={hash}
                  tabIndex={-1}
                  className={classes['name']}
                  title={domain.name}
                  onClick={plainClick}
                >
                  {domain.name}
                </a>
                {domain.template === true && <TemplateMark />}
                {demo && <DemoMark />}
                {container && <ContainerMark />}
              </span>
              {layout.underName.length > 0 && <UnderName columns={layout.underName} cell={cell} />}
            </div>
          ) : (
            cellContent({ ...cell, column: column.id })
          )}
        </div>
      ))}
    </div>
  );
});

/** What has no column of its own in a narrow list. */
function UnderName({ columns, cell }: { columns: readonly ColumnId[]; cell: Omit<CellProps, 'column'> }) {
  return (
    <span className={classes['underName']}>
      {columns.map((column, index) => (
        <Fragment key={column}>
          {index > 0 && ' · '}
          {cellContent({ ...cell, column })}
        </Fragment>
      ))}
    </span>
  );
}

/** What was asked of the machine and is not seen yet, that it failed, that it is chosen, or its state. */
function Mark({
  domain,
  stale,
  selected,
  words,
}: Pick<MachineRowProps, 'domain' | 'stale' | 'selected' | 'words'>) {
  const { pending, failed } = useActionState(domain);
  const [asked] = pending;
  if (asked !== undefined) return <StateDot tone="busy" label={words.askedFor(asked)} />;
  if (failed !== null)
    return (
      <span
        className={classes['failed']}
        role="img"
        title={failed.failure.message}
        aria-label={failed.failure.message}
      >
        !
      </span>
    );
  if (selected) return <span className={classes['check']}>✓</span>;
  return <StateDot tone={shownTone(domain, stale)} />;
}

/** With Shift or Ctrl the click chooses rows and is no visit. */
function plainClick(event: MouseEvent): void {
  if (event.shiftKey || event.ctrlKey || event.metaKey) event.preventDefault();
}
