import type { StatsWatchInput } from '../../main/contract/figures.ts';
import { api } from '../api/client.ts';
import { connectionState, keepConnected } from '../api/connection.ts';
import { follow } from '../api/follow.ts';
import { applyActivity } from './activity.ts';
import { SPARK_POINTS } from './figures.ts';
import { inventory } from './inventory.ts';
import { Follower, movesNow } from './moves.ts';
import { loadApp, preferences } from './preferences.ts';
import { sourceQuestions } from './source-questions.ts';
import { detailInterest, figures } from './stats.ts';
import { setUi, ui } from './ui.ts';

/** Connects the window's stores to the core, for as long as the page lives. */
export function startState(): void {
  const forever = new AbortController().signal;
  void keepConnected();
  connectionState.subscribe(() => {
    // After a reconnect the core may be another process: its version and preferences are read again.
    if (connectionState.get() === 'open') void loadApp().catch(() => undefined);
  });
  void follow(
    (signal) => api.inventory.watch(inventory.seq === null ? {} : { sinceSeq: inventory.seq }, { signal }),
    (message) => inventory.apply(message),
    forever,
  );
  void follow((signal) => api.activity.watch(undefined, { signal }), applyActivity, forever);
  void follow(
    (signal) => api.p2v.questions(undefined, { signal }),
    (questions) => sourceQuestions.set(questions),
    forever,
  );
  // What one looks at is the machine, wherever it runs.
  const follower = new Follower();
  inventory.domains.subscribe(() => {
    const { selected } = ui.get();
    const went = selected === null ? null : follower.next(selected, inventory.domains.get(), movesNow());
    if (went !== null) setUi({ selected: went });
  });
  // Figures of what does not answer would look alive.
  const dropStale = (): void => {
    const lost = connectionState.get() !== 'open';
    for (const host of inventory.hosts.get())
      if (lost || host.state !== 'connected') figures.hostAway(host.id);
  };
  inventory.hosts.subscribe(dropStale);
  connectionState.subscribe(dropStale);
  connectionState.subscribe(markLost);
  startStats();
}

/** A core that is back within this was not away for anybody. */
const LOST_AFTER_MS = 1500;
let lostTimer: ReturnType<typeof setTimeout> | undefined;

function markLost(): void {
  clearTimeout(lostTimer);
  if (connectionState.get() === 'open') inventory.setCoreLost(null);
  else {
    const at = Date.now();
    lostTimer = setTimeout(() => inventory.setCoreLost(at), LOST_AFTER_MS);
  }
}

/** A hidden window asks for nothing, so that nothing is sampled for it. */
function startStats(): void {
  let running: AbortController | null = null;
  let scheduled = false;
  const restart = (): void => {
    if (scheduled) return;
    scheduled = true;
    // A page that opens asks for several machines in one go, and one that closes lets go of as many.
    setTimeout(() => {
      scheduled = false;
      const before = running;
      const stop = (): void => before?.abort();
      // The old one ends after the new one has begun: in between nobody would look, and the sampler would stop.
      running = document.visibilityState === 'hidden' ? null : watchStats(stop);
      if (running === null) stop();
    }, 30);
  };
  document.addEventListener('visibilitychange', restart);
  detailInterest.subscribe(restart);
  let interval = preferences.get().statsIntervalMs;
  preferences.subscribe(() => {
    if (preferences.get().statsIntervalMs === interval) return;
    interval = preferences.get().statsIntervalMs;
    restart();
  });
  restart();
  setInterval(() => {
    if (document.visibilityState !== 'hidden') figures.passTime(Date.now());
  }, 1000);
}

const MAX_DETAILS = 64;

function watchStats(begun: () => void): AbortController {
  const round = new AbortController();
  const input = {
    intervalMs: preferences.get().statsIntervalMs,
    details: detailInterest.get().slice(0, MAX_DETAILS),
  };
  void follow(
    async (signal) => {
      const stream = await api.stats.watch(input, { signal });
      begun();
      await seed(input.intervalMs, signal);
      return stream;
    },
    (tick) => figures.apply(tick),
    round.signal,
  );
  return round;
}

let seededAt = 0;
let seededIntervalMs = 0;
const SEED_AGAIN_MS = 20_000;

/**
 * The small graphs of the time nobody looked: once, and again after the window was hidden or the core away for a while, and at another
 * pace.
 */
async function seed(intervalMs: StatsWatchInput['intervalMs'], signal: AbortSignal): Promise<void> {
  const sinceTick = Date.now() - Math.max(seededAt, figures.lastTickAt);
  if (sinceTick < SEED_AGAIN_MS && intervalMs === seededIntervalMs) return;
  const sparklines = await api.stats.sparklines({ points: SPARK_POINTS, intervalMs }, { signal });
  seededAt = Date.now();
  seededIntervalMs = intervalMs;
  figures.seed(sparklines, { time: seededAt, intervalMs });
}
