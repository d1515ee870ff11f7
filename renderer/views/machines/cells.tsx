import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import type { DomainLive } from '../../state/figures.ts';
import { SPARK_POINTS, sum } from '../../state/figures.ts';
import { useHost } from '../../state/inventory.ts';
import { domainTone, isActive } from '../../ui/domain-state.ts';
import {
  NOTHING,
  formatDuration,
  formatKiB,
  formatPercent,
  formatRate,
  usedOfTotal,
} from '../../ui/format.ts';
import { Age, useNow } from '../../ui/time.tsx';
import type { ActionId } from '../machine/actions.tsx';
import type { MoveWord } from '../machine/move-word.ts';
import type { ColumnId } from './columns.ts';
import classes from './table.module.css';

const WIDTH = 44;

/** Words of the table, translated once for all rows. */
export interface RowWords {
  readonly state: (domain: Domain) => string;
  /** An action that is not seen on the host yet. */
  readonly askedFor: (action: ActionId) => string;
  readonly yes: string;
  readonly no: string;
}

export interface CellProps {
  readonly column: ColumnId;
  readonly domain: Domain;
  readonly live: DomainLive;
  readonly words: RowWords;
  /** It is on its way between hosts: what is said in place of its state. */
  readonly moving: MoveWord | null;
  readonly hostName: string;
  /** What is shown may be old. */
  readonly stale: boolean;
  /** CPU and memory have room for their small graphs. */
  readonly graphs: boolean;
}

/**
 * The content of one cell. These are plain functions of what the row gives them: a row that comes into view is to cost one subscription
 * and no hook for each of its cells.
 */
export function cellContent(cell: CellProps) {
  const { domain, live, words } = cell;
  switch (cell.column) {
    case 'state':
      return stateContent(cell);
    case 'host':
      return <span title={cell.hostName}>{cell.hostName}</span>;
    case 'cpu':
      return cpuContent(cell);
    case 'memory':
      return memoryContent(cell);
    case 'disk':
    case 'net':
      return rateGraph(cell, cell.column);
    case 'diskRead':
      return rateContent(live.figures?.diskReadBytes);
    case 'diskWrite':
      return rateContent(live.figures?.diskWriteBytes);
    case 'netIn':
      return rateContent(live.figures?.netInBytes);
    case 'netOut':
      return rateContent(live.figures?.netOutBytes);
    case 'address':
      return addressContent(domain);
    case 'vcpus':
      return domain.vcpus;
    case 'since':
      return domain.since === null ? nothing : <Age since={domain.since} />;
    case 'autostart':
      return domain.autostart ? words.yes : words.no;
    case 'persistent':
      return domain.persistent ? words.yes : words.no;
    case 'id':
      return domain.id ?? nothing;
    case 'uuid':
      return <span className="mono">{domain.uuid}</span>;
    case 'status':
    case 'name':
      return null;
  }
}

const nothing = <span className="faint">{NOTHING}</span>;

function stateContent({ domain, words, moving, stale }: CellProps) {
  if (moving !== null) return <span title={moving.word}>{moving.short}</span>;
  const word = words.state(domain);
  if (stale) return <StaleState word={word} host={domain.host} />;
  return (
    <span title={word} style={domainTone(domain) === 'bad' ? { color: 'var(--bad)' } : undefined}>
      {word}
    </span>
  );
}

/** The last state that was known, and how long ago that was. */
function StaleState({ word, host }: { word: string; host: string }) {
  const seen = useHost(host)?.lastSeen ?? null;
  return (
    <span className={classes['seen']}>
      <span title={word}>{word}</span>
      {seen !== null && <SeenAgo since={seen} />}
    </span>
  );
}

function SeenAgo({ since }: { since: number }) {
  const { t } = useTranslation('machines');
  return <small>{t('seen', { age: formatDuration(useNow() - since) })}</small>;
}

function cpuContent({ domain, live, stale, graphs }: CellProps) {
  const cpu = live.figures?.cpu ?? null;
  return (
    <>
      {graphs && isActive(domain) && !stale && (
        <Sparkline values={live.samples.cpu} max={100} color="cpu" width={WIDTH} slots={SPARK_POINTS} />
      )}
      <span className={classes['figure']}>{cpu === null ? nothing : formatPercent(cpu)}</span>
    </>
  );
}

function memoryContent({ domain, live, stale, graphs }: CellProps) {
  const total = live.figures?.memoryTotalKiB ?? domain.memoryKiB;
  const used = live.figures?.memoryUsedKiB ?? null;
  if (used === null || !isActive(domain) || stale)
    return <span className={`faint ${classes['figure']}`}>{formatKiB(total)}</span>;
  const parts = usedOfTotal(used, total);
  return (
    <>
      {graphs && (
        <Sparkline values={live.samples.memory} max={total} color="mem" width={WIDTH} slots={SPARK_POINTS} />
      )}
      <span className={classes['figure']}>
        {parts.used}
        <span className="faint">
          {' / '}
          {parts.total} {parts.unit}
        </span>
      </span>
    </>
  );
}

function rateGraph({ domain, live, stale }: CellProps, series: 'disk' | 'net') {
  const { figures } = live;
  if (!isActive(domain) || stale || figures === null) return null;
  const rate =
    series === 'disk'
      ? sum(figures.diskReadBytes, figures.diskWriteBytes)
      : sum(figures.netInBytes, figures.netOutBytes);
  const text = formatRate(rate);
  return (
    <span title={text}>
      <Sparkline
        values={live.samples[series]}
        color={series === 'disk' ? 'disk-w' : 'net-r'}
        width={WIDTH}
        slots={SPARK_POINTS}
      />
      <span className="sr-only">{text}</span>
    </span>
  );
}

function rateContent(rate: number | null | undefined) {
  return rate == null ? nothing : formatRate(rate);
}

function addressContent({ addresses }: Domain) {
  const [first, ...others] = addresses;
  if (first === undefined) return null;
  return (
    <span className="mono" title={addresses.join('\n')}>
      {first}
      {others.length > 0 && <span className="faint"> +{others.length}</span>}
    </span>
  );
}
