import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Exec, ExecResult } from '../../../drivers/transport/exec.ts';
import { deviceSums } from '../../../main/jobs/p2v/live/device-sums.ts';
import { endsWell, firstBoot, type SourceHost } from '../../../main/jobs/source/source-host.ts';
import { syncDisks } from '../../../main/jobs/p2v/live/sync-disks.ts';
import { until } from '../../support/wait.ts';
import { FakeClock } from '../hosts/fake-clock.ts';
import { bench, planOf } from './engine-bench.ts';
import { Cellar, SNAPSHOTS, SOURCE, TAG } from './p2v-live-cellar.ts';

const BOOT = randomUUID();
const { signal } = new AbortController();

function hostOf(exec: Exec, clock = new FakeClock()): SourceHost {
  return {
    name: 'cellar',
    clock,
    use: (_signal, work) => work(exec),
    boot: firstBoot('cellar'),
    onAway: () => undefined,
  };
}

for (const [what, stdout] of [
  ['nothing', ''],
  ['more than an id, which would be kept in the journal with all that is read', `${BOOT}\n`.repeat(1000)],
  ['another text', 'x'.repeat(36)],
] as const)
  test(`a source that tells ${what} as its start is refused, and is asked again`, async () => {
    let said = stdout;
    const boot = firstBoot('cellar');
    const exec: Exec = () => Promise.resolve({ status: 0, stdout: said, stderr: '' });
    await assert.rejects(boot(exec, signal), /cellar does not tell when it was started/);
    said = `${BOOT}\n`;
    assert.equal(await boot(exec, signal), BOOT);
    said = `${randomUUID()}\n`;
    assert.equal(await boot(exec, signal), BOOT, 'as it was at the first question');
  });

const sums = async (result: Partial<ExecResult>): Promise<string[]> => {
  const host = hostOf(([program]) =>
    Promise.resolve({
      status: 0,
      stderr: '',
      ...result,
      stdout: program === 'cat' ? BOOT : (result.stdout ?? ''),
    }),
  );
  const ranges = [{ device: { path: '/dev/sda', live: true }, at: 0, length: 4096 }];
  const found: string[] = [];
  for await (const sum of deviceSums(host, ranges, { program: 'sha256sum', parallel: 1 }, signal))
    found.push(sum);
  return found;
};

test('what sudo says beside the sums of a device is no fault of it; what dd says is', async () => {
  const sum = 'a'.repeat(64);
  const stderr = 'sudo: unable to resolve host cellar: Name or service not known';
  assert.deepEqual(await sums({ stdout: `${sum}  -\n`, stderr }), [sum]);
  await assert.rejects(
    sums({ stdout: `failed\n${sum}  -\n`, stderr: 'dd: error reading /dev/sda' }),
    /\/dev\/sda of cellar could not be compared/,
  );
});

test('several programs sum at one time, and no more; in order, and none goes on when one fails', async () => {
  let running = 0;
  let most = 0;
  let asked = 0;
  const answers: (() => void)[] = [];
  const host = hostOf(async (argv, { stdin, signal: until }) => {
    if (argv[0] === 'cat') return { status: 0, stdout: BOOT, stderr: '' };
    const turn = (asked += 1);
    running += 1;
    most = Math.max(most, running);
    try {
      await new Promise<void>((resolve, reject) => {
        answers.unshift(resolve);
        until.addEventListener('abort', () => reject(new Error('ended')));
        // The last one first.
        if (answers.length === 3) for (const answer of answers.splice(0)) answer();
      });
    } finally {
      running -= 1;
    }
    const lines = String(stdin).trim().split('\n');
    const stdout = lines.map((line) => `${(line.split(' ')[1] ?? '').padStart(64, '0')}  -\n`).join('');
    return { status: turn === 5 ? 1 : 0, stdout, stderr: '' };
  });
  const ranges = Array.from({ length: 256 * 6 }, (_each, index) => ({
    device: { path: '/dev/sda', live: true },
    at: index,
    length: 1,
  }));
  const found: number[] = [];
  await assert.rejects(async () => {
    for await (const sum of deviceSums(host, ranges, { program: 'b2sum', parallel: 3 }, signal))
      found.push(Number(sum));
  }, /could not be compared/);
  assert.deepEqual(
    found,
    Array.from({ length: 256 * 4 }, (_each, index) => index),
  );
  assert.deepEqual([most, running], [3, 0]);
});

test('a program is not run while the one before it still goes on', async () => {
  const ran: (string | undefined)[] = [];
  const host = hostOf(([program]) => {
    ran.push(program);
    return Promise.resolve({ status: program === 'wait' ? 1 : 0, stdout: '', stderr: '' });
  });
  await assert.rejects(
    endsWell(host, ['put'], '/etc/fstab could not be put on cellar.', { signal, before: ['wait'] }),
    /^FailureError: \/etc\/fstab could not be put on cellar\. What was begun before still runs on cellar/,
  );
  assert.deepEqual(ran, ['wait']);
});

test('a machine that does not write down what it keeps, as a disk of it is gone, is told, and not waited for without end', async () => {
  const clock = new FakeClock();
  let asked = false;
  const host = hostOf((_argv, options) => {
    asked = true;
    return new Promise((_, reject) =>
      options.signal.addEventListener('abort', () => reject(new Error('ended'))),
    );
  }, clock);
  const over = assert.rejects(syncDisks(host, [], signal), /has not written all that it keeps in its memory/);
  await until(() => asked, 'it is asked');
  await clock.advance(10 * 60_000);
  await over;
});

test('services whose start was given up are not held down by the reading that comes then', async () => {
  const { start } = await bench();
  const cellar = new Cellar();
  const { workflows, jobs, find } = start(cellar.kinds);
  const step = (id: string, kind: string, params: object) => ({
    id,
    kind,
    host: 'h',
    title: id,
    params: { source: SOURCE, ...params },
  });
  const id = await workflows.start(
    planOf({
      steps: [
        step('services', 'p2v.quiesce', { tag: TAG, services: ['nginx'] }),
        step('snapshots', 'p2v.snapshot', { tag: TAG, snapshots: SNAPSHOTS, physical: [] }),
        step('changes', 'p2v.changes', {
          disks: [],
          packing: 'none',
          summing: { program: 'b2sum', parallel: 1 },
          since: null,
          lease: TAG,
          rests: null,
          withFiles: false,
          until: 'rest',
        }),
      ],
    }),
  );
  await jobs.settled(id);
  assert.equal(find(id).state, 'done', JSON.stringify(find(id)));
  assert.deepEqual([...cellar.renewed].toSorted(), [`/run/${TAG}.files`, `/run/${TAG}.snapshots`]);
});
