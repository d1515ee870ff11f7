import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Domain } from '../../../main/contract/domain.ts';
import type { Host } from '../../../main/contract/host.ts';
import { en } from '../../../renderer/i18n/en/index.ts';
import { COMMAND_IDS, findCommands, type Known } from '../../../renderer/views/frame/find-commands.ts';

function machine(name: string, change: Partial<Domain> = {}): Domain {
  return {
    host: 'h',
    uuid: `uuid-of-${name}`,
    name,
    id: 1,
    state: 'running',
    reason: 'booted',
    since: null,
    vcpus: 1,
    maxVcpus: 1,
    memoryKiB: 1,
    maxMemoryKiB: 1,
    autostart: false,
    persistent: true,
    managedSave: false,
    addresses: [],
    ...change,
  };
}

const OFF = { id: null, state: 'shutoff', reason: 'shutdown' } as const;
const HOST: Host = {
  id: 'h',
  name: 'kvm-a',
  uri: 'qemu+ssh://root@kvm-a/system',
  kind: 'ssh',
  state: 'connected',
  since: 0,
  lastSeen: null,
  nextAttempt: null,
  prompt: null,
  failure: null,
  info: null,
};
const MACHINES = [
  machine('db-1'),
  machine('web-1'),
  machine('web-10', OFF),
  machine('gold', { ...OFF, template: true }),
];

function found(text: string, change: Partial<Known> = {}): string[] {
  const known: Known = { domains: MACHINES, hosts: [HOST], jobs: [], chosen: null, ...change };
  return findCommands(known, (id) => en.commands.words[id].split(', '), { text, limit: 12 }).map(
    ({ id, domain }) => `${id} ${domain.name}`,
  );
}

test('an action is found by the words of the menu and those of the machine, and by what else it is called', () => {
  assert.deepEqual(found('shut down db'), ['shutdown db-1', 'shutdownAgent db-1']);
  assert.deepEqual(found('Shut down by guest agent db'), ['shutdownAgent db-1']);
  assert.deepEqual(found('clone web-1')[0], 'clone web-1');
  assert.deepEqual(found('console web-1'), ['console web-1', 'console web-10']);
  assert.deepEqual(found('undefine db-1'), ['delete db-1']);
  assert.deepEqual(found('kvm-a'), []);
  assert.deepEqual(found('db-1'), []);
  assert.deepEqual(found(''), []);
});

test('every line of the menu is found by its label', () => {
  const { action } = en.machine;
  for (const id of COMMAND_IDS) {
    if (!(id in action)) continue;
    const label =
      Object.entries(action)
        .find(([key]) => key === id)?.[1]
        .toLowerCase() ?? '';
    assert.ok(en.commands.words[id].split(', ').includes(label), `${id}: ${label}`);
  }
});

test('what is refused of the machine that was named is shown in its place, and never another machine’s or another action’s before it', () => {
  assert.deepEqual(found('start web-1'), [
    'start web-1',
    'autostartOn web-1',
    'start web-10',
    'startPaused web-10',
    'autostartOn web-10',
  ]);
  assert.deepEqual(found('restore web-1')[0], 'restore web-1');
});

test('a command alone is of what can be done, and of the chosen machine first', () => {
  assert.deepEqual(found('start'), [
    'start web-10',
    'autostartOn db-1',
    'autostartOn web-1',
    'startPaused web-10',
    'autostartOn web-10',
  ]);
  assert.equal(found('clone', { chosen: 'h/uuid-of-web-1' })[0], 'clone web-1');
  assert.deepEqual(found('migrate'), ['migrate db-1', 'migrate web-1', 'migrate web-10']);
});

test('what the core refuses of a machine on its way is not offered', () => {
  const job = { kind: 'migrate', uuid: 'uuid-of-db-1', state: 'running' } as const;
  assert.deepEqual(found('clone', { jobs: [job] }), ['clone gold', 'clone web-1', 'clone web-10']);
  assert.deepEqual(found('delete db', { jobs: [job] }), ['delete db-1']);
});
