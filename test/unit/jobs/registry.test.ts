import assert from 'node:assert/strict';
import { test } from 'node:test';
import { job as schema } from '../../../main/contract/activity.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { ActivityLog } from '../../../main/jobs/activity.ts';
import { JobRegistry, type JobSpec } from '../../../main/jobs/registry.ts';
import { FakeClock, settle } from '../hosts/fake-clock.ts';

function bench() {
  const clock = new FakeClock();
  const activity = new ActivityLog(clock);
  const faults: unknown[] = [];
  const jobs = new JobRegistry({ clock, activity, onFault: (error) => faults.push(error) });
  const start = (change: Partial<JobSpec>): string =>
    jobs.start({
      kind: 'save',
      host: { id: 'h', name: 'kvm-a' },
      uuid: 'u',
      name: 'web-01',
      cancelled: 'The saving of web-01 on kvm-a was cancelled.',
      failed: 'web-01 was not saved on kvm-a.',
      unsure: 'It is not known whether web-01 was saved on kvm-a.',
      run: () => Promise.resolve(),
      ...change,
    });
  const find = (id: string) => schema.parse(activity.jobs().find((candidate) => candidate.id === id));
  return { clock, activity, jobs, start, find, faults };
}

test('a job that ends well is done and keeps its log', async () => {
  const { jobs, start, find } = bench();
  const id = start({
    run: (context) => {
      context.log('Saving');
      context.progress({ fraction: 0.5, bytesPerSecond: 10 });
      return Promise.resolve();
    },
  });
  assert.equal(find(id).state, 'running');
  await jobs.settled(id);
  const { state, progress, log, failure, bytesPerSecond, cancellable } = find(id);
  assert.deepEqual(
    { state, progress, failure, bytesPerSecond, cancellable },
    {
      state: 'done',
      progress: 1,
      failure: null,
      bytesPerSecond: null,
      cancellable: false,
    },
  );
  assert.deepEqual(
    log.map(({ text }) => text),
    ['Saving'],
  );
});

test('the speed of a job is kept for a graph, also when it has ended', async () => {
  const { jobs, clock, start, find } = bench();
  const id = start({
    run: async (context) => {
      for (const bytesPerSecond of [10, 20, null, 30]) {
        context.progress({ fraction: 0.5, bytesPerSecond });
        await clock.advance(1000);
      }
    },
  });
  await jobs.settled(id);
  assert.deepEqual(find(id).speeds, [10, 20, 30]);
});

test('a job that fails says so with its sentence and libvirt’s words', async () => {
  const { jobs, start, find } = bench();
  const error = new LibvirtError({ code: 'VIR_ERR_OPERATION_INVALID', message: 'domain is not running' });
  const id = start({ run: () => Promise.reject(error) });
  await jobs.settled(id);
  const { state, failure } = find(id);
  assert.equal(state, 'failed');
  assert.equal(failure?.message, 'web-01 was not saved on kvm-a.');
  assert.equal(failure?.libvirt?.message, 'domain is not running');
});

test('an error that nobody expected is told as a fault of ours', async () => {
  const { jobs, start, find, faults } = bench();
  const id = start({ run: () => Promise.reject(new TypeError('oops')) });
  await jobs.settled(id);
  assert.equal(find(id).failure?.code, 'INTERNAL');
  assert.equal(faults.length, 1);
});

test('cancelling reaches the job, which then is cancelled and says what is left', async () => {
  const { jobs, start, find } = bench();
  const id = start({
    run: ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () =>
          reject(new LibvirtError({ code: 'VIR_ERR_OPERATION_ABORTED', message: 'canceled by client' })),
        );
      }),
  });
  await settle();
  jobs.cancel(id);
  await settle();
  const { state, failure } = find(id);
  assert.equal(state, 'cancelled');
  assert.equal(failure?.code, 'CANCELLED');
  assert.equal(failure?.message, 'The saving of web-01 on kvm-a was cancelled.');
  assert.throws(() => jobs.cancel(id), FailureError);
});

test('a machine has one job at a time', async () => {
  const { jobs, start } = bench();
  let finish: () => void = () => undefined;
  const id = start({ run: () => new Promise((resolve) => (finish = resolve)) });
  await settle();
  assert.throws(
    () => start({ kind: 'delete' }),
    (error) => error instanceof FailureError && error.failure.code === 'CONFLICT',
  );
  start({ uuid: 'other' });
  finish();
  await jobs.settled(id);
  start({ kind: 'delete' });
});

test('a job that cannot be cancelled is left alone', async () => {
  const { jobs, start, find } = bench();
  const id = start({ cancelled: null, run: () => new Promise(() => undefined) });
  await settle();
  assert.throws(() => jobs.cancel(id), FailureError);
  assert.equal(find(id).state, 'running');
});

test('progress is told at a pace, the end at once', async () => {
  const { clock, activity, start } = bench();
  const abort = new AbortController();
  const told: (number | null)[] = [];
  const watching = (async () => {
    for await (const message of activity.watch(abort.signal))
      if (message.type === 'job') told.push(message.job.progress);
  })();
  await settle();
  let finish: () => void = () => undefined;
  let progress: (fraction: number) => void = () => undefined;
  start({
    run: (context) => {
      progress = (fraction) => context.progress({ fraction });
      return new Promise((resolve) => (finish = resolve));
    },
  });
  await settle();
  for (let i = 1; i <= 100; i += 1) progress(i / 200);
  await clock.advance(250);
  finish();
  await settle();
  abort.abort();
  await watching;
  assert.deepEqual(told, [null, 0.5, 1]);
  assert.equal(clock.pending, 0);
});

test('old jobs and events are forgotten', async () => {
  const { activity, jobs, start } = bench();
  const host = { id: 'h', name: 'kvm-a' };
  jobs.listInterrupted('old', {
    kind: 'create',
    host,
    uuid: null,
    name: 'x',
    startedAt: 1,
    steps: [],
    mayBeLeft: [],
  });
  for (let i = 0; i < 120; i += 1) await jobs.settled(start({ uuid: `u${i}` }));
  assert.equal(activity.jobs().length, 100);
  assert.ok(
    activity.jobs().some(({ id }) => id === 'old'),
    'one that waits for a choice stays',
  );
  const line = { host: 'h', uuid: null, name: 'x', kind: 'host', event: 'e', severity: 'info' } as const;
  for (let i = 0; i < 600; i += 1) activity.add({ ...line, detail: `${i}` });
  assert.equal(activity.events().length, 500);
  assert.equal(activity.events().at(-1)?.detail, '599');
});

test('a job whose host did not answer says that it is not known', async () => {
  const { jobs, start, find } = bench();
  for (const code of ['LINK_CLOSED', 'TIMEOUT'] as const) {
    const id = start({ run: () => Promise.reject(new LinkError(code, 'no answer')) });
    await jobs.settled(id);
    assert.equal(find(id).failure?.message, 'It is not known whether web-01 was saved on kvm-a.');
  }
});
