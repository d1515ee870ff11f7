import { BalloonPeriods } from './balloon-period.ts';
import type { StatsClient } from './client.ts';
import type { Clock } from './clock.ts';
import type { GapReason, HostHistory } from './host-history.ts';
import { HostReader } from './host-reader.ts';
import { GAP_INTERVALS, SampleClock, type Trip } from './sample-clock.ts';
import { TickBuilder, type HostTick } from './tick-builder.ts';

/** Longest wait after a host has refused or not answered. */
const MAX_BACKOFF_MS = 30_000;

export interface SamplerDeps {
  readonly clock: Clock;
  readonly history: HostHistory;
  readonly onTick: (tick: HostTick) => void;
  readonly onError: (error: unknown) => void;
}

/** What is wanted of a host. */
export interface Demand {
  /** Null: nobody looks. */
  readonly intervalMs: number | null;
  /** UUIDs of machines whose details are wanted. */
  readonly details: ReadonlySet<string>;
}

interface Session {
  readonly reader: HostReader;
  readonly periods: BalloonPeriods | null;
  readonly abort: AbortController;
}

const NOTHING: Demand = { intervalMs: null, details: new Set() };

/** Samples one host while somebody looks and a connection is there. One tick at a time: a slow host is asked less often. */
export class HostSampler {
  readonly #deps: SamplerDeps;
  readonly #clock: SampleClock = new SampleClock();
  readonly #builder: TickBuilder;
  #session: Session | null = null;
  #demand = NOTHING;
  #cancelTimer: (() => void) | null = null;
  #inFlight = false;
  /** Machines that changed while an answer was under way, which may be of before or after. */
  readonly #changedInFlight = new Map<string, boolean>();
  #sentAt = -Infinity;
  #failures = 0;
  #lastTick: { readonly time: number; readonly monotonic: number } | null = null;
  /** When there were last both a connection and somebody who looks. */
  #activeSince = 0;
  /** Why there were no ticks since the last one. */
  #pause: GapReason | null = 'notWatched';

  constructor(deps: SamplerDeps) {
    this.#deps = deps;
    this.#builder = new TickBuilder(deps.history);
  }

  connect(client: StatsClient, options: { readonly setBalloonPeriod: boolean }): void {
    this.disconnect();
    this.#session = {
      reader: new HostReader(client),
      periods: options.setBalloonPeriod ? new BalloonPeriods(client) : null,
      abort: new AbortController(),
    };
    this.#failures = 0;
    this.#activate();
  }

  /** Ends what is under way on the connection. */
  disconnect(): void {
    if (this.#session === null) return;
    this.#session.abort.abort();
    this.#session = null;
    this.#inFlight = false;
    this.#pause ??= 'away';
    this.#clock.reset();
    this.#builder.reset();
    this.#stopTimer();
  }

  demand(demand: Demand): void {
    const before = this.#demand.intervalMs;
    this.#demand = demand;
    if (demand.intervalMs === before) return;
    this.#stopTimer();
    if (demand.intervalMs === null) this.#pause ??= 'notWatched';
    else if (before === null) this.#activate();
    else this.#schedule();
  }

  domainChanged(uuid: string, running: boolean): void {
    this.#session?.reader.forget(uuid);
    this.#builder.domainChanged(uuid, running);
    if (this.#inFlight) this.#changedInFlight.set(uuid, running);
  }

  /** Why nothing is recorded at the moment; null when it is. */
  get pausedFor(): GapReason | null {
    if (this.#session === null) return 'away';
    if (this.#demand.intervalMs === null) return 'notWatched';
    const silent =
      this.#deps.clock.monotonic() - Math.max(this.#lastTick?.monotonic ?? -Infinity, this.#activeSince);
    return silent > GAP_INTERVALS * 2 * this.#demand.intervalMs ? 'away' : null;
  }

  get intervalMs(): number | null {
    return this.#demand.intervalMs;
  }

  #activate(): void {
    this.#activeSince = this.#deps.clock.monotonic();
    this.#schedule();
  }

  /** The next tick: at once when there was none for long, else at the next whole multiple of the interval, which all hosts share. */
  #schedule(): void {
    const interval = this.#demand.intervalMs;
    if (this.#session === null || interval === null || this.#inFlight || this.#cancelTimer !== null) return;
    const now = this.#deps.clock.monotonic();
    const earliest = Math.max(now, this.#sentAt + interval / 2);
    const due =
      now - this.#sentAt >= interval && this.#failures === 0 && this.#pause !== null
        ? now
        : Math.ceil(earliest / interval) * interval;
    const backoff = this.#failures < 2 ? 0 : Math.min(MAX_BACKOFF_MS, interval * 2 ** (this.#failures - 1));
    this.#cancelTimer = this.#deps.clock.setTimer(
      () => {
        this.#cancelTimer = null;
        void this.#tick();
      },
      Math.max(due - now, backoff),
    );
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  async #tick(): Promise<void> {
    const session = this.#session;
    const interval = this.#demand.intervalMs;
    if (session === null || interval === null || this.#inFlight) return;
    this.#inFlight = true;
    try {
      await this.#read(session, interval);
      this.#failures = 0;
    } catch (error) {
      if (session.abort.signal.aborted) return;
      this.#failures += 1;
      this.#pause ??= 'away';
      this.#deps.onError(error);
    }
    if (this.#session !== session) return;
    this.#inFlight = false;
    this.#schedule();
  }

  async #read(session: Session, interval: number): Promise<void> {
    const { clock } = this.#deps;
    this.#changedInFlight.clear();
    // Without a limit: to ask a host that hangs again would take up, one after another, the few calls that it serves at once.
    const options = { signal: session.abort.signal, timeoutMs: 0 };
    const [sentAt, wallSentAt] = [clock.monotonic(), clock.now()];
    this.#sentAt = sentAt;
    const [host, machines] = await Promise.allSettled([
      session.reader.host(options),
      session.reader.machines(options).then((samples) => {
        const trip: Trip = {
          sentAt,
          wallSentAt,
          receivedAt: clock.monotonic(),
          wallReceivedAt: clock.now(),
        };
        return { samples, trip };
      }),
    ]);
    if (machines.status === 'rejected') throw machines.reason;
    if (host.status === 'rejected') throw host.reason;
    if (session.abort.signal.aborted) return;
    const { samples, trip } = machines.value;
    session.periods?.consider(samples, session.abort.signal);
    const verdict = this.#clock.judge(trip, interval);
    if (verdict.kind === 'skip') return;
    if (verdict.kind === 'stalled') {
      this.#pause ??= 'away';
      return;
    }
    const time = this.#timeOf(trip);
    this.#closeGap(time, verdict.kind === 'asleep', interval);
    const seconds = verdict.kind === 'rate' ? verdict.seconds : null;
    const monotonic = trip.receivedAt;
    const reading = { machines: samples, host: host.value, time, monotonic, intervalMs: interval, seconds };
    const tick = this.#builder.build(reading, this.#demand.details);
    for (const [uuid, running] of this.#changedInFlight) tick.baseline.domainChanged(uuid, running);
    this.#deps.onTick(tick);
  }

  /** The middle of the trip, in milliseconds since the epoch; it never goes back, even when the computer's clock is set back. */
  #timeOf(trip: Trip): number {
    const wall = Math.round((trip.wallSentAt + trip.wallReceivedAt) / 2);
    const middle = (trip.sentAt + trip.receivedAt) / 2;
    const last = this.#lastTick;
    const time =
      last === null ? wall : Math.max(wall, last.time + Math.max(1, Math.round(middle - last.monotonic)));
    this.#lastTick = { time, monotonic: middle };
    return time;
  }

  #closeGap(time: number, asleep: boolean, interval: number): void {
    const last = this.#deps.history.timeline.last;
    const reason = this.#pause ?? (asleep ? 'asleep' : null);
    this.#pause = null;
    if (last === null || reason === null) return;
    if (time - last > GAP_INTERVALS * interval || asleep)
      this.#deps.history.addGap({ from: last, to: time, reason });
  }
}
