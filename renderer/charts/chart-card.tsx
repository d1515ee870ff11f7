import { ActionIcon, Menu } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconDotsVertical } from '@tabler/icons-react';
import { useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore, type Store } from '../state/store.ts';
import { formatExact } from '../ui/format.ts';
import { download } from './download.ts';
import classes from './charts.module.css';
import { toCsv, toPng } from './export.ts';
import { lastIndex, nearest, type Frame } from './frame.ts';
import { PlotOverlay } from './plot-overlay.tsx';
import { valueLabel, type Axis } from './scale.ts';
import { TimeChart, type ChartSeries, type Mark } from './time-chart.tsx';

export interface ChartCardProps {
  readonly title: string;
  readonly series: readonly ChartSeries[];
  readonly axis: Axis;
  /** The part of time that is shown, already reduced to what can be seen. */
  readonly frame: Frame;
  readonly from: number;
  readonly to: number;
  readonly marks: readonly Mark[];
  readonly cursor: Store<number | null>;
  readonly onZoom: (a: number, b: number) => void;
  readonly onWhole: () => void;
  /** What the graph belongs to, for the names of files. */
  readonly subject: string;
  /** Choices of this graph, at the right of its title. */
  readonly controls?: ReactNode;
  /** Said in place of lines when there is no figure at all. */
  readonly empty?: string | undefined;
  readonly height?: number;
}

/** A graph with its title: unit, series, and their values under the crosshair or, without one, the last. */
export function ChartCard(props: ChartCardProps) {
  const { title, series, axis, frame, from, to, height = 150 } = props;
  const { t } = useTranslation('machine');
  const { ref, width } = useElementSize<HTMLDivElement>();
  const plot = useRef<HTMLDivElement>(null);
  const gapWords = {
    away: t('graph.gap.away'),
    notWatched: t('graph.gap.notWatched'),
    notRunning: t('graph.gap.notRunning'),
    asleep: t('graph.gap.asleep'),
    notKept: t('graph.gap.notKept'),
  };
  return (
    <section className={classes['card']} aria-label={title}>
      <div className={classes['head']}>
        <h2 className={classes['title']}>{title}</h2>
        <span className={classes['unit']}>{axis.unit}</span>
        <Legend {...props} />
        <span className="spacer" />
        {props.controls}
        <CardMenu {...props} plot={plot} />
      </div>
      <div ref={ref} className={classes['plotBox']} style={{ height }}>
        <div ref={plot}>
          {width > 0 && (
            <TimeChart
              frame={frame}
              series={series}
              axis={axis}
              from={from}
              to={to}
              marks={props.marks}
              gapWords={gapWords}
              width={width}
              height={height}
            />
          )}
        </div>
        {props.empty !== undefined && <div className={classes['none']}>{props.empty}</div>}
        <PlotOverlay
          frame={frame}
          from={from}
          to={to}
          width={width}
          height={height}
          cursor={props.cursor}
          label={t('graph.of', { title, unit: axis.unit })}
          onZoom={props.onZoom}
          onWhole={props.onWhole}
        />
      </div>
    </section>
  );
}

/** The only part that renders when the crosshair moves. */
function Legend({ series, axis, frame, cursor, from, to }: ChartCardProps) {
  const time = useStore(cursor);
  const at =
    time === null
      ? lastIndex(
          frame,
          series.map(({ name }) => name),
        )
      : nearest(frame.times, time);
  return (
    <span className={classes['legend']}>
      {series.map(({ name, label, color, dashed }) => (
        <span key={name} className={classes['key']}>
          <i data-dashed={dashed} style={{ color: `var(--${color})` }} />
          {label} <b>{valueLabel(axis, at < 0 ? null : (frame.columns[name]?.[at] ?? null))}</b>
        </span>
      ))}
      {time !== null && <time className="faint">{clockOf(time, to - from)}</time>}
    </span>
  );
}

const DAY_MS = 86_400_000;

/** `14:03:22`; with its day, and without seconds, where more than a day is shown. */
function clockOf(time: number, shownMs: number): string {
  return shownMs > DAY_MS ? formatExact(time).slice(0, -3) : formatExact(time).slice(11);
}

function CardMenu(props: ChartCardProps & { plot: React.RefObject<HTMLDivElement | null> }) {
  const { title, axis, frame, series, subject, plot } = props;
  const { t } = useTranslation('machine');
  const fileName = `${subject} ${title}`;
  const copied = (): void => {
    notifications.show({ message: t('graph.copied'), autoClose: 2000 });
  };
  const copyPng = (): void => {
    const svg = plot.current?.querySelector('svg');
    if (svg === null || svg === undefined) return;
    const picture = toPng(svg, `${subject} · ${title} ${axis.unit}`);
    navigator.clipboard
      .write([new ClipboardItem({ 'image/png': picture })])
      .then(copied, () => picture.then((blob) => download(blob, `${fileName}.png`)).catch(() => undefined));
  };
  const csv = (): string =>
    toCsv(
      frame,
      series.map(({ name, label }) => ({ name, header: label })),
    );
  const copyCsv = (): void => {
    navigator.clipboard.writeText(csv()).then(copied, () => saveCsv());
  };
  const saveCsv = (): void => download(new Blob([csv()], { type: 'text/csv' }), `${fileName}.csv`);
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          size={20}
          className={classes['menu'] ?? ''}
          aria-label={t('graph.menu', { title })}
        >
          <IconDotsVertical size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={copyPng}>{t('graph.copyPng')}</Menu.Item>
        <Menu.Item onClick={copyCsv}>{t('graph.copyCsv')}</Menu.Item>
        <Menu.Item onClick={saveCsv}>{t('graph.saveCsv')}</Menu.Item>
        <Menu.Item onClick={props.onWhole}>{t('graph.whole')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
