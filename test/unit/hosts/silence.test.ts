import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchSilence } from '../../../main/hosts/silence.ts';
import { FakeClock } from './fake-clock.ts';

test('a clock that is set back hides no silence, and makes none', async () => {
  const clock = new FakeClock();
  const over = new AbortController();
  let heard: number | null = clock.now();
  let since: number | null = null;
  const watching = watchSilence(
    { clock, isOwed: () => true, lastHeard: () => heard, told: (now) => (since = now) },
    over.signal,
  );
  await clock.advance(5000);
  assert.equal(since, null);
  clock.sleep(-3_600_000);
  await clock.advance(7000);
  assert.equal(since, null, 'what passed before is not known any more');
  await clock.advance(3000);
  assert.notEqual(since, null, 'it was heard an hour ahead of now, and not again');
  heard = clock.now();
  await clock.advance(1000);
  assert.equal(since, null);
  over.abort();
  await clock.advance(1000);
  await watching;
});
