import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, type Seen, type SourceSeen, type TargetSeen } from '../../../main/jobs/migrate/decide.ts';
import {
  migrate,
  settleAfterwards,
  Unsettled,
  type MigrationPorts,
  type Settlement,
} from '../../../main/jobs/migrate/drive.ts';
import { FAULTS, Killed, type Fault } from './migrate-world-faults.ts';
import { World } from './migrate-world.ts';

/** Every way through what a run chooses, with at most `budget` faults: the next one is the last one's, a step further. */
async function everyWay(
  budget: number,
  run: (fault: (call: string) => Fault) => Promise<void>,
): Promise<number> {
  const chosen: number[] = [];
  let ways = 0;
  for (;;) {
    const sizes: number[] = [];
    let at = 0;
    let faults = 0;
    await run(() => {
      const choice = chosen[at] ?? 0;
      sizes[at] = faults < budget ? FAULTS.length : 1;
      at += 1;
      if (choice > 0) faults += 1;
      return FAULTS[choice] ?? 'none';
    });
    ways += 1;
    let last = at - 1;
    while (last >= 0 && (chosen[last] ?? 0) + 1 >= (sizes[last] ?? 1)) last -= 1;
    if (last < 0) return ways;
    chosen.length = last + 1;
    for (let index = 0; index <= last; index += 1) chosen[index] ??= 0;
    chosen[last] = (chosen[last] ?? 0) + 1;
  }
}

/** One migration to its end, however often the program is ended on the way. */
async function toTheEnd(world: World, wasPaused: boolean): Promise<Settlement> {
  try {
    return await migrate(world.ports(), wasPaused);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  for (;;)
    try {
      world.restart();
      // Nothing was asked before the first note.
      if (world.noted === null) return { on: 'source' };
      return await settleAfterwards(world.ports(), world.noted, wasPaused);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
}

for (const way of ['relayed', 'direct', 'peer', 'postCopy', 'torn'] as const)
  for (const wasPaused of [false, true])
    test(`every order of replies, losses and restarts ends with one copy (${way}${wasPaused ? ', paused' : ''})`, async () => {
      let doubled = 0;
      const ways = await everyWay(2, async (fault) => {
        const world: World = new World({
          direct: way !== 'relayed' && way !== 'peer',
          peer: way === 'peer',
          postCopy: way === 'postCopy' || way === 'torn',
          torn: way === 'torn',
          wasPaused,
          fault: (call) => {
            assert.ok(world.copies() <= (world.doubled ? 2 : 1), `two copies: ${world.calls.join(', ')}`);
            return fault(call);
          },
        });
        const settlement = await toTheEnd(world, wasPaused).catch((error: unknown) => {
          if ((world.lost || world.doubled) && error instanceof Unsettled) return error.why;
          throw new Error(`${String(error)}: ${world.calls.join(', ')}`, { cause: error });
        });
        const told = world.calls.join(', ');
        if (world.lost || world.doubled) assert.equal(settlement, world.lost ? 'lost' : 'stopped', told);
        assert.equal(world.isMarked, world.doubled, told);
        if (!world.lost) assert.equal(world.copies(), 1, told);
        doubled += Number(world.doubled);
        if (typeof settlement === 'string') return;
        const { on } = settlement;
        assert.equal(world.target, on === 'target' ? 'arrived' : 'absent', told);
        assert.equal(world.source === 'gone', on === 'target', told);
      });
      assert.equal(doubled > 0, way === 'peer' && !wasPaused);
      assert.ok(ways > (way === 'peer' ? 1_000 : 3_000), `only ${ways} ways were walked`);
    });

test('the source’s host goes down after Finish: its definition goes when it is back, and stays where it is to', async () => {
  for (const keepsDefinition of [false, true]) {
    const world: World = new World({
      direct: false,
      wasPaused: false,
      keepsDefinition,
      fault: (call) => {
        if (call === 'confirm') world.powerFails();
        return 'none';
      },
    });
    assert.deepEqual((await migrate(world.ports(), false)).on, 'target');
    assert.deepEqual([world.source, world.target], [keepsDefinition ? 'off' : 'gone', 'arrived']);
  }
});

test('cancelled before Perform was sent: the job that waits for it on the source is ended by Confirm, as an abort ends nothing', async () => {
  const cancel = new AbortController();
  const world: World = new World({
    direct: true,
    wasPaused: false,
    fault: (call) => {
      if (call === 'note performing') cancel.abort();
      return 'none';
    },
  });
  assert.equal((await migrate(world.ports(cancel.signal), false)).on, 'source');
  assert.ok(
    world.calls.includes('confirm cancelled') && !world.calls.includes('abort'),
    world.calls.join(', '),
  );
});

test('the target’s link is lost before Perform is sent: the source is not told to reach for what its daemon takes away', async () => {
  const world: World = new World({
    direct: true,
    wasPaused: false,
    fault: (call) => (call === 'note performing' ? 'otherLost' : 'none'),
  });
  const { on, lost } = await migrate(world.ports(), false);
  assert.deepEqual([on, lost], ['source', 'target']);
  assert.ok(!world.calls.includes('perform'), world.calls.join(', '));
});

test('cancelled while it is written down that Finish comes next: it is not sent, and the machine stays', async () => {
  const cancel = new AbortController();
  const world: World = new World({
    direct: true,
    wasPaused: false,
    fault: (call) => {
      if (call === 'note finishing') cancel.abort();
      return 'none';
    },
  });
  assert.equal((await migrate(world.ports(cancel.signal), false)).on, 'source');
  assert.ok(!world.calls.includes('finish'), world.calls.join(', '));
  assert.equal(world.copies(), 1);
});

test('an error that follows from a link that was lost is told apart from one of its own', async () => {
  const driven = (fault: Fault) =>
    migrate(
      new World({
        direct: false,
        wasPaused: false,
        fault: (call) => (call === 'perform' ? fault : 'none'),
      }).ports(),
      false,
    );
  for (const [fault, lost] of [
    ['otherLost', 'target'],
    ['lostBefore', 'source'],
    ['refused', null],
  ] as const) {
    const end = await driven(fault);
    assert.deepEqual([end.on, end.lost], ['source', lost]);
  }
});

const SEEN: Seen = {
  phase: 'performing',
  source: 'split',
  sourceBusy: false,
  target: 'split',
  sameSource: false,
  sameTarget: false,
  wasPaused: false,
  postCopy: true,
  definitionGoes: true,
};

test('post-copy: nothing is touched while its memory is on both hosts; then the source’s is a shell', () => {
  const next = (change: Partial<Seen>) => decide({ ...SEEN, ...change });
  for (const phase of ['performing', 'finishing', 'peer', 'arrived'] as const) {
    assert.deepEqual(next({ phase }), { do: 'wait', for: 'target' });
    assert.deepEqual(next({ phase, target: 'away' }), { do: 'wait', for: 'target' });
    assert.deepEqual(next({ phase, source: 'away' }), { do: 'wait', for: 'source' });
    // A daemon that lost who drove it keeps its job for ever.
    for (const sourceBusy of [true, false])
      assert.deepEqual(next({ phase, target: 'running', sourceBusy }), { do: 'removeSource' });
    const confirm = next({ phase, target: 'running', sourceBusy: true, sameSource: true });
    assert.deepEqual(confirm, { do: 'confirm', cancelled: false });
    assert.deepEqual(next({ phase, source: 'absent', target: 'running' }), { do: 'ended', on: 'target' });
    assert.deepEqual(next({ phase, target: 'absent' }), { do: 'ask', why: 'lost' });
    // It stands still there, by a person or an error of its disk: the rest of its memory is not thrown away.
    assert.deepEqual(next({ phase, target: 'paused' }), { do: 'wait', for: 'target' });
    // Its daemon would wait for this program's Confirm for ever.
    for (const sameSource of [true, false])
      assert.deepEqual(next({ phase, target: 'absent', sourceBusy: true, sameSource }), {
        do: 'ask',
        why: 'lost',
      });
    // The hosts lost each other.
    assert.deepEqual(next({ phase, source: 'torn', target: 'torn' }), { do: 'recover' });
    assert.deepEqual(next({ phase, source: 'torn' }), { do: 'wait', for: 'target' });
    assert.deepEqual(next({ phase, source: 'torn', target: 'running' }), { do: 'removeSource' });
    // Where Finish was not sent, nobody else sends it.
    assert.deepEqual(next({ phase, sameTarget: true }), { do: 'finish' });
  }
  // Without post-copy a machine that runs there before Finish is somebody else's.
  assert.deepEqual(next({ source: 'absent', target: 'running', postCopy: false }), {
    do: 'ask',
    why: 'foreign',
  });
});

/** Both hosts as they are at each moment; a look at either takes one. */
async function seenOverTime(
  moments: readonly { source: readonly [SourceSeen, busy?: boolean]; target: Exclude<TargetSeen, 'away'> }[],
  {
    suspend = () => Promise.resolve(),
    wait = () => Promise.resolve(),
  }: Partial<Pick<MigrationPorts['source'], 'suspend'> & Pick<MigrationPorts, 'wait'>> = {},
) {
  let at = 0;
  const acts: string[] = [];
  const next = () => {
    const moment = moments[Math.min(at, moments.length - 1)];
    assert.ok(moment !== undefined);
    at += 1;
    return moment;
  };
  const ports = new World({ direct: true, wasPaused: false, fault: () => 'none' }).ports();
  const acted = (what: string) => () => Promise.resolve(void acts.push(what));
  const { on } = await settleAfterwards(
    {
      ...ports,
      wait,
      source: {
        ...ports.source,
        resume: acted('resume'),
        remove: acted('remove'),
        suspend,
        see: () => {
          const [state, busy = false] = next().source;
          assert.ok(state !== 'away');
          return Promise.resolve({ state, busy });
        },
      },
      target: { ...ports.target, destroy: acted('destroy'), see: () => Promise.resolve(next().target) },
    },
    'peer',
    false,
  );
  return [on, ...acts];
}

test('driven by the source’s libvirtd: what it does between two looks is neither lost nor destroyed', async () => {
  const over = { source: ['absent'], target: 'running' } as const;
  assert.deepEqual(await seenOverTime([{ source: ['running', true], target: 'absent' }, over]), ['target']);
  const waits = { source: ['running'], target: 'waiting' } as const;
  assert.deepEqual(await seenOverTime([waits, waits, over]), ['target']);
});

test('driven by the source’s libvirtd: what it let run on both hosts is paused at the source at once, and told', () => {
  const next = (change: Partial<Seen>) =>
    decide({ ...SEEN, phase: 'peer', source: 'running', target: 'running', postCopy: false, ...change });
  assert.deepEqual(next({}), { do: 'suspendSource' });
  assert.deepEqual(next({ source: 'paused' }), { do: 'ask', why: 'stopped' });
  // It stands still there, or the source's libvirtd is not done: nothing runs twice.
  assert.deepEqual(next({ target: 'paused' }), { do: 'ask', why: 'foreign' });
  assert.deepEqual(next({ sourceBusy: true }), { do: 'wait', for: 'source' });
  // Where this program drives libvirt lets nothing go on: somebody else did.
  for (const phase of ['finishing', 'arrived'] as const)
    assert.deepEqual(next({ phase }), { do: 'ask', why: 'both' });
});

test('a source that does not pause is told as one that runs', async () => {
  const seen = { source: ['running'], target: 'running' } as const;
  await assert.rejects(
    seenOverTime([seen], { suspend: () => Promise.reject(new Error('QEMU hangs')) }),
    (error) => error instanceof Unsettled && error.why === 'both',
  );
});

test('a source that somebody lets go on again each time is told as one that runs, and is waited for in between', async () => {
  const seen = { source: ['running'], target: 'running' } as const;
  const calls: string[] = [];
  const told = seenOverTime([seen], {
    suspend: () => {
      assert.ok(calls.length < 100, 'no end of it');
      return Promise.resolve(void calls.push('suspend'));
    },
    wait: (host) => Promise.resolve(void calls.push(`wait for ${host}`)),
  });
  await assert.rejects(told, (error) => error instanceof Unsettled && error.why === 'both');
  assert.equal(calls.filter((call) => call === 'suspend').length, 5);
  for (const [at, call] of calls.entries()) assert.equal(call, at % 2 === 0 ? 'suspend' : 'wait for source');
});

test('what was taken away on the target since it arrived there leaves the source’s untouched, and a person is told', () => {
  const next = (change: Partial<Seen>) =>
    decide({ ...SEEN, phase: 'arrived', source: 'held', target: 'absent', postCopy: false, ...change });
  for (const sameSource of [true, false])
    assert.deepEqual(next({ sameSource }), { do: 'ask', why: 'foreign' });
  assert.deepEqual(next({ source: 'off' }), { do: 'ask', why: 'foreign' });
  assert.deepEqual(next({ source: 'absent' }), { do: 'ask', why: 'neither' });
  assert.deepEqual(next({ source: 'away' }), { do: 'wait', for: 'source' });
  // One that does not answer has had it.
  assert.deepEqual(next({ target: 'away' }), { do: 'removeSource' });
});

test('a machine that neither host has any more is on neither, however far it came', () => {
  for (const phase of ['preparing', 'performing', 'peer', 'finishing'] as const)
    assert.deepEqual(decide({ ...SEEN, phase, source: 'absent', target: 'absent', postCopy: false }), {
      do: 'ask',
      why: 'neither',
    });
});

test('the host that is away is the one that is waited for, also where its port refuses at once', async () => {
  const world = new World({ fault: () => 'none', direct: true, wasPaused: false });
  const waited: string[] = [];
  let away = true;
  const ports = world.ports();
  const settlement = await settleAfterwards(
    {
      ...ports,
      isAway: (error) => error instanceof RangeError,
      source: {
        ...ports.source,
        see: () => {
          if (away) throw new RangeError('not connected');
          return ports.source.see();
        },
      },
      wait: (host) => {
        waited.push(host);
        away = false;
        return Promise.resolve();
      },
    },
    'performing',
    false,
  );
  assert.deepEqual([waited, settlement.on], [['source'], 'source']);
});
