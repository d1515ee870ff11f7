import { useElementSize } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { Sparkline, type SeriesColor } from '../../../charts/sparkline.tsx';
import { SPARK_POINTS, sum, type SparkSeries } from '../../../state/figures.ts';
import { useFigures, useSparkline } from '../../../state/stats.ts';
import { formatKiB, formatPercent, formatRate } from '../../../ui/format.ts';
import classes from './overview.module.css';

/** Four small live graphs with their figures: processor, memory, disk, network. */
export function LiveStrip({ domain }: { domain: Domain }) {
  const { t } = useTranslation('machine');
  const figures = useFigures(domain.host, domain.uuid);
  const used = figures?.memoryUsedKiB ?? null;
  const disk = figures === null ? null : sum(figures.diskReadBytes, figures.diskWriteBytes);
  const net = figures === null ? null : sum(figures.netInBytes, figures.netOutBytes);
  return (
    <div className={classes['strip']}>
      <Live
        domain={domain}
        series="cpu"
        color="cpu"
        max={100}
        title={t('graph.title.cpu')}
        value={formatPercent(figures?.cpu ?? null)}
      />
      <Live
        domain={domain}
        series="memory"
        color="mem"
        max={figures?.memoryTotalKiB ?? domain.memoryKiB}
        title={t('graph.title.memory')}
        value={formatKiB(used)}
      />
      <Live
        domain={domain}
        series="disk"
        color="disk-w"
        title={t('graph.title.disk')}
        value={formatRate(disk)}
      />
      <Live
        domain={domain}
        series="net"
        color="net-r"
        title={t('graph.title.network')}
        value={formatRate(net)}
      />
    </div>
  );
}

interface LiveProps {
  readonly domain: Domain;
  readonly series: SparkSeries;
  readonly color: SeriesColor;
  readonly max?: number;
  readonly title: string;
  readonly value: string;
}

function Live({ domain, series, color, max, title, value }: LiveProps) {
  const samples = useSparkline(domain.host, domain.uuid, series);
  const { ref, width } = useElementSize<HTMLDivElement>();
  return (
    <div className={classes['live']}>
      <div className={classes['liveHead']}>
        <span className="muted">{title}</span>
        <span>{value}</span>
      </div>
      <div ref={ref} className={classes['livePlot']}>
        {width > 0 && (
          <Sparkline
            values={samples}
            max={max}
            color={color}
            width={width}
            height={36}
            slots={SPARK_POINTS}
          />
        )}
      </div>
    </div>
  );
}
