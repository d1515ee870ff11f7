import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeletionPlan, Domain } from '../../../main/contract/domain.ts';
import type { Failure } from '../../../main/contract/failure.ts';
import {
  ACTION_IDS,
  isShown,
  mainAction,
  virshLineOf,
  whyDisabled,
} from '../../../renderer/views/machine/lifecycle/availability.ts';
import {
  canDelete,
  freedBytes,
  losses,
  tickedAtFirst,
} from '../../../renderer/views/machine/lifecycle/delete-plan.ts';
import { PendingActions } from '../../../renderer/views/machine/lifecycle/pending.ts';
import { tabForKey } from '../../../renderer/views/machine/tab-keys.ts';

const off: Domain = {
  host: 'h',
  uuid: 'u',
  name: 'web-01',
  id: null,
  state: 'shutoff',
  reason: 'shutdown',
  since: null,
  vcpus: 1,
  maxVcpus: 1,
  memoryKiB: 0,
  maxMemoryKiB: 1024,
  autostart: false,
  persistent: true,
  managedSave: false,
  addresses: [],
};
const running: Domain = { ...off, id: 3, state: 'running', reason: 'booted' };
const paused: Domain = { ...running, state: 'paused', reason: 'user' };

const enabledIn = (domain: Domain): string[] =>
  ACTION_IDS.filter((action) => whyDisabled(action, domain, true) === null);

test('what can be done to a machine that is off', () => {
  assert.deepEqual(enabledIn(off), ['start', 'startPaused', 'autostartOn', 'delete']);
});

test('a saved state can be restored and discarded', () => {
  assert.deepEqual(enabledIn({ ...off, managedSave: true }).slice(0, 4), [
    'start',
    'startPaused',
    'restore',
    'discardSaved',
  ]);
});

test('what can be done to a machine that runs', () => {
  assert.deepEqual(enabledIn({ ...running, autostart: true }), [
    'suspend',
    'shutdown',
    'shutdownAgent',
    'reboot',
    'rebootAgent',
    'save',
    'reset',
    'destroy',
    'autostartOff',
    'delete',
  ]);
});

test('a paused machine cannot be asked, but can be resumed, saved and forced off', () => {
  assert.deepEqual(enabledIn(paused), ['resume', 'save', 'reset', 'destroy', 'autostartOn', 'delete']);
  assert.equal(whyDisabled('shutdown', paused, true), 'paused');
});

test('a transient machine is neither saved nor deleted', () => {
  const transient = { ...running, persistent: false };
  assert.equal(whyDisabled('save', transient, true), 'transient');
  assert.equal(whyDisabled('delete', transient, true), 'transient');
});

test('nothing can be asked of a host that is away', () => {
  assert.ok(ACTION_IDS.every((action) => whyDisabled(action, running, false) === 'hostAway'));
});

test('the main action follows the state', () => {
  assert.deepEqual(
    [off, { ...off, managedSave: true }, running, paused].map((domain) => mainAction(domain)),
    ['start', 'restore', 'shutdown', 'resume'],
  );
});

test('a virsh line by the agent says so', () => {
  assert.equal(
    virshLineOf('shutdownAgent', { uri: 'qemu:///system' }, { ...running, name: "it's" }),
    "virsh -c qemu:///system shutdown 'it'\\''s' --mode agent",
  );
});

test('a reboot changes nothing that could be waited for', () => {
  assert.equal(isShown('reboot', running), null);
});

/** A window with one machine, and a clock that is moved by hand. */
function world(first: Domain) {
  let domain: Domain | undefined = first;
  const watchers = new Set<() => void>();
  const timers = new Set<() => void>();
  const store = new PendingActions({
    domain: () => domain,
    watchDomain: (_key, listener) => {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
    failureOf: (error) => error as Failure,
    after: (_ms, then) => {
      timers.add(then);
      return () => timers.delete(then);
    },
  });
  return {
    store,
    watchers,
    timers,
    patch: (next: Domain | undefined) => {
      domain = next;
      watchers.forEach((watcher) => watcher());
    },
    timeIsUp: () => {
      timers.forEach((timer) => timer());
    },
  };
}

const done = (): Promise<null> => Promise.resolve(null);

test('an action is pending until the host shows its result', async () => {
  const { store, patch, watchers, timers } = world(off);
  await store.run('k', 'start', done);
  assert.deepEqual(store.state('k').pending, ['start']);
  patch(running);
  assert.deepEqual(store.state('k').pending, []);
  assert.equal(watchers.size + timers.size, 0, 'something is left behind');
});

test('a patch that comes before the answer counts', async () => {
  const { store, patch } = world(off);
  await store.run('k', 'start', () => {
    patch(running);
    return done();
  });
  assert.deepEqual(store.state('k').pending, []);
});

test('the same action is not sent twice', async () => {
  const { store } = world(off);
  let calls = 0;
  const call = (): Promise<null> => {
    calls += 1;
    return done();
  };
  await Promise.all([store.run('k', 'start', call), store.run('k', 'start', call)]);
  assert.equal(calls, 1);
});

test('a refusal ends it and stays in view until the next action', async () => {
  const { store } = world(running);
  const failure: Failure = { code: 'LIBVIRT', message: 'no' };
  await store.run('k', 'suspend', () => Promise.reject(failure as unknown as Error));
  assert.deepEqual(store.state('k'), { pending: [], failed: { action: 'suspend', failure } });
  await store.run('k', 'shutdown', done);
  assert.equal(store.state('k').failed, null);
});

test('a guest that does not shut down is told of after a while', async () => {
  const { store, timeIsUp } = world(running);
  await store.run('k', 'shutdown', done);
  timeIsUp();
  const { pending, failed } = store.state('k');
  assert.deepEqual(pending, []);
  assert.equal(failed?.failure.code, 'TIMEOUT');
});

test('a job that failed says why', async () => {
  const { store } = world(running);
  await store.run('k', 'save', () => Promise.resolve('job1'));
  const failure: Failure = { code: 'LIBVIRT', message: 'disk full' };
  store.jobEnded('k', 'other', failure);
  assert.deepEqual(store.state('k').pending, ['save']);
  store.jobEnded('k', 'job1', failure);
  assert.deepEqual(store.state('k').failed?.failure, failure);
});

test('a machine that is gone ends what was asked of it', async () => {
  const { store, patch } = world(off);
  await store.run('k', 'delete', () => Promise.resolve('job1'));
  patch(undefined);
  assert.deepEqual(store.state('k'), { pending: [], failed: null });
});

test('listeners hear of changes until they leave', async () => {
  const { store, patch } = world(off);
  let heard = 0;
  const leave = store.subscribe('k', () => {
    heard += 1;
  });
  await store.run('k', 'start', done);
  leave();
  patch(running);
  assert.equal(heard, 1);
});

const plan: DeletionPlan = {
  volumes: [
    {
      key: 'a',
      path: '/a',
      target: 'vda',
      pool: 'default',
      capacityBytes: 100,
      allocationBytes: 40,
      keep: null,
      usedBy: [],
    },
    {
      key: 'b',
      path: '/b',
      target: 'vdb',
      pool: 'default',
      capacityBytes: 50,
      allocationBytes: null,
      keep: 'usedByOther',
      usedBy: ['x'],
    },
    {
      key: 'c',
      path: '/c.iso',
      target: 'sda',
      pool: null,
      capacityBytes: null,
      allocationBytes: null,
      keep: 'notInPool',
      usedBy: [],
    },
  ],
  running: true,
  managedSave: false,
  snapshots: 2,
  checkpoints: 0,
  nvram: '/nvram',
};

test('only volumes that nothing speaks for keeping are ticked at first', () => {
  assert.deepEqual([...tickedAtFirst(plan)], ['a']);
});

test('a file in no pool cannot be chosen', () => {
  assert.deepEqual(
    plan.volumes.map((volume) => canDelete(volume)),
    [true, true, false],
  );
});

test('freed bytes are those on disk, or the size where that is not known', () => {
  assert.equal(freedBytes(plan, new Set(['a', 'b'])), 90);
});

test('everything that is lost is named', () => {
  assert.deepEqual(losses(plan), [{ kind: 'power' }, { kind: 'snapshots', count: 2 }, { kind: 'nvram' }]);
});

const key = (code: string, more: object = {}) => ({
  key: code === 'Tab' ? 'Tab' : '',
  code,
  ctrlKey: true,
  shiftKey: false,
  altKey: false,
  metaKey: false,
  ...more,
});

test('Ctrl and a digit name a tab; Ctrl Tab goes round', () => {
  const tabs = ['a', 'b', 'c'] as const;
  assert.equal(tabForKey(key('Digit2'), tabs, 'a'), 'b');
  assert.equal(tabForKey(key('Digit9'), tabs, 'a'), null);
  assert.equal(tabForKey(key('Digit2', { ctrlKey: false }), tabs, 'a'), null);
  assert.equal(tabForKey(key('Tab'), tabs, 'c'), 'a');
  assert.equal(tabForKey(key('Tab', { shiftKey: true }), tabs, 'a'), 'c');
});
