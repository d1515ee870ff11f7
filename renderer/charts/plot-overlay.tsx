import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { useStore, type Store } from '../state/store.ts';
import classes from './charts.module.css';
import { nearest, type Frame } from './frame.ts';
import { pixelAt, PLOT, timeAt } from './plot.ts';

export interface PlotOverlayProps {
  readonly frame: Frame;
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly height: number;
  /** The time under the crosshair of all graphs of the page; null for none. */
  readonly cursor: Store<number | null>;
  /** What a screen reader says of the graph. */
  readonly label: string;
  readonly onZoom: (a: number, b: number) => void;
  readonly onWhole: () => void;
}

/** What follows the pointer: the crosshair and the part being chosen. Arrow keys move the crosshair when the graph has the focus. */
export function PlotOverlay(props: PlotOverlayProps) {
  const { frame, from, to, width, height, cursor } = props;
  const [drag, setDrag] = useState<{ start: number; end: number } | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const timeOf = (event: PointerEvent): number => {
    const left = box.current?.getBoundingClientRect().left ?? 0;
    return timeAt(event.clientX - left, width, { from, to });
  };
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    box.current?.setPointerCapture(event.pointerId);
    const time = timeOf(event);
    setDrag({ start: time, end: time });
  };
  const onPointerMove = (event: PointerEvent): void => {
    const time = timeOf(event);
    cursor.set(frame.times[nearest(frame.times, time)] ?? null);
    if (drag !== null) setDrag({ ...drag, end: time });
  };
  const onPointerUp = (): void => {
    if (drag !== null) props.onZoom(drag.start, drag.end);
    setDrag(null);
  };
  return (
    <div
      ref={box}
      className={classes['overlay']}
      role="img"
      aria-label={props.label}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => setDrag(null)}
      onPointerLeave={() => cursor.set(null)}
      onDoubleClick={props.onWhole}
      onKeyDown={(event) => moveByKey(event, props)}
      onBlur={() => cursor.set(null)}
    >
      {drag !== null && <Chosen drag={drag} {...props} />}
      <Crosshair cursor={cursor} from={from} to={to} width={width} height={height} />
    </div>
  );
}

function moveByKey(event: KeyboardEvent, { cursor, frame, onWhole }: PlotOverlayProps): void {
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (event.key === 'Escape') {
    cursor.set(null);
    onWhole();
  }
  if (step === 0) return;
  event.preventDefault();
  event.stopPropagation();
  const at = cursor.get();
  const index = at === null ? frame.times.length - 1 : nearest(frame.times, at) + step;
  cursor.set(frame.times[Math.min(frame.times.length - 1, Math.max(0, index))] ?? null);
}

interface Box {
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly height: number;
}

function Crosshair({ cursor, ...box }: Box & { cursor: Store<number | null> }) {
  const time = useStore(cursor);
  if (time === null || time < box.from || time > box.to) return null;
  const style = {
    left: pixelAt(time, box.width, box),
    top: PLOT.top,
    height: box.height - PLOT.top - PLOT.bottom,
  };
  return <div className={classes['crosshair']} style={style} />;
}

function Chosen({ drag, ...box }: Box & { drag: { start: number; end: number } }) {
  const a = pixelAt(drag.start, box.width, box);
  const b = pixelAt(drag.end, box.width, box);
  const style = {
    left: Math.min(a, b),
    width: Math.abs(a - b),
    top: PLOT.top,
    height: box.height - PLOT.top - PLOT.bottom,
  };
  return <div className={classes['chosen']} style={style} />;
}
