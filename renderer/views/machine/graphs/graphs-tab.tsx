import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { EMPTY_FRAME, join, peakOf, windowOf, type Frame } from '../../../charts/frame.ts';
import { HatchPattern } from '../../../charts/time-chart.tsx';
import { bounds, whole, zoom, type ViewRange } from '../../../charts/view-range.ts';
import { api } from '../../../api/client.ts';
import { FailureView } from '../../../ui/failure-view.tsx';
import { useEvents } from '../../../state/activity.ts';
import { useHost } from '../../../state/inventory.ts';
import { createStore, type Store } from '../../../state/store.ts';
import { useNow } from '../../../ui/time.tsx';
import { ToolsPortal } from '../tools.tsx';
import { useAnswer } from '../use-answer.ts';
import classes from './graphs.module.css';
import { GRAPH_KINDS } from './graph-kinds.ts';
import { MachineGraph } from './machine-graph.tsx';
import { markedEvents } from './marks.ts';
import { useFrame } from './live-frame.ts';
import { RangePicker } from './range-picker.tsx';

/** More than a graph is wide in pixels would only be drawn over itself. */
const HISTORY_POINTS = 900;
const VIEW_POINTS = 320;

/** All figures of one machine over time, under one crosshair. */
export function GraphsTab({ domain, live }: { domain: Domain; live: Store<Frame> }) {
  const { host, uuid } = domain;
  const { t } = useTranslation('machine');
  const [view, setView] = useState<ViewRange>({ range: '1h', fixed: null });
  const [cursor] = useState(() => createStore<number | null>(null));
  const recent = useFrame(live);
  const past = usePast(domain, view.range);
  const joined = useMemo(() => join(past.frame, recent), [past.frame, recent]);
  const clock = useNow(2000);
  // The newest sample is the right edge, so that the line reaches it; without samples time still goes on.
  const newest = recent.times.at(-1);
  const now = newest !== undefined && clock - newest < 15_000 ? newest : clock;
  const { from, to } = bounds(view, now);
  const frame = useMemo(() => windowOf(joined, { from, to, maxPoints: VIEW_POINTS }), [joined, from, to]);
  const events = useEvents();
  const marks = useMemo(
    () =>
      markedEvents(events, { host, uuid }).map(({ time, event }) => ({
        time,
        word: t(`graph.event.${event}`, { defaultValue: event }),
      })),
    [events, host, uuid, t],
  );
  const columns = useMemo(() => Object.keys(joined.columns), [joined]);
  return (
    <div className={classes['page']}>
      <ToolsPortal>
        <RangePicker view={view} now={now} onChange={setView} />
      </ToolsPortal>
      <HatchPattern />
      {past.failure !== null && <FailureView failure={past.failure} />}
      <div className={classes['grid']} aria-busy={past.loading}>
        {GRAPH_KINDS.map((kind) => (
          <MachineGraph
            key={kind}
            kind={kind}
            domain={domain}
            frame={frame}
            columns={columns}
            memoryTop={peakOf(joined, ['memory.total']) || domain.maxMemoryKiB}
            from={from}
            to={to}
            marks={marks}
            cursor={cursor}
            onZoom={(a, b) => setView((before) => zoom(before, a, b))}
            onWhole={() => setView(whole)}
          />
        ))}
      </div>
    </div>
  );
}

/** The core's history of a range; asked again when the host comes back, since the core then knows what the window missed. */
function usePast(
  { host, uuid }: Domain,
  range: ViewRange['range'],
): {
  frame: Frame;
  failure: ReturnType<typeof useAnswer>['failure'];
  loading: boolean;
} {
  const owner = useHost(host);
  const { value, failure, loading } = useAnswer(
    (signal) => api.stats.history({ host, uuid, range, maxPoints: HISTORY_POINTS }, { signal }),
    {
      subject: `${host}/${uuid}/${range}`,
      version: owner?.state === 'connected' ? String(owner.since) : '',
    },
  );
  const frame = useMemo(
    (): Frame =>
      value === null ? EMPTY_FRAME : { times: value.times, columns: value.series, gaps: value.gaps },
    [value],
  );
  return { frame, failure, loading };
}
