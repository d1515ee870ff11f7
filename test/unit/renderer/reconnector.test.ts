import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryDelayMs } from '../../../renderer/consoles/backoff.ts';
import { Reconnector, type LinkPhase, type Outcome } from '../../../renderer/consoles/reconnector.ts';

interface Attempt {
  readonly signal: AbortSignal;
  readonly connected: () => void;
  readonly end: (outcome: Outcome) => void;
}

/** A console whose connections are ended by hand, and whose waits end at once when `wake` is called. */
function lab() {
  const attempts: Attempt[] = [];
  const phases: LinkPhase[] = [];
  const sleeps: { ms: number; wake: () => void }[] = [];
  const clock = { now: 0 };
  const reconnector = new Reconnector({
    attempt: (signal, connected) =>
      new Promise((resolve) => attempts.push({ signal, connected, end: resolve })),
    onPhase: (phase) => phases.push(phase),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        sleeps.push({ ms, wake: resolve });
        signal.addEventListener('abort', () => resolve());
      }),
    now: () => clock.now,
  });
  return { reconnector, attempts, phases, sleeps, clock, kinds: () => phases.map(({ kind }) => kind) };
}

/** Lets everything that is ready run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const AGAIN: Outcome = { next: 'again', failure: null };
const BACKOFF: Outcome = { next: 'backoff', failure: null };
const HOLD: Outcome = { next: 'hold', failure: null };

test('it connects when there is something to connect to', async () => {
  const { reconnector, attempts, kinds } = lab();
  reconnector.setRun(3);
  attempts[0]?.connected();
  await settle();
  assert.deepEqual(kinds(), ['trying', 'connected']);
});

test('a connection that worked and went is tried again at once', async () => {
  const { reconnector, attempts, sleeps } = lab();
  reconnector.setRun(3);
  attempts[0]?.connected();
  attempts[0]?.end(AGAIN);
  await settle();
  assert.equal(sleeps[0]?.ms, 0);
  sleeps[0]?.wake();
  await settle();
  assert.equal(attempts.length, 2);
});

test('attempts come later and later, and anew after one that worked for a while', async () => {
  const { reconnector, attempts, sleeps, clock } = lab();
  reconnector.setRun(3);
  for (let round = 0; round < 4; round += 1) {
    if (round === 3) attempts[round]?.connected();
    clock.now += 5000;
    attempts[round]?.end(BACKOFF);
    await settle();
    sleeps[round]?.wake();
    await settle();
  }
  assert.deepEqual(
    sleeps.map(({ ms }) => ms),
    [retryDelayMs(0), retryDelayMs(1), retryDelayMs(2), retryDelayMs(0)],
  );
});

test('a server that lets in and throws out at once is asked later and later', async () => {
  const { reconnector, attempts, sleeps } = lab();
  reconnector.setRun(3);
  for (let round = 0; round < 3; round += 1) {
    attempts[round]?.connected();
    attempts[round]?.end(AGAIN);
    await settle();
    sleeps[round]?.wake();
    await settle();
  }
  assert.deepEqual(
    sleeps.map(({ ms }) => ms),
    [retryDelayMs(0), retryDelayMs(1), retryDelayMs(2)],
  );
});

test('another run of the machine is tried at once, whatever was the matter with the one before', async () => {
  const { reconnector, attempts, kinds } = lab();
  reconnector.setRun(3);
  attempts[0]?.end(HOLD);
  await settle();
  reconnector.setRun(4);
  assert.equal(attempts.length, 2);
  assert.equal(kinds().at(-1), 'trying');
});

test('what only a person can mend is held', async () => {
  const { reconnector, attempts, kinds } = lab();
  reconnector.setRun(3);
  attempts[0]?.end(HOLD);
  await settle();
  assert.equal(kinds().at(-1), 'held');
  reconnector.kick();
  assert.equal(attempts.length, 2);
});

test('a connection that ends because the machine stopped is not tried again until it runs', async () => {
  const { reconnector, attempts, kinds } = lab();
  reconnector.setRun(3);
  attempts[0]?.connected();
  reconnector.setRun(null);
  assert.equal(kinds().at(-1), 'connected', 'the living connection is left alone');
  attempts[0]?.end(AGAIN);
  await settle();
  assert.equal(kinds().at(-1), 'unavailable');
  assert.equal(attempts.length, 1);
  reconnector.setRun(3);
  assert.equal(attempts.length, 2);
});

test('a machine that stops during the wait ends the wait', async () => {
  const { reconnector, attempts, sleeps, kinds } = lab();
  reconnector.setRun(3);
  attempts[0]?.end(BACKOFF);
  await settle();
  reconnector.setRun(null);
  sleeps[0]?.wake();
  await settle();
  assert.equal(kinds().at(-1), 'unavailable');
});

test('there is one attempt at a time', async () => {
  const { reconnector, attempts } = lab();
  reconnector.setRun(3);
  reconnector.kick();
  await settle();
  assert.deepEqual(
    attempts.map(({ signal }) => signal.aborted),
    [true, false],
  );
});

test('an end of an attempt that was given up changes nothing', async () => {
  const { reconnector, attempts, phases } = lab();
  reconnector.setRun(3);
  reconnector.dispose();
  const before = phases.length;
  attempts[0]?.end(AGAIN);
  await settle();
  assert.equal(phases.length, before);
  assert.equal(attempts[0]?.signal.aborted, true);
});
