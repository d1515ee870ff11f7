import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import type { StepContext } from '../../../main/jobs/engine/step.ts';
import { moveStep } from '../../../main/jobs/migrate/steps/move.ts';
import { SharedTurns } from '../../../main/jobs/migrate/shared-turns.ts';
import { MOST_TURNS, Turns } from '../../../main/jobs/migrate/turns.ts';
import { until } from '../../support/wait.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const NEVER = new AbortController().signal;

test('so many leave a host at a time, and the next one goes when one of them is over', async () => {
  const turns = new Turns(2);
  const waited: string[] = [];
  const take = (...hosts: string[]) => turns.take(hosts, NEVER, () => waited.push(hosts.join('>')));
  const [first] = [await take('a'), await take('a')];
  const third = take('a');
  // Another host's are not kept back.
  await take('b');
  const both = take('a', 'b');
  assert.deepEqual(waited, ['a', 'a>b']);
  let isNext = false;
  void both.then(() => (isNext = true));
  first();
  const over = await third;
  assert.equal(isNext, false);
  over();
  await both;
  assert.equal(isNext, true);
});

test('a turn is given back once, however often that is said', async () => {
  const turns = new Turns(1);
  const over = await turns.take(['a'], NEVER, () => undefined);
  over();
  const second = await turns.take(['a'], NEVER, () => assert.fail('it waits'));
  over();
  let waits = false;
  const third = turns.take(['a'], NEVER, () => (waits = true));
  assert.equal(waits, true);
  second();
  await third;
});

test('who is cancelled while it waits takes no turn', async () => {
  const turns = new Turns(1);
  const over = await turns.take(['a'], NEVER, () => undefined);
  const cancel = new AbortController();
  const second = turns.take(['a'], cancel.signal, () => undefined);
  cancel.abort();
  await assert.rejects(second, /abort/i);
  over();
  await turns.take(['a'], NEVER, () => assert.fail('it waits'));
});

async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-turns-'));
  try {
    await work(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

test('programs that share a folder count together, by the address of a host, whoever logs in, and how', () =>
  inFolder(async (dir) => {
    const [one, other] = [1, 2].map(() => {
      const clock = new FakeClock();
      return { clock, turns: new SharedTurns({ clock, most: 2, dir }) };
    });
    assert.ok(one !== undefined && other !== undefined);
    const [a, b] = ['qemu+ssh://a/system', 'qemu+ssh://b/system'];
    const first = await one.turns.take([a], NEVER, () => assert.fail('it waits'));
    const second = await other.turns.take(['qemu+tls://Admin@A/system?keyfile=/k'], NEVER, () =>
      assert.fail('it waits'),
    );
    let waited = 0;
    let isNext = false;
    const third = one.turns.take([a, b], NEVER, () => (waited += 1));
    void third.then(() => (isNext = true));
    await until(() => waited === 1, 'it waits');
    // Who waits for one host holds no other.
    for (const over of [
      await other.turns.take([b], NEVER, () => assert.fail()),
      await other.turns.take([b], NEVER, () => assert.fail()),
    ])
      over();
    await one.clock.advance(2000);
    assert.deepEqual([waited, isNext], [1, false]);
    second();
    await until(async () => {
      await one.clock.advance(500);
      return isNext;
    }, 'the other program has given one back');
    first();
    (await third)();
  }));

test('who is cancelled while another program has all turns takes none', () =>
  inFolder(async (dir) => {
    const [one, other] = [1, 2].map(() => new SharedTurns({ clock: new FakeClock(), most: 1, dir }));
    const over = await one?.take(['a'], NEVER, () => undefined);
    const cancel = new AbortController();
    const second = other?.take(['a'], cancel.signal, () => cancel.abort());
    await assert.rejects(second ?? Promise.resolve(), /abort/i);
    over?.();
    await other?.take(['a'], NEVER, () => assert.fail('it waits'));
  }));

test('a turn that cannot be had for a fault of the folder keeps no other', () =>
  inFolder(async (dir) => {
    const [one, other] = [1, 2].map(() => new SharedTurns({ clock: new FakeClock(), most: 1, dir }));
    assert.ok(one !== undefined && other !== undefined);
    // The name of the second host's lock, which is a folder from now on.
    const over = await one.take(['b'], NEVER, () => undefined);
    const [name] = await readdir(dir);
    over();
    await mkdir(path.join(dir, name ?? ''));
    await assert.rejects(
      one.take(['a', 'b'], NEVER, () => undefined),
      /EISDIR/,
    );
    (await other.take(['a'], NEVER, () => assert.fail('the first host’s is kept')))();
  }));

test('libvirtd has calls left for what ends a move', () => {
  // max_workers of libvirtd.conf
  assert.ok(MOST_TURNS < 20);
});

/** A context of a step whose source is away as soon as a move has begun there. */
function awayOnceBegun(begun: Set<number>, number: number): StepContext {
  const gone = () => Promise.reject(new LinkError('LINK_CLOSED', 'the link was closed'));
  const dom = { name: 'web', uuid: new Uint8Array(16), id: 1 };
  const source = {
    domainLookupByUuid: () => (begun.has(number) ? gone() : Promise.resolve({ dom })),
    domainGetState: () => Promise.resolve({ state: 1, reason: 1 }),
    domainMigrateBegin3Params: () => {
      begun.add(number);
      return gone();
    },
  };
  const absent = new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN', message: 'no domain' });
  const target = { domainLookupByUuid: () => Promise.reject(absent) };
  const client = (host: string) =>
    ({ remote: host === 'a' ? source : target, isOpen: false, close: () => undefined }) as never;
  const nothing = (): undefined => undefined;
  return {
    signal: NEVER,
    log: nothing,
    progress: nothing,
    session: (host) =>
      ({
        uri: `qemu+ssh://${host}/system`,
        client: client(host),
        openStreamClient: () => Promise.resolve(client(host)),
      }) as never,
    client,
    secret: () => Promise.resolve(''),
    result: nothing,
    note: () => Promise.resolve(),
    noted: nothing,
    settling: () => new Promise(() => undefined),
    untilBack: () => Promise.resolve(),
    silent: nothing,
    outside: nothing,
    written: () => 'never',
  };
}

test('who waits for a host that is away holds no turn', () =>
  inFolder(async (turnsDir) => {
    const kind = moveStep({ clock: new FakeClock(), turnsDir });
    const params = {
      host: 'a',
      hostName: 'kvm-a',
      to: 'b',
      toName: 'kvm-b',
      uuid: 'c7a5fdbd-cdaf-9455-926a-d65c16db1809',
      name: 'web',
      persistent: true,
      disks: [],
      networks: {},
      relayed: false,
      address: null,
      bandwidthMiBs: null,
      downtimeMs: null,
      autoConverge: false,
      unsafe: false,
      diskBytes: 0,
      memoryBytes: 0,
    };
    const begun = new Set<number>();
    for (let number = 0; number <= MOST_TURNS; number += 1)
      void kind.run(kind.params.parse(params), awayOnceBegun(begun, number));
    await until(() => begun.size > MOST_TURNS, 'one more than there are turns has begun');
  }));
