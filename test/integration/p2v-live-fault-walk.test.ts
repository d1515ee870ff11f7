import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Job } from '../../main/contract/activity.ts';
import { Lab } from '../lab/lab.ts';
import { missing } from '../support/commands.ts';
import { Forward } from '../support/forward.ts';
import { ServerMachine } from '../support/server-machine.ts';
import { FAULTS, LiveFaultWalk, type Fault, type Point } from './live-fault-walk.ts';
import { LiveImport } from './live-import.ts';

const skip = process.getuid?.() === 0 ? missing('qemu-system-x86_64', 'mmdebstrap') : 'needs root';
/** Usually some points are walked, and the faults take turns; VIRTLANE_FAULTS=all lets every one come at every point, which takes hours. */
const ALL = process.env['VIRTLANE_FAULTS'] === 'all';
/** What the links go through, so that they can be cut. */
const FRONT = '127.0.0.3';

const READ = 'volume-1-1';
/** What may be done on the source, the steps that come of that in their order, and those that are struck in the middle of their work, too. */
interface Plan {
  readonly allow: readonly string[];
  readonly steps: readonly string[];
  readonly long: readonly string[];
}
/** All that is written to has a snapshot, so that nothing is compared. */
const HELD: Plan = {
  allow: ['snapshot:store/ledger', 'service:ledger'],
  steps: [
    'source-services',
    'source-snapshots',
    'source-start',
    READ,
    'source-changes',
    'source-release',
    `${READ}-convert`,
    'define-1',
  ],
  long: ['source-services', 'source-snapshots', 'source-start', READ, 'source-release'],
};
/** It is read while it is written to, and what has changed since is copied while the service stands still. */
const LATE: Plan = {
  allow: ['service:ledger'],
  steps: [
    READ,
    'source-changes-ahead',
    'source-services',
    'source-changes',
    'source-start',
    `${READ}-convert`,
    'define-1',
  ],
  long: [READ, 'source-changes-ahead', 'source-services', 'source-changes', 'source-start'],
};

interface Walked {
  readonly what: string;
  readonly plan: Plan;
  /** Usually; with all, at every point. */
  readonly killedAt: readonly Point[];
  readonly turns: readonly (readonly Point[])[];
  readonly undone: readonly { readonly fault: Fault | 'killed'; readonly point: Point }[];
}

function pointsOf({ steps, long }: Plan, ...moments: readonly Point['moment'][]): Point[] {
  return steps.flatMap((step) =>
    moments
      .filter((moment) => moment !== 'within' || long.includes(step))
      .map((moment) => ({ step, moment })),
  );
}

suite('a running machine is copied, and something breaks at every step', { skip, timeout: 7_200_000 }, () => {
  let machine: ServerMachine;
  let forward: Forward;
  let lab: Lab;
  let live: LiveImport;
  let walk: LiveFaultWalk;

  before(async () => {
    machine = await ServerMachine.up();
    lab = await Lab.up(1);
    await lab.clean(1);
    forward = await Forward.open(FRONT, '127.0.0.1', [machine.port]);
    const known = (await machine.knownHost()).replace('127.0.0.1', FRONT);
    const source = { target: `root@${FRONT}:${machine.port}`, keyFile: machine.keyFile, known, disk: 'sdb' };
    live = await LiveImport.open(lab, source);
    walk = new LiveFaultWalk({ live, machine, forward, lab });
  });
  after(async () => {
    await live.close();
    forward.close();
    await machine.close();
    await lab.clean(1);
    await lab.release();
  });

  /** The source is as it was, and the host has the machine, whose database is whole, or nothing. */
  async function assertEnd(job: Job): Promise<void> {
    assert.deepEqual(job.mayBeLeft, [], JSON.stringify(job));
    await machine.assertAsItWas();
    if (job.state !== 'done')
      return assert.deepEqual(await live.everything(), live.empty, JSON.stringify(job));
    assert.deepEqual(await live.everything(), [...live.empty, 'cellar', 'cellar.qcow2'].toSorted());
    const [stock, , check = ''] = (await live.holds(['stock', 'ledger.db'])).split('\n');
    assert.equal(stock, `${await machine.stock()}  stock`);
    assert.match(check, /^ok \d\d/);
  }

  async function killedAndUndone(point: Point): Promise<Job> {
    const id = await live.killed(walk.momentOf(point));
    await live.client.activity.resumeJob({ job: id, choice: 'undo' });
    return live.ended(id);
  }

  for (const { what, plan, killedAt, turns, undone } of [
    {
      what: 'from a snapshot',
      plan: HELD,
      killedAt: [...pointsOf(HELD, 'within'), { step: 'define-1', moment: 'done' }],
      turns: [pointsOf(HELD, 'within')],
      undone: [{ fault: 'killed', point: { step: 'source-release', moment: 'within' } }],
    },
    {
      what: 'while it is written to',
      plan: LATE,
      killedAt: pointsOf(LATE, 'within').filter(({ step }) => step === 'source-changes'),
      turns: [],
      undone: [{ fault: 'link', point: { step: 'source-changes', moment: 'within' } }],
    },
  ] as const satisfies readonly Walked[]) {
    test(`${what}: Virtlane is killed at one step after another, and the next one goes on`, async () => {
      live.allow(...plan.allow);
      const points = ALL ? pointsOf(plan, 'begin', 'within', 'done') : killedAt;
      const id = await live.killed(...points.map((point) => walk.momentOf(point)));
      await live.client.activity.resumeJob({ job: id, choice: 'goOn' });
      const job = await live.ended(id);
      assert.equal(job.state, 'done', JSON.stringify(job));
      await assertEnd(job);
    });

    const every = [pointsOf(plan, 'begin', 'done'), pointsOf(plan, 'within')];
    for (const [round, points] of (ALL ? every : turns).entries())
      for (const fault of ALL ? FAULTS : (['each in its turn'] as const))
        test(`${what}: the job goes on after ${fault} at one step after another (${round + 1})`, async () => {
          live.allow(...plan.allow);
          const faultOf = (point: Point): Fault =>
            fault === 'each in its turn' ? (FAULTS[points.indexOf(point) % FAULTS.length] ?? 'link') : fault;
          const ended = await walk.struck(faultOf, points, assertEnd);
          // A host that is away when a step asks it ends the job, and all is taken back; a disk that is being read waits for it.
          const others = ended.filter((point) => faultOf(point) !== 'libvirtd' || point.step === READ);
          assert.deepEqual(others, [], 'what happens to the source, or while a disk is read, ends no job');
        });

    const cells = pointsOf(plan, 'begin', 'within', 'done').flatMap((point) =>
      [...FAULTS, 'killed' as const].map((fault) => ({ fault, point })),
    );
    for (const { fault, point } of ALL ? cells : undone)
      test(`${what}: ${fault} at ${point.step} (${point.moment}), and taken back`, async () => {
        live.allow(...plan.allow);
        const job = fault === 'killed' ? await killedAndUndone(point) : await walk.cancelled(fault, point);
        assert.equal(job.state, 'cancelled', JSON.stringify(job));
        await assertEnd(job);
      });
  }

  test('killed when the host had the first piece of a disk, the next one goes on behind that', async () => {
    await live.take('sda');
    live.allow('snapshot:cellar/root');
    const id = await live.killed({ when: 'after kept 1' });
    await live.client.activity.resumeJob({ job: id, choice: 'goOn' });
    const job = await live.ended(id);
    assert.equal(job.state, 'done', JSON.stringify(job));
    const said = job.log.map(({ text }) => text).join('\n');
    assert.match(said, /: 268435456 of \d+ bytes are on the host, and it goes on there/);
    await machine.assertAsItWas();
    const mib = Number(await machine.sh('lvs --noheadings --nosuffix --units m -o lv_size cellar/root'));
    const [marker] = (await live.rootHolds(['var/lib/marker'], mib)).split(' ');
    assert.equal(marker, await machine.marker());
  });
});
