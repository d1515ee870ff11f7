import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { implement, ORPCError } from '@orpc/server';
import type { ServedCore } from '../../../main/bridge/rpc-server.ts';
import { contract } from '../../../main/contract/contract.ts';
import type { Job } from '../../../main/contract/activity.ts';
import type { EvacuationMachine } from '../../../main/contract/evacuate.ts';
import type { MigrateInput, MigratePlan } from '../../../main/contract/migrate.ts';
import { FakeFleet, runOn } from './fake-fleet.ts';
import { domainFixture, hostFixture, jobFixture } from './fixtures.ts';

const NAMES = ['db', 'mail', 'web'] as const;
const CD = { target: 'sda', path: '/iso/debian.iso' };
const VDA = { target: 'vda', way: 'shared' } as const;
const LEFT = { target: 'vda', pool: 'images', name: 'web.qcow2', path: '/images/web.qcow2', bytes: 1024 };
const FIX: MigratePlan['items'][number] = {
  id: 'media',
  level: 'stop',
  message: 'A CD is in the drive.',
  remedy: null,
  fix: { kind: 'eject', ...CD },
};

const OLDER: MigratePlan['items'][number] = {
  id: 'version',
  level: 'warn',
  message: 'kvm-a is older.',
  remedy: null,
};

/** Three machines with a CD in their drive; the guest of `db` holds it shut, and `mail` cannot be looked at. */
class Held extends FakeFleet {
  readonly ejected = new Set<string>();
  readonly moved: string[] = [];
  /** Those that go also where it cannot be seen that storage is shared. */
  readonly unsafe: string[] = [];
  /** Those whose media are taken out also where it shows only as they go that the target has them not. */
  readonly ejecting: string[] = [];
  /** What each was shown to do with its disks. */
  readonly shown: unknown[] = [];
  /** How the round ends. */
  end: Partial<Job> = { state: 'done' };

  constructor(at: 'kvm-a' | 'kvm-b') {
    super({
      hosts: [hostFixture('kvm-a'), hostFixture('kvm-b')],
      domains: NAMES.map((name) => domainFixture(at, name, { uuid: name })),
    });
  }

  override core(): ServedCore {
    const os = implement(contract);
    const { router, pipes } = super.core();
    const parts = router as unknown as Record<string, object>;
    const begin = (moves: readonly MigrateInput[]): { job: string } => {
      this.moved.push(...moves.map(({ uuid }) => uuid));
      this.shown.push(...moves.map((move) => move.shown));
      this.ejecting.push(...moves.filter(({ eject }) => eject === true).map(({ uuid }) => uuid));
      this.unsafe.push(...moves.filter(({ unsafe }) => unsafe).map(({ uuid }) => uuid));
      const job = jobFixture('round', { kind: 'evacuate', host: 'kvm-a', finishedAt: 1, ...this.end });
      setImmediate(() => this.activity.tell({ type: 'job', job }));
      return { job: job.id };
    };
    const eject = os.domain.eject.handler(({ input: { uuid } }) => {
      if (uuid === 'db') throw refused('The guest holds the drive shut.');
      this.ejected.add(uuid);
    });
    const migrate = {
      evacuation: os.migrate.evacuation.handler(() => ({ machines: NAMES.map(this.#found), hosts: [] })),
      evacuate: os.migrate.evacuate.handler(({ input: { moves } }) => begin(moves)),
      runMany: os.migrate.runMany.handler(({ input: { moves } }) => begin(moves)),
      away: os.migrate.away.handler(() => NAMES.map((name) => ({ uuid: name, name, host: 'kvm-b' }))),
      plan: os.migrate.plan.handler(({ input: { uuid } }) => {
        if (uuid === 'mail') throw refused('kvm-b does not answer.');
        return {
          ...PLAN,
          items: [FIX, OLDER],
          disks: [{ ...VDA, source: '/a', path: '/a', capacityBytes: 1 }],
          replaces: uuid === 'web' ? [LEFT] : [],
        };
      }),
    };
    const more = { ...parts, domain: { ...parts['domain'], eject }, migrate };
    return { router: more as unknown as ServedCore['router'], pipes };
  }

  readonly #found = (name: string): EvacuationMachine => {
    const isFree = this.ejected.has(name);
    const common = { host: 'kvm-b', disks: [VDA], stays: [], replaces: name === 'web' ? [LEFT] : [] };
    const target = isFree
      ? { ...common, level: 'ok' as const, reasons: [], ejects: [] }
      : { ...common, level: 'stop' as const, reasons: [FIX.message], ejects: [CD] };
    return {
      uuid: name,
      name,
      running: true,
      memoryBytes: 1,
      to: isFree ? 'kvm-b' : null,
      targets: [target],
    };
  };
}

const PLAN: MigratePlan = {
  kind: 'live',
  via: 'relay',
  peerUri: null,
  items: [],
  disks: [],
  media: [],
  stays: [],
  replaces: [],
  nvram: null,
  steps: [],
  networks: [],
  cpu: null,
  pools: [],
  bytes: { memory: 0, disks: 0 },
  afterwards: { memory: null, pools: [] },
};

function refused(message: string): Error {
  return new ORPCError('FAILED', { data: { code: 'CONFLICT', message } });
}

/** A host without machines. */
class Empty extends FakeFleet {
  constructor() {
    super({ hosts: [hostFixture('kvm-a'), hostFixture('kvm-b')], domains: [] });
  }

  override core(): ServedCore {
    const os = implement(contract);
    const { router, pipes } = super.core();
    const migrate = {
      evacuation: os.migrate.evacuation.handler(() => ({ machines: [], hosts: [] })),
      away: os.migrate.away.handler(() => []),
    };
    return { router: { ...router, migrate } as unknown as ServedCore['router'], pipes };
  }
}

test('where there is nothing to move that is said, and no bare heading', async () => {
  const emptied = await runOn(new Empty(), ['evacuate', 'kvm-a', '--dry-run']);
  assert.equal(emptied.out, 'kvm-a has no machines.\n');
  const home = await runOn(new Empty(), ['evacuate', 'kvm-a', '--home', '--dry-run']);
  assert.equal(home.out, 'None of its machines is known to be on another host.\n');
});

test('a host is not emptied to itself', async () => {
  const { code, err } = await runOn(new Empty(), ['evacuate', 'kvm-a', '--to', 'kvm-a']);
  assert.match(err, /--to names kvm-a itself/);
  assert.equal(code, 2);
});

test('--unsafe is of every machine that goes, there and home', async () => {
  const there = new Held('kvm-a');
  await runOn(there, ['evacuate', 'kvm-a', '--eject', '--unsafe']);
  assert.deepEqual([there.unsafe, there.ejecting], [there.moved, ['mail', 'web']]);
  const home = new Held('kvm-b');
  await runOn(home, ['evacuate', 'kvm-a', '--home', '--eject', '--unsafe']);
  assert.deepEqual([home.unsafe, home.ejecting], [home.moved, ['web']]);
});

test('what the disks of each were to do when it was looked at goes with its move, there and home', async () => {
  const there = new Held('kvm-a');
  await runOn(there, ['evacuate', 'kvm-a', '--eject']);
  assert.deepEqual(there.shown, [[VDA], [VDA]]);
  const home = new Held('kvm-b');
  await runOn(home, ['evacuate', 'kvm-a', '--home', '--eject']);
  assert.deepEqual(home.shown, [[VDA]]);
});

suite('a machine whose CD cannot be taken out keeps no other back', () => {
  test('evacuate --eject', async () => {
    const fleet = new Held('kvm-a');
    const { code, err } = await runOn(fleet, ['evacuate', 'kvm-a', '--eject']);
    assert.deepEqual(fleet.moved, ['mail', 'web'], err);
    assert.match(err, /db: .*The guest holds the drive shut/);
    assert.match(err, /web replaces what it left on kvm-b: images\/web\.qcow2/);
    assert.match(err, /1 of 3 machines stay on kvm-a/);
    assert.equal(code, 1);
  });

  test('what went is told, also where one of them did not', async () => {
    const fleet = new Held('kvm-a');
    const log = [{ time: 1, text: 'web is on kvm-b; stays on kvm-a: images/web.qcow2, 1 KiB' }];
    fleet.end = {
      state: 'failed',
      log,
      failure: { code: 'CONFLICT', message: '1 of 2 machines was not moved.' },
    };
    const { code, out, err } = await runOn(fleet, ['evacuate', 'kvm-a', '--eject']);
    assert.match(out, /^web is on kvm-b; stays on kvm-a: /m);
    assert.match(err, /1 of 2 machines was not moved/);
    assert.equal(code, 1);
  });

  test('evacuate --home --eject: nor one that cannot be planned; what is replaced is said before', async () => {
    const fleet = new Held('kvm-b');
    const { code, err } = await runOn(fleet, ['evacuate', 'kvm-a', '--home', '--eject']);
    assert.deepEqual(fleet.moved, ['web'], err);
    assert.match(err, /db: .*The guest holds the drive shut/);
    assert.match(err, /mail: .*kvm-b does not answer/);
    assert.match(err, /web replaces what it left on kvm-a: images\/web\.qcow2/);
    assert.match(err, /2 of 3 machines do not come home to kvm-a/);
    assert.equal(code, 1);
  });

  test('evacuate --home --dry-run: each has its line, with what keeps it and what there is to know', async () => {
    const { code, out } = await runOn(new Held('kvm-b'), ['evacuate', 'kvm-a', '--home', '--dry-run']);
    assert.equal(code, 0);
    assert.match(out, /^mail .*kvm-b does not answer/m);
    assert.match(out, /^web .*images\/web\.qcow2.*A CD is in the drive\. kvm-a is older\./m);
  });
});
