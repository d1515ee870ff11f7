import { useElementSize } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { EMPTY_FRAME, join, peakOf, windowOf, type Frame } from '../../../charts/frame.ts';
import { HatchPattern } from '../../../charts/hatch.tsx';
import { bounds, whole, zoom, type ViewRange } from '../../../charts/view-range.ts';
import { api } from '../../../api/client.ts';
import { FailureView } from '../../../ui/failure-view.tsx';
import { useEvents } from '../../../state/activity.ts';
import { useHost } from '../../../state/inventory.ts';
import { createStore, type Store } from '../../../state/store.ts';
import { useNow } from '../../../ui/time.tsx';
import { ToolsPortal } from '../tools.tsx';
import { useAnswer } from '../../../ui/use-answer.ts';
import classes from './graphs.module.css';
import { GRAPH_KINDS } from './graph-kinds.ts';
import { MachineGraph } from './machine-graph.tsx';
import { markedEvents, markWord } from './marks.ts';
import { useFrame } from './live-frame.ts';
import { RangePicker } from './range-picker.tsx';

/** More than a graph is wide in pixels would only be drawn over itself. */
const HISTORY_POINTS = 900;
const VIEW_POINTS = 320;

/** The range last chosen in this window. */
let lastRange: ViewRange['range'] = '5m';

/** All figures of one machine over time, under one crosshair. */
export function GraphsTab({ domain, live }: { domain: Domain; live: Store<Frame> }) {
  const { host, uuid } = domain;
  const { t } = useTranslation('machine');
  const [view, setView] = useState<ViewRange>({ range: lastRange, fixed: null });
  const [cursor] = useState(() => createStore<number | null>(null));
  const { ref, width, height } = useElementSize<HTMLDivElement>();
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
      markedEvents(events, { host, uuid }).map((event) => ({
        time: event.time,
        word: t(`graph.event.${markWord(event)}`, { defaultValue: event.event }),
      })),
    [events, host, uuid, t],
  );
  const columns = useMemo(() => Object.keys(joined.columns), [joined]);
  return (
    <div className={classes['page']} ref={ref}>
      <ToolsPortal>
        <RangePicker
          view={view}
          now={now}
          onChange={(next) => {
            lastRange = next.range;
            setView(next);
          }}
        />
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
            openedAt={recent.times[0] ?? clock}
            memoryTop={peakOf(joined, ['memory.total']) || domain.maxMemoryKiB}
            from={from}
            to={to}
            marks={marks}
            cursor={cursor}
            height={graphHeight(width, height)}
            onZoom={(a, b) => setView((before) => zoom(before, a, b))}
            onWhole={() => setView(whole)}
          />
        ))}
      </div>
    </div>
  );
}

const CARD_FRAME_PX = 42;
const GAP_PX = 12;

/** In two columns the three rows fill the page; under that they have a height of their own and the page scrolls. */
function graphHeight(width: number, height: number): number {
  // Gaps above, between and under the rows.
  const row = Math.floor((height - 4 * GAP_PX) / 3) - CARD_FRAME_PX;
  return width > 720 ? Math.min(320, Math.max(150, row)) : 150;
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
