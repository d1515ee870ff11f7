import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { implement } from '@orpc/server';
import type { ServedCore } from '../../../main/bridge/rpc-server.ts';
import { leftWords } from '../../../main/cli/commands/jobs.ts';
import { contract } from '../../../main/contract/contract.ts';
import type { Job } from '../../../main/contract/activity.ts';
import { FakeFleet, runOn } from './fake-fleet.ts';
import { domainFixture, hostFixture, jobFixture } from './fixtures.ts';

const step = (id: string, state: Job['steps'][number]['state']) => ({
  id,
  title: id,
  state,
  startedAt: 0,
  finishedAt: null,
});

const MOVE = jobFixture('11111111-0000-4000-8000-000000000000', {
  kind: 'migrate',
  name: 'web-1',
  host: 'kvm-a',
  hosts: ['kvm-a', 'kvm-b'],
  steps: [step('volume-1', 'done'), step('move', 'running')],
});

/** A core whose folder has these jobs. */
class Left extends FakeFleet {
  readonly jobs: readonly Job[];

  constructor(...jobs: readonly Job[]) {
    super({
      hosts: [hostFixture('kvm-a'), hostFixture('kvm-b', { state: 'failed' })],
      domains: [domainFixture('kvm-a', 'web-1')],
      onConnect: (host) => ({
        ...host,
        state: host.id === 'kvm-a' ? 'connected' : 'failed',
        failure: host.id === 'kvm-a' ? null : { code: 'HOST_UNREACHABLE', message: 'kvm-b does not answer.' },
      }),
    });
    this.jobs = jobs;
  }

  override core(): ServedCore {
    const { router, pipes } = super.core();
    const parts = router as unknown as { activity: object };
    const leftJobs = implement(contract).activity.leftJobs.handler(() => [...this.jobs]);
    return {
      router: { ...router, activity: { ...parts.activity, leftJobs } },
      pipes,
    } as unknown as ServedCore;
  }
}

suite('jobs that another Virtlane works on', () => {
  test('are listed as that, and nobody is told to choose', async () => {
    const { code, out, err } = await runOn(new Left({ ...MOVE, state: 'undoing', elsewhere: true }), [
      'jobs',
    ]);
    assert.equal(code, 0, err);
    assert.match(out, /web-1 +kvm-a → kvm-b +taken back in another Virtlane +1 of 2 steps/);
    assert.doesNotMatch(out + err, /may have left|jobs resume/);
  });

  test('say how far they are where their program tells it, those of several machines, too', async () => {
    const round: Job = {
      ...MOVE,
      kind: 'evacuate',
      uuid: null,
      name: '15 machines',
      steps: [],
      hosts: ['kvm-a'],
    };
    const left = new Left(
      { ...MOVE, progress: 0.42, elsewhere: true },
      { ...round, progress: 0.2, elsewhere: true },
    );
    const { out } = await runOn(left, ['jobs']);
    assert.match(out, /web-1 .* goes on in another Virtlane +1 of 2 steps, 42/);
    assert.match(out, /evacuate +15 machines +kvm-a +goes on in another Virtlane +20/);
  });

  test('are left to it', async () => {
    const { code, err } = await runOn(new Left({ ...MOVE, elsewhere: true }), [
      'jobs',
      'undo',
      'web-1',
      '--yes',
    ]);
    assert.equal(code, 1);
    assert.match(err, /Another Virtlane works on migrate of web-1/);
  });
});

test('what becomes of a job whose command ends: a move is ended without a question, anything else is asked for', () => {
  const names = { hostName: (id: string) => id.replace('kvm-', 'lab-') };
  assert.equal(
    leftWords(names, MOVE),
    'The move of web-1 is left as it stands. A Virtlane that is open, else its next start, ends it without asking, and by command virtlane jobs undo web-1 does: web-1 stays on lab-a, unless it is on lab-b before that.',
  );
  assert.match(
    leftWords(names, { ...MOVE, steps: [step('volume-1', 'running')] }),
    /what it has made or changed stays until virtlane jobs resume web-1 goes on with it, or virtlane jobs undo web-1 takes it back\..* asks which;/,
  );
  assert.match(
    leftWords(names, { ...MOVE, kind: 'clone' }),
    /jobs undo web-1 takes it back\..* asks which; file systems .* are let go without asking\.$/,
  );
  assert.match(
    leftWords(names, { ...MOVE, kind: 'evacuate', uuid: null, name: '15 machines', steps: [] }),
    /^Nothing more is begun, .* it stays where it was, unless it is on its new host before that\..* moves the rest\.$/,
  );
});

test('a host that is away is told as that, and not as wrong use', async () => {
  const { code, err } = await runOn(new Left(), ['migrate', 'kvm-a/web-1', 'kvm-b', '--dry-run']);
  assert.equal(code, 3, err);
  assert.match(err, /kvm-b does not answer\./);
  assert.match(err, /kvm-b could not be reached, and nothing was done\./);
  assert.equal((await runOn(new Left(), ['migrate', 'kvm-a/web-1', 'nowhere', '--dry-run'])).code, 2);
});
