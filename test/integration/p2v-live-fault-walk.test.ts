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
const REST = 'volume-1-1-rest';
/** What has to go through this computer where nothing else does. */
const FEW_BYTES = 16 * 1024 ** 2;
/** The disks that are copied, what may be done on the source, the steps that come of that in their order, and those that are over too soon to be struck in the middle of their work. */
interface Plan {
  readonly disks: readonly string[];
  readonly allow: readonly string[];
  readonly steps: readonly string[];
  readonly short: readonly string[];
}
/** All of a disk that is written to has a snapshot, so that nothing is compared. */
const HELD: Plan = {
  disks: ['sdb'],
  allow: ['snapshot:store/ledger', 'service:ledger', 'direct'],
  steps: [
    'source-services',
    'source-snapshots',
    'source-start',
    'source-key',
    'source-direct',
    READ,
    'source-direct-shut',
    'source-changes',
    'source-release',
    `${READ}-convert`,
    'define-1',
  ],
  short: ['source-changes', `${READ}-convert`, 'define-1'],
};
/** A disk is read while it is written to, and what has changed since is copied while the service stands still; what a snapshot holds of the other one is read then. */
const LATE: Plan = {
  disks: ['sda', 'sdb'],
  allow: ['snapshot:cellar/root', 'service:ledger', 'first-boot:/etc/fstab', 'direct'],
  steps: [
    'source-key',
    'source-direct',
    READ,
    'volume-1-2',
    'source-direct-shut',
    'source-changes-ahead',
    'source-files',
    'source-services',
    'source-snapshots',
    'source-files-held',
    'source-changes',
    'source-start',
    REST,
    'source-release',
    `${READ}-convert`,
    'volume-1-2-convert',
    'define-1',
  ],
  short: ['volume-1-2', 'source-files-held', `${READ}-convert`, 'volume-1-2-convert', 'define-1'],
};
/** These meet each fault in one run. */
const ALL_FAULTS = ['source-files', 'source-key', 'source-direct', 'source-direct-shut', REST];

interface Walked {
  readonly what: string;
  readonly plan: Plan;
  /** Usually; with all, at every point. */
  readonly killedAt: readonly Point[];
  /** Usually: what the job meets that goes on then. */
  readonly struckAfter: readonly Point[];
  readonly turns: readonly (readonly Point[])[];
  readonly undone: readonly Undone[];
}

/** A job that is cancelled, or taken back by the next program. */
interface Undone {
  readonly fault: Fault | 'killed';
  readonly point: Point;
  /** Where it meets faults before, and goes on. */
  readonly after?: readonly Point[];
}

function pointsOf({ steps, short }: Plan, ...moments: readonly Point['moment'][]): Point[] {
  return steps.flatMap((step) =>
    moments
      .filter((moment) => moment !== 'within' || !short.includes(step))
      .map((moment) => ({ step, moment })),
  );
}

function within(...steps: readonly string[]): Point[] {
  return steps.map((step) => ({ step, moment: 'within' }));
}

/** All of its small disk may be on the host before that is noticed: the larger one is struck while it is read. */
const HELD_WITHIN = pointsOf(HELD, 'within').filter(({ step }) => step !== READ);

suite('a running machine is copied, and something breaks at every step', { skip, timeout: 7_200_000 }, () => {
  let machine: ServerMachine;
  let forward: Forward;
  let lab: Lab;
  let live: LiveImport;
  let walk: LiveFaultWalk;
  let hostBefore: string;

  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    machine = await ServerMachine.up(lab);
    forward = await Forward.open(FRONT, '127.0.0.1', [machine.port]);
    const known = (await machine.knownHost()).replace('127.0.0.1', FRONT);
    const source = {
      target: `root@${FRONT}:${machine.port}`,
      keyFile: machine.keyFile,
      known,
      disks: HELD.disks,
    };
    live = await LiveImport.open(lab, source);
    walk = new LiveFaultWalk({ live, machine, forward, lab });
    hostBefore = await hostNow();
  });
  after(async () => {
    await live.close();
    forward.close();
    await machine.close();
    await lab.clean(1);
    await lab.release();
  });

  /** The keys of the login, and what is there of a way from the source. */
  const hostNow = (): Promise<string> =>
    lab.exec(
      1,
      'sh',
      '-c',
      'cd /root/.ssh; stat -c "%i %a %s" authorized_keys; cat authorized_keys; ls; ls /run | grep virtlane || true',
    );

  /** The source is as it was, and the host has the machine, with all that it had in one moment, or nothing. */
  async function assertEnd(job: Job): Promise<void> {
    assert.deepEqual(job.mayBeLeft, [], JSON.stringify(job));
    await machine.assertAsItWas();
    assert.equal(await hostNow(), hostBefore);
    if (job.state !== 'done')
      return assert.deepEqual(await live.everything(), live.empty, JSON.stringify(job));
    const made = ['cellar', 'cellar.qcow2', ...(live.disks.length > 1 ? ['cellar-2.qcow2'] : [])];
    assert.deepEqual(await live.everything(), [...live.empty, ...made].toSorted());
    if (live.disks.includes('sdb')) {
      const [stock, , check = ''] = (await live.holds(['stock', 'ledger.db'])).split('\n');
      assert.equal(stock, `${await machine.stock()}  stock`);
      assert.match(check, /^ok \d\d/);
    }
    if (live.disks.includes('sda')) {
      const mib = Number(await machine.sh('lvs --noheadings --nosuffix --units m -o lv_size cellar/root'));
      const [marker] = (await live.rootHolds(['var/lib/marker'], mib)).split(' ');
      assert.equal(marker, await machine.marker());
    }
    await live.gone();
  }

  async function asked({ disks, allow }: Pick<Plan, 'disks' | 'allow'>): Promise<void> {
    if (live.disks.join() !== disks.join()) await live.take(...disks);
    live.allow(...allow);
  }

  /** None of the bytes had to go through this computer, although the way was lost in between. */
  function assertStraight({ log }: Job): void {
    assert.doesNotMatch(log.map(({ text }) => text).join('\n'), /through this computer/);
  }

  async function killedAndUndone(point: Point): Promise<Job> {
    const id = await live.killed(walk.momentOf(point));
    await live.client.activity.resumeJob({ job: id, choice: 'undo' });
    return live.ended(id);
  }

  for (const { what, plan, killedAt, struckAfter, turns, undone } of [
    {
      what: 'from a snapshot',
      plan: HELD,
      killedAt: HELD_WITHIN,
      struckAfter: [],
      turns: [HELD_WITHIN],
      undone: [{ fault: 'killed', point: { step: 'source-direct', moment: 'within' } }],
    },
    {
      what: 'while it is written to',
      plan: LATE,
      killedAt: within('source-files', 'source-changes', REST),
      struckAfter: within(REST, 'source-release'),
      turns: [],
      undone: [
        {
          fault: 'sshd',
          point: { step: REST, moment: 'within' },
          after: within(READ, 'source-files', 'source-changes'),
        },
      ],
    },
  ] as const satisfies readonly Walked[]) {
    /** These meet each fault in one run, the others one each in turns. */
    const inTurns = (points: readonly Point[]) => {
      const others = points.filter(({ step }) => !ALL_FAULTS.includes(step));
      return (point: Point): readonly Fault[] => {
        const at = others.indexOf(point);
        return at < 0 ? FAULTS : [FAULTS[at % FAULTS.length] ?? 'link'];
      };
    };

    const more = !ALL && struckAfter.length > 0 ? ', and meets the faults' : '';
    test(`${what}: Virtlane is killed at one step after another, and the next one goes on${more}`, async () => {
      await asked(plan);
      const points = ALL ? pointsOf(plan, 'begin', 'within', 'done') : killedAt;
      const id = await live.killed(...points.map((point) => walk.momentOf(point)));
      const struckAt = ALL ? [] : struckAfter;
      const end = async (job: Job): Promise<void> => {
        assert.equal(job.state, 'done', JSON.stringify(job));
        await assertEnd(job);
      };
      await walk.struck(inTurns(struckAt), struckAt, end, id);
    });

    const every = [pointsOf(plan, 'begin', 'done'), pointsOf(plan, 'within')];
    for (const [round, points] of (ALL ? every : turns).entries())
      for (const fault of ALL ? FAULTS : (['each in its turn'] as const))
        test(`${what}: the job goes on after ${fault} at one step after another (${round + 1})`, async () => {
          await asked(plan);
          const faultsOf = fault === 'each in its turn' ? inTurns(points) : () => [fault];
          const ended = await walk.struck(faultsOf, points, async (job) => {
            if (job.state === 'done') assertStraight(job);
            await assertEnd(job);
          });
          // A host that is away when a step asks it ends the job, and all is taken back; a disk that is being read waits for it.
          const others = ended.filter(({ fault: by, point }) => by !== 'libvirtd' || point.step === READ);
          assert.deepEqual(others, [], 'what happens to the source, or while a disk is read, ends no job');
        });

    const cells = pointsOf(plan, 'begin', 'within', 'done').flatMap((point): Undone[] =>
      [...FAULTS, 'killed' as const].map((fault) => ({ fault, point })),
    );
    for (const { fault, point, after: before = [] } of ALL ? cells : undone)
      test(`${what}: ${fault} at ${point.step} (${point.moment})${before.length > 0 ? ', after others' : ''}, and taken back`, async () => {
        await asked(plan);
        const job =
          fault === 'killed'
            ? await killedAndUndone(point)
            : await walk.cancelled(fault, point, { faultsOf: inTurns(before), points: before });
        assert.equal(job.state, 'cancelled', JSON.stringify(job));
        await assertEnd(job);
      });
  }

  test('killed when a disk’s first piece has gone straight to the host, the next one goes on behind that', async () => {
    await asked({ disks: ['sda'], allow: ['snapshot:cellar/root', 'direct'] });
    const id = await live.killed({ when: 'after kept 1' });
    const carried = forward.bytes;
    await live.client.activity.resumeJob({ job: id, choice: 'goOn' });
    const job = await live.ended(id);
    assert.equal(job.state, 'done', JSON.stringify(job));
    const said = job.log.map(({ text }) => text).join('\n');
    const at = /: (\d+) of \d+ bytes are on the host, and it goes on there/.exec(said)?.[1];
    assert.ok(Number(at) >= 2 ** 28, said);
    assertStraight(job);
    assert.ok(forward.bytes - carried < FEW_BYTES, `${forward.bytes - carried} bytes went through here`);
    await assertEnd(job);
  });
});
