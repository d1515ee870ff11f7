import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Domain } from '../../../main/contract/domain.ts';
import { HostInventory } from '../../../main/inventory/host-inventory.ts';
import { InventoryStore } from '../../../main/inventory/store.ts';
import { ActivityLog } from '../../../main/jobs/activity.ts';
import { FakeClock, settle } from '../hosts/fake-clock.ts';
import { uuidOf, type FakeHost, type FakeMachine } from './fake-host.ts';

export interface Bench {
  host: FakeHost;
  store: InventoryStore;
  activity: ActivityLog;
  clock: FakeClock;
  running: [uuid: string, running: boolean][];
  inventory: HostInventory;
  machine: (n: number) => Domain | undefined;
  /** Lets the background go on until nothing is asked any more. */
  quiet: () => Promise<void>;
}

/** An inventory of a host that is opened, over a clock that stands still. */
export async function bench(
  t: TestContext,
  host: FakeHost,
  store?: InventoryStore,
  onFault = (error: unknown): void => assert.fail(error as Error),
): Promise<Bench> {
  const clock = new FakeClock();
  const known = store ?? new InventoryStore(clock);
  const activity = new ActivityLog(clock);
  const running: Bench['running'] = [];
  const session = await host.open();
  const inventory = new HostInventory(session, {
    clock,
    store: known,
    activity,
    onRunning: (uuid, runs) => running.push([uuid, runs]),
    onFault,
  });
  t.after(async () => {
    inventory.dispose();
    await session.client.close();
  });
  await inventory.open(new AbortController().signal);
  const quiet = async (): Promise<void> => {
    for (let before = -1; before !== host.calls.length; await settle()) {
      before = host.calls.length;
      await settle();
      await settle();
    }
  };
  return {
    host,
    store: known,
    activity,
    clock,
    running,
    inventory,
    machine: (n) => known.domain('h', uuidOf(n)),
    quiet,
  };
}

export const RUNNING = { id: 7, state: 1, reason: 1 };
/** The host starts the machine and tells of it. */
export const boot = (host: FakeHost, machine: FakeMachine): void => {
  Object.assign(machine, RUNNING);
  host.lifecycle(machine, 2, 0);
};
