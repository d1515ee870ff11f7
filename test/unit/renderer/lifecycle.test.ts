import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deletableVolume,
  type DeletableVolume,
  type DeletionPlan,
  type Domain,
} from '../../../main/contract/domain.ts';
import type { Failure } from '../../../main/contract/failure.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { chosenPaths } from '../../../main/jobs/delete/run.ts';
import {
  ACTION_IDS,
  buttonActions,
  isListed,
  isShown,
  primaryButton,
  whyDisabled,
} from '../../../renderer/views/machine/lifecycle/availability.ts';
import {
  canDelete,
  freedBytes,
  losses,
  outcome,
  tickedAtFirst,
} from '../../../renderer/views/machine/lifecycle/delete-plan.ts';
import { PendingActions } from '../../../renderer/views/machine/lifecycle/pending.ts';
import { deletionLine, shellLine } from '../../../renderer/views/machine/lifecycle/virsh-lines.ts';
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
const asleep: Domain = { ...running, state: 'pmsuspended', reason: 'unknown' };

const enabledIn = (domain: Domain): string[] =>
  ACTION_IDS.filter((action) => whyDisabled(action, domain, true) === null);

test('what can be done to a machine that is off', () => {
  assert.deepEqual(enabledIn(off), ['start', 'startPaused', 'autostartOn', 'keepTemplate', 'delete']);
});

test('a saved state can be restored and discarded', () => {
  const saved = { ...off, managedSave: true };
  assert.deepEqual(enabledIn(saved).slice(0, 2), ['restore', 'discardSaved']);
  assert.equal(isListed('start', saved), false, 'libvirt’s start would restore it too');
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
    'keepTemplate',
    'delete',
  ]);
});

test('a paused machine cannot be asked, but can be resumed, saved and forced off', () => {
  assert.deepEqual(enabledIn(paused), [
    'resume',
    'save',
    'reset',
    'destroy',
    'autostartOn',
    'keepTemplate',
    'delete',
  ]);
  assert.equal(whyDisabled('shutdown', paused, true), 'paused');
});

test('a template is not started, neither now nor with its host, and can be made a machine again', () => {
  const template = { ...off, template: true };
  assert.deepEqual(enabledIn(template), ['releaseTemplate', 'delete']);
  for (const action of ['start', 'startPaused', 'autostartOn'] as const)
    assert.equal(whyDisabled(action, template, true), 'template');
  assert.equal(whyDisabled('restore', { ...template, managedSave: true }, true), 'template');
});

test('a transient machine is neither saved nor deleted', () => {
  const transient = { ...running, persistent: false };
  assert.equal(whyDisabled('save', transient, true), 'transient');
  assert.equal(whyDisabled('delete', transient, true), 'transient');
});

test('nothing can be asked of a host that is away', () => {
  assert.ok(ACTION_IDS.every((action) => whyDisabled(action, running, false) === 'hostAway'));
});

test('each button keeps its place: what is at it means the same in every state, or the first makes it run', () => {
  assert.deepEqual(
    [off, { ...off, managedSave: true }, running, paused, asleep].map((domain) => buttonActions(domain)),
    [
      ['start', 'suspend', 'shutdown'],
      ['restore', 'suspend', 'shutdown'],
      ['start', 'suspend', 'shutdown'],
      ['resume', 'suspend', 'shutdown'],
      ['resume', 'suspend', 'shutdown'],
    ],
  );
});

test('after a start nothing can be pressed where it was', () => {
  assert.equal(whyDisabled(buttonActions(running)[0], running, true), 'running');
});

test('one button stands out, by the state', () => {
  assert.deepEqual(
    [off, { ...off, managedSave: true }, running, paused, asleep].map((domain) => primaryButton(domain)),
    ['start', 'restore', 'console', 'resume', 'resume'],
  );
});

test('a guest that sleeps can be woken, and is awake when it runs', () => {
  assert.equal(whyDisabled('resume', asleep, true), null);
  assert.equal(isShown('resume', asleep), false);
  assert.equal(isShown('resume', running), true);
});

const listedIn = (domain: Domain): string[] => ACTION_IDS.filter((action) => isListed(action, domain));

test('a menu lists what the state allows, and little that it does not', () => {
  assert.deepEqual(listedIn(off), enabledIn(off));
  assert.deepEqual(listedIn(running), enabledIn(running));
  const greyed = (domain: Domain): string[] =>
    listedIn(domain).filter((action) => !enabledIn(domain).includes(action));
  assert.deepEqual(greyed(paused), ['shutdown', 'reboot']);
  assert.deepEqual(greyed({ ...running, persistent: false }), ['save', 'delete']);
});

test('a shell line by the agent says so, whole and without what all lines have in common', () => {
  assert.deepEqual(shellLine('shutdownAgent', { uri: 'qemu:///system' }, { ...running, name: "it's" }), {
    line: "virsh -c qemu:///system shutdown 'it'\\''s' --mode agent",
    command: "shutdown 'it'\\''s' --mode agent",
  });
});

test('the shell line of a deletion has the chosen disks and what the plan found', () => {
  const line = (chosen: string[]): string =>
    deletionLine({ uri: 'qemu:///system' }, off, { plan, chosen: new Set(chosen) });
  const start = 'virsh -c qemu:///system destroy web-01 && virsh -c qemu:///system undefine web-01';
  assert.equal(line([]), `${start} --nvram --snapshots-metadata`);
  assert.equal(line(['a']), `${start} --nvram --snapshots-metadata --storage vda`);
});

test('what booted the installer goes by a line of its own, and is counted as no disk', () => {
  const [disk] = plan.volumes;
  assert.ok(disk !== undefined);
  const file = { ...disk, key: 'k', path: '/p/web 01-installer.kernel', target: 'kernel', installer: true };
  const more = { ...plan, volumes: [disk, file] };
  const chosen = new Set([disk.key, 'k']);
  const line = deletionLine({ uri: 'qemu:///system' }, off, { plan: more, chosen });
  assert.ok(
    line.endsWith("--storage vda && virsh -c qemu:///system vol-delete '/p/web 01-installer.kernel'"),
  );
  assert.deepEqual(outcome(more, chosen), { deleted: 1, kept: 0 });
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
    stillRuns: (name, minutes) => `${name} still runs after ${minutes} min`,
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

test('who waits for an action hears how it ended', async () => {
  const { store, patch } = world(off);
  await store.run('k', 'start', done);
  const settled = store.settled('k', 'start');
  patch(running);
  assert.equal(await settled, null);
  const failure: Failure = { code: 'LIBVIRT', message: 'no' };
  await store.run('k', 'suspend', () => Promise.reject(failure as unknown as Error));
  assert.equal(await store.settled('k', 'suspend'), failure);
});

test('a guest that does not shut down is told of after a while', async () => {
  const { store, timeIsUp } = world(running);
  await store.run('k', 'shutdown', done);
  timeIsUp();
  const { pending, failed } = store.state('k');
  assert.deepEqual(pending, []);
  assert.equal(failed?.failure.code, 'TIMEOUT');
  assert.equal(failed?.failure.message, 'web-01 still runs after 2 min');
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

const dom = { name: 'web-01', uuid: new Uint8Array(16), id: -1 };
const host = { id: 'h', name: 'kvm-a' };
const first: DeletableVolume = {
  key: 'a',
  path: '/a',
  target: 'vda',
  pool: 'default',
  capacityBytes: 100,
  allocationBytes: 40,
  keep: null,
  usedBy: [],
};
const plan: DeletionPlan = {
  volumes: [
    first,
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
  unseen: [],
  running: true,
  managedSave: false,
  snapshots: 2,
  checkpoints: 0,
  nvram: '/nvram',
  tpm: false,
};

test('only volumes that nothing speaks for keeping are ticked at first', () => {
  assert.deepEqual([...tickedAtFirst(plan)], ['a']);
});

test('what the core refuses to delete cannot be chosen', () => {
  const reasons = deletableVolume.shape.keep.unwrap().options;
  for (const keep of [null, ...reasons]) {
    const volume = { ...first, keep, usedBy: keep === 'usedByOther' ? ['db-01'] : [] };
    const request = { plan: { ...plan, volumes: [volume] }, volumes: ['a'], force: true, dom, host };
    const refused = keep !== null && ['usedByOther', 'backing', 'notInPool'].includes(keep);
    assert.equal(canDelete(volume), !refused, `${keep}`);
    if (refused) assert.throws(() => chosenPaths(request), FailureError, keep);
    else assert.deepEqual(chosenPaths(request), ['/a'], `${keep}`);
  }
});

test('disks that go and stay are counted; an installer and a file under a disk are none', () => {
  const volumes = [...plan.volumes, { ...first, key: 'd', keep: 'backing' as const }];
  assert.deepEqual(outcome({ ...plan, volumes }, new Set(['a'])), { deleted: 1, kept: 2 });
  const iso = { ...first, key: 'e', keep: 'readonly' as const };
  assert.deepEqual(outcome({ ...plan, volumes: [first, iso] }, new Set(['a'])), { deleted: 1, kept: 0 });
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
