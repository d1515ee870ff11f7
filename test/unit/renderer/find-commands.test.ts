import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../../../main/contract/host.ts';
import { en } from '../../../renderer/i18n/en/index.ts';
import type { Pool } from '../../../main/contract/storage.ts';
import {
  APP_COMMAND_IDS,
  findAppCommands,
  type AppKnown,
} from '../../../renderer/views/frame/find-app-commands.ts';
import { COMMAND_IDS, findCommands, type Known } from '../../../renderer/views/frame/find-commands.ts';
import { machine } from './samples.ts';

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

const POOL: Pool = {
  host: 'h',
  uuid: 'uuid-of-default',
  name: 'default',
  type: 'dir',
  state: 'running',
  autostart: true,
  persistent: true,
  capacityBytes: null,
  allocationBytes: null,
  availableBytes: null,
  path: '/var/lib/libvirt/images',
  source: null,
};
const POOLS = [
  POOL,
  { ...POOL, uuid: 'uuid-of-isos', name: 'isos' },
  { ...POOL, uuid: 'uuid-of-lun', name: 'lun', type: 'iscsi' },
  { ...POOL, uuid: 'uuid-of-idle', name: 'idle', state: 'inactive' },
] as const;

function foundOfApp(text: string, change: Partial<AppKnown> = {}): string[] {
  const known: AppKnown = { hosts: [HOST], pools: POOLS, ...change };
  return findAppCommands(known, (id) => en.commands.appWords[id].split(', '), { text, limit: 12 }).map(
    (one) => {
      const of = 'pool' in one ? one.pool?.name : 'host' in one ? one.host?.name : undefined;
      return of === undefined ? one.id : `${one.id} ${of}`;
    },
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

test('what makes something new, and what belongs to the app, is found by its words and by what else it is called', () => {
  assert.deepEqual(foundOfApp('new machine'), ['newMachine']);
  assert.deepEqual(foundOfApp('new'), [
    'newMachine',
    'newPool',
    'newNetwork',
    'newVolume default',
    'addHost',
  ]);
  assert.deepEqual(foundOfApp('pool'), ['newPool']);
  assert.deepEqual(foundOfApp('import'), ['newMachine', 'upload default', 'upload isos']);
  assert.deepEqual(foundOfApp('Add host'), ['addHost']);
  assert.deepEqual(foundOfApp('jobs'), ['jobs']);
  assert.deepEqual(foundOfApp('settings'), ['settings']);
  assert.deepEqual(foundOfApp('dark'), ['dark']);
  assert.deepEqual(foundOfApp('theme'), ['dark', 'light', 'system']);
  assert.deepEqual(foundOfApp('help'), ['keys']);
  for (const text of ['', 'db-1', 'settings db-1', 'iso']) assert.deepEqual(foundOfApp(text), []);
});

test('every such line is found by what it says', () => {
  for (const id of APP_COMMAND_IDS) {
    const text = en.commands.appLine[id].replace(/[…:]/g, '');
    assert.ok(foundOfApp(text)[0]?.startsWith(id), text);
  }
});

test('what is made is made on the host that is named, and a file goes to the pool that is named, if it can take one', () => {
  assert.deepEqual(foundOfApp('new pool kvm-a'), ['newPool kvm-a']);
  assert.deepEqual(foundOfApp('new machine on kvm'), ['newMachine kvm-a']);
  assert.deepEqual(foundOfApp('new machine elsewhere'), []);
  assert.deepEqual(foundOfApp('upload to isos'), ['upload isos']);
  assert.deepEqual(foundOfApp('new volume kvm-a'), ['newVolume default', 'newVolume isos']);
  for (const name of ['lun', 'idle', 'elsewhere']) assert.deepEqual(foundOfApp(`upload ${name}`), []);
  assert.deepEqual(foundOfApp('upload', { pools: [] }), ['upload']);
});
