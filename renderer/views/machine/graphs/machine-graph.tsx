import { memo, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { ChartCard } from '../../../charts/chart-card.tsx';
import { lastIndex, peakOf, type Frame } from '../../../charts/frame.ts';
import { gapsSince, gapsToFigures, withUnwatched } from '../../../charts/gaps.ts';
import { fixedAxis, steppedAxis, type Axis } from '../../../charts/scale.ts';
import type { ChartSeries, Mark } from '../../../charts/time-chart.tsx';
import type { Store } from '../../../state/store.ts';
import classes from './graphs.module.css';
import { DETAIL_COLUMNS, deviceNames, GRAPHS, type GraphKind } from './graph-kinds.ts';

export interface MachineGraphProps {
  readonly kind: GraphKind;
  readonly domain: Domain;
  readonly frame: Frame;
  /** Names of all columns there are. */
  readonly columns: readonly string[];
  /** Since when figures of single devices are kept, in milliseconds since the epoch. */
  readonly openedAt: number;
  readonly memoryTop: number;
  readonly from: number;
  readonly to: number;
  readonly marks: readonly Mark[];
  readonly cursor: Store<number | null>;
  /** Of the lines with their axis, in pixels. */
  readonly height: number;
  readonly onZoom: (a: number, b: number) => void;
  readonly onWhole: () => void;
}

const ALL = '';
const EACH = '*';

/** One of the six graphs, with its choice of devices. */
export const MachineGraph = memo(function MachineGraph(props: MachineGraphProps) {
  const { kind, domain, columns, openedAt } = props;
  const { t } = useTranslation('machine');
  const [chosen, setChosen] = useState(ALL);
  const graph = GRAPHS[kind];
  const series = useSeries(kind, chosen, columns);
  const names = useMemo(() => series.map(({ name }) => name), [series]);
  const frame = useMemo((): Frame => {
    const all = props.frame;
    const kept = chosen === ALL ? all.gaps : gapsSince(all.gaps, openedAt);
    const gaps = chosen === ALL && GRAPHS[kind].onPageOnly ? withUnwatched(all, DETAIL_COLUMNS) : kept;
    return { ...all, gaps: gapsToFigures({ ...all, gaps }, names) };
  }, [props.frame, names, kind, chosen, openedAt]);
  const axis = useAxis(kind, chosen, { peak: peakOf(frame, names), memoryTop: props.memoryTop });
  const choices = useChoices(kind, columns);
  // Where there are gaps, they say why there is nothing.
  const nothing = frame.gaps.length === 0 && lastIndex(frame, names) < 0;
  return (
    <ChartCard
      title={t(`graph.title.${kind}`)}
      series={series}
      axis={axis}
      frame={frame}
      from={props.from}
      to={props.to}
      marks={props.marks}
      cursor={props.cursor}
      height={props.height}
      onZoom={props.onZoom}
      onWhole={props.onWhole}
      subject={domain.name}
      empty={nothing ? emptyWord(kind, domain, t) : undefined}
      controls={
        choices.length > 1 || (kind === 'cpu' && choices.length > 0) ? (
          <select
            className={classes['choice']}
            value={chosen}
            aria-label={t('graph.choose', { title: t(`graph.title.${kind}`) })}
            title={chosen === ALL ? undefined : t('graph.sinceOpened')}
            onChange={(event) => setChosen(event.currentTarget.value)}
          >
            <option value={ALL}>{t(`graph.all.${graph.devices ?? 'disk'}`)}</option>
            {kind === 'cpu' ? (
              <option value={EACH}>{t('graph.each')}</option>
            ) : (
              choices.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))
            )}
          </select>
        ) : undefined
      }
    />
  );
});

function emptyWord(
  kind: GraphKind,
  domain: Domain,
  t: ReturnType<typeof useTranslation<'machine'>>['t'],
): string {
  if (domain.id === null) return t('graph.none.off');
  return t(
    kind === 'memory' ? 'graph.none.memory' : kind === 'latency' ? 'graph.none.latency' : 'graph.none.yet',
  );
}

function useChoices(kind: GraphKind, columns: readonly string[]): readonly string[] {
  const joined = columns.join('\n');
  return useMemo(() => {
    const { devices } = GRAPHS[kind];
    return devices === null ? [] : deviceNames(joined.split('\n'), devices);
  }, [joined, kind]);
}

function useSeries(kind: GraphKind, chosen: string, columns: readonly string[]): readonly ChartSeries[] {
  const { t } = useTranslation('machine');
  const count = kind === 'cpu' && chosen === EACH ? deviceNames(columns, 'vcpu').length : 0;
  return useMemo(() => {
    if (count > 0)
      return Array.from({ length: count }, (_, index) => ({
        name: `cpu@${index}`,
        label: String(index),
        color: 'cpu' as const,
        bare: true,
      }));
    return GRAPHS[kind].series.map(({ column, word, color, dashed }) => ({
      name: chosen === ALL || chosen === EACH ? column : `${column}@${chosen}`,
      label: t(`graph.series.${word}`),
      color,
      ...(dashed === true ? { dashed } : {}),
    }));
  }, [kind, chosen, count, t]);
}

/** The axis, holding still between renders as scale.ts says. Another choice of devices begins anew. */
function useAxis(
  kind: GraphKind,
  chosen: string,
  { peak, memoryTop }: { peak: number; memoryTop: number },
): Axis {
  const [held, setHeld] = useState<{ readonly chosen: string; readonly axis: Axis } | null>(null);
  const { quantity } = GRAPHS[kind];
  const before = held?.chosen === chosen ? held.axis : null;
  const next =
    kind === 'memory' ? fixedAxis(quantity, Math.max(memoryTop, peak)) : steppedAxis(quantity, peak, before);
  const same = before !== null && before.top === next.top && before.unit === next.unit;
  const axis = same ? before : next;
  if (!same) setHeld({ chosen, axis });
  return axis;
}
