import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../main/contract/domain.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import { SPARK_POINTS, sum } from '../../state/figures.ts';
import { useFigures, useSparkline } from '../../state/stats.ts';
import { isActive } from '../../ui/domain-state.ts';
import { NOTHING, formatKiB, formatPercent, formatRate, usedOfTotal } from '../../ui/format.ts';
import { StateWord } from '../../ui/state-label.tsx';
import { Age } from '../../ui/time.tsx';
import type { ColumnId } from './columns.ts';
import classes from './table.module.css';

const WIDTH = 64;

interface CellProps {
  readonly domain: Domain;
  /** What is shown may be old. */
  readonly stale: boolean;
}

/** The content of one cell. Live cells subscribe by themselves: a tick renders them and nothing around them. */
export function Cell({
  column,
  domain,
  hostName,
  stale,
}: CellProps & { column: ColumnId; hostName: string }) {
  const { t } = useTranslation('common');
  switch (column) {
    case 'state':
      return <StateWord domain={domain} />;
    case 'host':
      return hostName;
    case 'cpu':
      return <CpuCell domain={domain} stale={stale} />;
    case 'memory':
      return <MemoryCell domain={domain} stale={stale} />;
    case 'disk':
    case 'net':
      return <RateGraph domain={domain} stale={stale} series={column} />;
    case 'diskRead':
    case 'diskWrite':
    case 'netIn':
    case 'netOut':
      return <RateCell domain={domain} figure={column} />;
    case 'address':
      return <Addresses domain={domain} />;
    case 'vcpus':
      return domain.vcpus;
    case 'since':
      return domain.since === null ? <span className="faint">{NOTHING}</span> : <Age since={domain.since} />;
    case 'autostart':
      return t(domain.autostart ? 'yes' : 'no');
    case 'persistent':
      return t(domain.persistent ? 'yes' : 'no');
    case 'id':
      return domain.id ?? <span className="faint">{NOTHING}</span>;
    case 'uuid':
      return <span className="mono">{domain.uuid}</span>;
    case 'status':
    case 'name':
      return null;
  }
}

const CpuCell = memo(function CpuCell({ domain, stale }: CellProps) {
  const figures = useFigures(domain.host, domain.uuid);
  const samples = useSparkline(domain.host, domain.uuid, 'cpu');
  const active = isActive(domain) && !stale;
  return (
    <>
      {active && <Sparkline values={samples} max={100} color="cpu" width={WIDTH} slots={SPARK_POINTS} />}
      <span className={classes['figure']}>
        {figures?.cpu == null ? <span className="faint">{NOTHING}</span> : formatPercent(figures.cpu)}
      </span>
    </>
  );
});

const MemoryCell = memo(function MemoryCell({ domain, stale }: CellProps) {
  const figures = useFigures(domain.host, domain.uuid);
  const samples = useSparkline(domain.host, domain.uuid, 'memory');
  const total = figures?.memoryTotalKiB ?? domain.memoryKiB;
  const used = figures?.memoryUsedKiB ?? null;
  const known = used !== null && isActive(domain) && !stale;
  return (
    <>
      {known && <Sparkline values={samples} max={total} color="mem" width={WIDTH} slots={SPARK_POINTS} />}
      <span className={classes['figure']}>
        {known ? (
          <UsedOfTotal used={used} total={total} />
        ) : (
          <span className="faint">{formatKiB(total)}</span>
        )}
      </span>
    </>
  );
});

function UsedOfTotal({ used, total }: { used: number; total: number }) {
  const parts = usedOfTotal(used, total);
  return (
    <>
      {parts.used}
      <span className="faint">
        {' / '}
        {parts.total} {parts.unit}
      </span>
    </>
  );
}

const RateGraph = memo(function RateGraph({ domain, stale, series }: CellProps & { series: 'disk' | 'net' }) {
  const figures = useFigures(domain.host, domain.uuid);
  const samples = useSparkline(domain.host, domain.uuid, series);
  if (!isActive(domain) || stale || figures === null) return null;
  const rate =
    series === 'disk'
      ? sum(figures.diskReadBytes, figures.diskWriteBytes)
      : sum(figures.netInBytes, figures.netOutBytes);
  return (
    <span title={formatRate(rate)}>
      <Sparkline
        values={samples}
        color={series === 'disk' ? 'disk-w' : 'net-r'}
        width={WIDTH}
        slots={SPARK_POINTS}
      />
      <span className="sr-only">{formatRate(rate)}</span>
    </span>
  );
});

const FIGURE = {
  diskRead: 'diskReadBytes',
  diskWrite: 'diskWriteBytes',
  netIn: 'netInBytes',
  netOut: 'netOutBytes',
} as const;

function RateCell({ domain, figure }: { domain: Domain; figure: keyof typeof FIGURE }) {
  const figures = useFigures(domain.host, domain.uuid);
  const rate = figures?.[FIGURE[figure]] ?? null;
  return rate === null ? <span className="faint">{NOTHING}</span> : formatRate(rate);
}

function Addresses({ domain }: { domain: Domain }) {
  const [first, ...others] = domain.addresses;
  if (first === undefined) return null;
  return (
    <span className="mono" title={domain.addresses.join('\n')}>
      {first}
      {others.length > 0 && <span className="faint"> +{others.length}</span>}
    </span>
  );
}
