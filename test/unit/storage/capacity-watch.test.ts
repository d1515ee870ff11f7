import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import { openCapacityHistory } from '../../../main/storage/capacity-history.ts';
import { watchCapacity } from '../../../main/storage/capacity-watch.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIB = 2 ** 20;
const UUID = '01010101-0101-0101-0101-010101010101';

/** A host with one pool, which has 1 MiB more in it each time it is looked at. */
class Host {
  looks = 0;
  refuses: Error | null = null;
  readonly uri: string;

  constructor(uri: string) {
    this.uri = uri;
  }

  get session(): HostSession {
    const pool = { name: 'p', uuid: new Uint8Array(16).fill(1) };
    const remote = {
      connectListAllStoragePools: () => Promise.resolve({ pools: [pool], ret: 1 }),
      storagePoolGetXmlDesc: () =>
        Promise.resolve({ xml: `<pool type='dir'><name>p</name><uuid>${UUID}</uuid></pool>` }),
      storagePoolGetInfo: () => {
        this.looks += 1;
        if (this.refuses !== null) return Promise.reject(this.refuses);
        const used = BigInt(this.looks) << 20n;
        const capacity = 1n << 30n;
        return Promise.resolve({ state: 2, capacity, allocation: used, available: capacity - used });
      },
    };
    return { id: this.uri, client: { remote } as unknown as LibvirtClient } as unknown as HostSession;
  }
}

async function follow(t: TestContext, ...hosts: Host[]) {
  const clock = new FakeClock();
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  const history = await openCapacityHistory({
    dataDir: '',
    clock,
    keep: 'nothing',
    onBroken: () => undefined,
    onFault,
  });
  const connected = [...hosts];
  const end = new AbortController();
  const over = watchCapacity({ clock, history, connected: () => connected, onFault }, end.signal);
  t.after(async () => {
    end.abort();
    await over;
    assert.equal(clock.pending, 0);
  });
  const usedMiB = (uri: string): number[] =>
    history.history(uri, UUID, 'day').points.map(({ usedBytes }) => usedBytes / MIB);
  return { clock, connected, faults, usedMiB };
}

test('a host that is connected is looked at within a minute, and then every hour', async (t) => {
  const host = new Host('qemu+ssh://a/system');
  const { clock, faults, usedMiB } = await follow(t, host);
  await clock.advance(MINUTE - 1);
  assert.equal(host.looks, 0);
  await clock.advance(1);
  assert.deepEqual(usedMiB(host.uri), [1]);
  await clock.advance(HOUR - 1);
  assert.equal(host.looks, 1);
  await clock.advance(1);
  await clock.advance(2 * HOUR);
  assert.deepEqual(usedMiB(host.uri), [1, 2, 3, 4]);
  assert.deepEqual(faults, []);
});

test('each host has an hour of its own: one that comes later waits for no other, one that went is not asked', async (t) => {
  const early = new Host('qemu+ssh://a/system');
  const late = new Host('qemu+ssh://b/system');
  const { clock, connected } = await follow(t, early);
  await clock.advance(30 * MINUTE);
  connected.push(late);
  await clock.advance(MINUTE);
  assert.deepEqual([early.looks, late.looks], [1, 1]);
  connected.shift();
  await clock.advance(HOUR);
  assert.deepEqual([early.looks, late.looks], [1, 2]);
});

test('a host that does not answer is asked again after an hour, and what it said is told where it is a fault of ours', async (t) => {
  const refusing = new Host('qemu+ssh://a/system');
  const other = new Host('qemu+ssh://b/system');
  const { clock, faults, usedMiB } = await follow(t, refusing, other);
  refusing.refuses = new LibvirtError({ code: 'VIR_ERR_INTERNAL_ERROR', message: 'no' });
  await clock.advance(MINUTE);
  assert.deepEqual([usedMiB(refusing.uri), usedMiB(other.uri)], [[], [1]]);
  assert.deepEqual(faults, []);
  refusing.refuses = new TypeError('ours');
  await clock.advance(HOUR);
  assert.deepEqual(faults, [refusing.refuses]);
  refusing.refuses = null;
  await clock.advance(HOUR);
  assert.deepEqual([usedMiB(refusing.uri), usedMiB(other.uri)], [[3], [1, 2, 3]]);
});

test('a clock that was put back does not silence the watch until it has caught up', async (t) => {
  const host = new Host('qemu+ssh://a/system');
  const { clock } = await follow(t, host);
  await clock.advance(MINUTE);
  clock.sleep(-DAY);
  await clock.advance(MINUTE);
  assert.equal(host.looks, 2);
});
