import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exec } from '../../../drivers/transport/exec.ts';
import { Stays } from '../../../main/jobs/engine/step.ts';
import { removeSnapshots } from '../../../main/jobs/p2v/live/snapshot-step.ts';
import { firstBoot, type SourceHost } from '../../../main/jobs/source/source-host.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const TAG = 'virtlane-1';
const { signal } = new AbortController();
const snapshot = (origin: string) => ({ group: 'vg', origin, name: `${TAG}-${origin}`, sizeBytes: 1 });

/** Volumes of `vg`, as lines of lvs; those that are removed are gone. */
function source(rows: readonly string[]): { host: SourceHost; left: () => string[] } {
  let left = [...rows];
  const exec: Exec = (argv) => {
    if (argv.includes('lvremove'))
      left = left.filter((row) => !argv.at(-1)?.endsWith(`/${row.split('|')[0]}`));
    const stdout = argv[0] === 'lvs' ? left.map((row) => `  ${row}\n`).join('') : '';
    return Promise.resolve({ status: 0, stdout, stderr: '' });
  };
  const host: SourceHost = {
    name: 'cellar',
    clock: new FakeClock(),
    use: (_signal, work) => work(exec),
    boot: firstBoot('cellar'),
    onAway: () => undefined,
  };
  return { host, left: () => left };
}

test('what the job made is removed, also a half that is a snapshot of nothing yet', async () => {
  const { host, left } = source([
    'root||',
    `${TAG}-root|root|${TAG}`,
    `${TAG}-data||${TAG}`,
    'other|root|backup',
  ]);
  await removeSnapshots(host, { tag: TAG, snapshots: [snapshot('root'), snapshot('data')] }, signal);
  assert.deepEqual(left(), ['root||', 'other|root|backup']);
});

for (const [what, row] of [
  ['without its tag', `${TAG}-root|root|`],
  ['of another volume', `${TAG}-root|home|${TAG}`],
] as const)
  test(`what has its name ${what} stays, and the others go`, async () => {
    const { host, left } = source([row, `${TAG}-data|data|${TAG}`]);
    const params = { tag: TAG, snapshots: [snapshot('root'), snapshot('data')] };
    await assert.rejects(removeSnapshots(host, params, signal), (error) => {
      assert.ok(error instanceof Stays);
      return /vg\/virtlane-1-root on cellar stays: it is no snapshot that this job made/.test(
        error.failure.message,
      );
    });
    assert.deepEqual(left(), [row]);
  });

test('while lvcreate still runs nothing is taken for gone: what it makes is left to the source, which hears nothing more', async () => {
  const { host } = source(['root||']);
  const asked: string[][] = [];
  const busy: SourceHost = {
    ...host,
    use: (until, work) =>
      host.use(until, (exec) =>
        work((argv, options) => {
          asked.push([...argv]);
          const isWaiting = argv.some((word) => word.startsWith('[l]vcreate'));
          return isWaiting ? Promise.resolve({ status: 1, stdout: '', stderr: '' }) : exec(argv, options);
        }),
      ),
  };
  await assert.rejects(
    removeSnapshots(busy, { tag: TAG, snapshots: [snapshot('root')] }, signal),
    /lvcreate still runs on cellar: what it makes is a snapshot of this job \(tag virtlane-1\)/,
  );
  assert.equal(asked.length, 1);
});
