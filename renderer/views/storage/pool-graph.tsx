import { SegmentedControl } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { POOL_SPANS, type Pool } from '../../../main/contract/storage.ts';
import { ChartCard } from '../../charts/chart-card.tsx';
import { peakOf } from '../../charts/frame.ts';
import { fixedAxis } from '../../charts/scale.ts';
import type { ChartSeries } from '../../charts/time-chart.tsx';
import { createStore } from '../../state/store.ts';
import { chooseSpan, historyFrame, SPAN_MS, type ShownHistory } from './pool-history.ts';
import classes from './storage.module.css';

const HEIGHT = 104;
/** Less than this is a click with a trembling hand, or shows no two points. */
const LEAST_ZOOM_MS = 15 * 60_000;

/** How full a pool was over a day, a month or a year. */
export function PoolGraph({ pool, history }: { pool: Pool; history: ShownHistory }) {
  const { t } = useTranslation('storage');
  const { span, now } = history;
  const [cursor] = useState(() => createStore<number | null>(null));
  const [zoom, setZoom] = useState<{ from: number; to: number } | null>(null);
  const frame = historyFrame(history, pool);
  const top = peakOf(frame, ['size', 'used']);
  // The size is the graph's upper end; it has a line of its own where it has changed.
  const resized = frame.columns['size']?.some((size) => size !== top) ?? false;
  const series = useMemo((): readonly ChartSeries[] => {
    const used: ChartSeries = { name: 'used', label: t('history.used'), color: 'disk-w' };
    const size: ChartSeries = {
      name: 'size',
      label: t('history.size'),
      color: 'disk-r',
      dashed: true,
      bare: true,
    };
    return resized ? [used, size] : [used];
  }, [resized, t]);
  return (
    <div className={classes['history']}>
      <ChartCard
        title={t('history.title')}
        series={series}
        axis={fixedAxis('kib', Math.max(1, top))}
        frame={frame}
        from={zoom?.from ?? now - SPAN_MS[span]}
        to={zoom?.to ?? now}
        marks={[]}
        cursor={cursor}
        height={HEIGHT}
        onZoom={(a, b) => {
          if (Math.abs(a - b) >= LEAST_ZOOM_MS) setZoom({ from: Math.min(a, b), to: Math.max(a, b) });
        }}
        onWhole={() => setZoom(null)}
        subject={pool.name}
        empty={frame.times.length < 2 ? t('history.none') : undefined}
        controls={
          <SegmentedControl
            size="xs"
            aria-label={t('history.span')}
            value={span}
            data={POOL_SPANS.map((value) => ({ value, label: t(`history.spans.${value}`) }))}
            onChange={(value) => {
              setZoom(null);
              chooseSpan(value);
            }}
          />
        }
      />
    </div>
  );
}
