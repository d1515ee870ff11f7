import type { History } from '../contract/figures.ts';
import { downSample, type Row } from './down-sample.ts';
import {
  DETAIL_COLUMNS,
  HOST_COLUMNS,
  ROW_COLUMNS,
  type Gap,
  type HostHistory,
  type MachineHistory,
} from './host-history.ts';
import { MINUTE_MS, type Track } from './track.ts';

export const RANGE_MS = { '5m': 300_000, '1h': 3_600_000, '24h': 86_400_000 } as const;

export interface HistoryQuery {
  readonly uuid: string | null;
  readonly range: keyof typeof RANGE_MS;
  readonly maxPoints: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Why nothing is being recorded at the moment; null when something is. */
  readonly open: Gap['reason'] | null;
  /** A time without ticks that is longer than this is a gap. */
  readonly gapMs: number;
}

const NO_TRACKS: readonly Track[] = [];

/** History as the contract wants it: ticks as they came where they are kept, means of minutes before. A day is all minutes. */
export function composeHistory(history: HostHistory, query: HistoryQuery): History {
  const from = query.now - RANGE_MS[query.range];
  const view = query.uuid === null ? hostView(history) : machineView(history.machines.get(query.uuid));
  const source = new Source(history, view);
  const fineFrom = query.range === '24h' ? Infinity : source.fineStart();
  const rows = [...source.minutes(from, fineFrom), ...source.ticks(Math.max(from, fineFrom))];
  const gaps = hostGaps(history, query, from);
  const kept = withBreaks(rows, gaps);
  const notRunning = query.uuid === null ? [] : absences(rows, query.now);
  return toColumns(downSample(kept, query.maxPoints), view.names, [...gaps, ...notRunning]);
}

interface View {
  readonly names: readonly string[];
  /** The first says whether the machine was there. */
  readonly tracks: readonly Track[];
}

function hostView(history: HostHistory): View {
  return { names: HOST_COLUMNS, tracks: [history.host] };
}

function machineView(machine: MachineHistory | undefined): View {
  const names = [...ROW_COLUMNS, ...DETAIL_COLUMNS];
  if (machine === undefined) return { names, tracks: NO_TRACKS };
  return { names, tracks: machine.detail === null ? [machine.rows] : [machine.rows, machine.detail] };
}

class Source {
  readonly #history: HostHistory;
  readonly #view: View;
  readonly #buffer: Float64Array;

  constructor(history: HostHistory, view: View) {
    this.#history = history;
    this.#view = view;
    this.#buffer = new Float64Array(view.names.length);
  }

  /** The time from which ticks are kept as they came; -Infinity when that is all that ever was. */
  fineStart(): number {
    const { timeline } = this.#history;
    const rows = this.#view.tracks[0]?.fine;
    const first = rows !== undefined && rows.trimmed ? Math.max(rows.start, timeline.start) : timeline.start;
    return first === 0 ? -Infinity : timeline.time(first);
  }

  *ticks(from: number): Generator<Row> {
    const { timeline } = this.#history;
    if (from === Infinity) return;
    for (let tick = timeline.firstSince(from); tick < timeline.end; tick += 1)
      yield this.#row(timeline.time(tick), (track, offset) => track.fine.read(tick, this.#buffer, offset));
  }

  *minutes(from: number, to: number): Generator<Row> {
    const { host, timeline } = this.#history;
    const last = timeline.last;
    if (last === null) return;
    const kept = host.minutes.end > host.minutes.start ? host.minutes.start : host.currentMinute;
    for (
      let minute = Math.max(kept, Math.floor(from / MINUTE_MS));
      minute <= host.currentMinute;
      minute += 1
    ) {
      // The middle of the minute; that of the one which is not over may lie ahead.
      const time = Math.min(minute * MINUTE_MS + MINUTE_MS / 2, last);
      if (time >= to) return;
      if (!host.readMinute(minute, new Float64Array(HOST_COLUMNS.length))) continue;
      yield this.#row(time, (track, offset) => track.readMinute(minute, this.#buffer, offset));
    }
  }

  #row(time: number, read: (track: Track, offset: number) => boolean): Row {
    this.#buffer.fill(NaN);
    let offset = 0;
    let present = false;
    for (const [index, track] of this.#view.tracks.entries()) {
      const found = read(track, offset);
      if (index === 0) present = found;
      offset += track.fine.columns;
    }
    return { time, values: present ? [...this.#buffer] : null };
  }
}

/** Gaps of the host in the range: the recorded ones, the time before the first tick, and the one that is open. */
function hostGaps(history: HostHistory, query: HistoryQuery, from: number): Gap[] {
  const gaps = history.gaps
    .filter((gap) => gap.to > from)
    .map((gap) => ({ ...gap, from: Math.max(gap.from, from) }));
  const { timeline, host } = history;
  const last = timeline.last;
  if (last === null) return [{ from, to: query.now, reason: query.open ?? 'notWatched' }];
  const firstMinute = host.minutes.end > host.minutes.start ? host.minutes.start * MINUTE_MS : Infinity;
  const first = Math.min(timeline.time(timeline.start), firstMinute);
  if (first - from > query.gapMs) gaps.unshift({ from, to: first, reason: 'notWatched' });
  if (query.open !== null && query.now - last > query.gapMs)
    gaps.push({ from: Math.max(last, from), to: query.now, reason: query.open });
  return gaps;
}

/** Rows with an empty one in every gap between them, so that no line is drawn over it. */
function withBreaks(rows: readonly Row[], gaps: readonly Gap[]): Row[] {
  const [first, last] = [rows[0]?.time ?? Infinity, rows.at(-1)?.time ?? -Infinity];
  const breaks = gaps
    .map((gap): Row => ({ time: Math.round((gap.from + gap.to) / 2), values: null }))
    .filter((row) => row.time > first && row.time < last);
  return [...rows, ...breaks].toSorted((a, b) => a.time - b.time);
}

/** Times in which the host was recorded and the machine was not there. */
function absences(rows: readonly Row[], now: number): Gap[] {
  const gaps: Gap[] = [];
  let from: number | null = null;
  for (const row of rows) {
    if (row.values === null) from ??= row.time;
    else if (from !== null) {
      gaps.push({ from, to: row.time, reason: 'notRunning' });
      from = null;
    }
  }
  if (from !== null)
    gaps.push({ from, to: Math.max(from, Math.min(now, rows.at(-1)?.time ?? now)), reason: 'notRunning' });
  return gaps;
}

function toColumns(rows: readonly Row[], names: readonly string[], gaps: Gap[]): History {
  const figure = (row: Row, column: number): number | null => {
    const value = row.values?.[column] ?? NaN;
    return Number.isNaN(value) ? null : value;
  };
  return {
    times: rows.map((row) => row.time),
    series: Object.fromEntries(names.map((name, column) => [name, rows.map((row) => figure(row, column))])),
    gaps: gaps.toSorted((a, b) => a.from - b.from),
  };
}
