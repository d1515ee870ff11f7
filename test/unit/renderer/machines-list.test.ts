import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Domain } from '../../../main/contract/domain.ts';
import type { Host } from '../../../main/contract/host.ts';
import { shownTone } from '../../../renderer/ui/domain-state.ts';
import {
  COLUMNS,
  gridTemplate,
  layOut,
  leftOut,
  type TableLayout,
} from '../../../renderer/views/machines/columns.ts';
import { currentFigures } from '../../../renderer/views/machines/current-live.ts';
import { compareNames, filterMachines, find, type Found } from '../../../renderer/views/machines/find.ts';
import { osName } from '../../../renderer/views/machines/os-name.ts';
import { tableCommand, typeAhead } from '../../../renderer/views/machines/table-keys.ts';
import { machine } from './samples.ts';

const hostName = (id: string): string => (id === 'h' ? 'kvm-a' : id);
const names = (domains: readonly Domain[]): string[] => domains.map(({ name }) => name);

test('numbers in names are compared as numbers', () => {
  assert.deepEqual(['web-10', 'web-2', 'db-1'].sort(compareNames), ['db-1', 'web-2', 'web-10']);
});

test('every word must be in name, host or address', () => {
  const all = [
    machine('web-1', { addresses: ['10.0.0.7'] }),
    machine('web-2'),
    machine('db', { host: 'other' }),
  ];
  const filtered = (text: string): string[] =>
    names(filterMachines(all, { text, state: null, host: null }, hostName));
  assert.deepEqual(filtered('KVM-A web'), ['web-1', 'web-2']);
  assert.deepEqual(filtered('0.0.7'), ['web-1']);
  assert.deepEqual(filtered('web nothing'), []);
});

test('tag:web finds those that have this tag, in any case of letters, and none that is only called so', () => {
  const all = [
    machine('web-1', { tags: ['Web', 'prod'] }),
    machine('web-2', { tags: ['web-old'] }),
    machine('web-3', { tags: [] }),
    machine('web-4'),
  ];
  const filtered = (text: string): string[] =>
    names(filterMachines(all, { text, state: null, host: null }, hostName));
  assert.deepEqual(filtered('tag:WEB'), ['web-1']);
  assert.deepEqual(filtered('tag:web tag:prod'), ['web-1']);
  assert.deepEqual(filtered('tag:prod web-2'), []);
  assert.deepEqual(filtered('tag:'), ['web-1', 'web-2']);
});

test('no filter gives back the same array', () => {
  const all = [machine('a')];
  assert.equal(filterMachines(all, { text: ' ', state: null, host: null }, hostName), all);
});

test('state groups part machines as people speak of them', () => {
  const all = [
    machine('on'),
    machine('held', { state: 'paused', reason: 'user' }),
    machine('broken', { state: 'paused', reason: 'ioerror' }),
    machine('off', { state: 'shutoff', reason: 'destroyed' }),
    machine('dead', { state: 'crashed', reason: 'panicked' }),
  ];
  const group = (state: 'running' | 'paused' | 'off' | 'attention'): string[] =>
    names(filterMachines(all, { text: '', state, host: null }, hostName));
  assert.deepEqual(group('running'), ['on']);
  assert.deepEqual(group('paused'), ['held', 'broken']);
  assert.deepEqual(group('off'), ['off']);
  assert.deepEqual(group('attention'), ['broken', 'dead']);
});

function host(id: string, name: string, uri: string): Host {
  return {
    id,
    name,
    uri,
    kind: 'ssh',
    state: 'connected',
    since: 0,
    lastSeen: null,
    nextAttempt: null,
    prompt: null,
    failure: null,
    info: null,
  };
}
const hosts = [
  host('h', 'kvm-a', 'qemu+ssh://root@10.1.0.1/system'),
  host('other', 'lab', 'qemu+ssh://root@10.1.0.2/system'),
];
const search = (domains: readonly Domain[], text: string, limit = 9): Found =>
  find({ domains, hosts }, { text, limit });
const machinesOf = ({ machines }: Found): string[] => machines.map(({ domain }) => domain.name);

test('search: names that begin with the word come before those that hold it', () => {
  const all = [machine('old-web'), machine('web-2'), machine('web-1')];
  assert.deepEqual(machinesOf(search(all, 'web', 2)), ['web-1', 'web-2']);
});

test('search: a host is found by its name and its address, and stands first when its name fits best', () => {
  const all = [machine('web-1')];
  const byName = search(all, 'KVM');
  assert.deepEqual(
    byName.hosts.map(({ name }) => name),
    ['kvm-a'],
  );
  assert.equal(byName.hostsFirst, true);
  assert.deepEqual(machinesOf(byName), ['web-1'], 'its machines follow');
  assert.deepEqual(
    search(all, '10.1.0.2').hosts.map(({ name }) => name),
    ['lab'],
  );
  assert.equal(search(all, 'web').hostsFirst, false);
});

test('search: a machine is found by any address or its UUID, and shows the one that was asked for', () => {
  const uuid = '52fa15b9-179a-49b7-90f6-aefc1b1ab7c1';
  const all = [machine('web-1', { addresses: ['10.0.0.7', 'fd00::7'], uuid }), machine('db')];
  const detail = (text: string): unknown => search(all, text).machines.map((one) => one.detail);
  assert.deepEqual(detail('web'), ['10.0.0.7']);
  assert.deepEqual(detail('FD00::'), ['fd00::7']);
  assert.deepEqual(detail('52FA15B9-179A'), [uuid]);
  assert.deepEqual(detail('web nothing'), []);
});

const usual = COLUMNS.filter(({ optional }) => optional !== true);
const ids = (layout: TableLayout): string => layout.columns.map(({ id }) => id).join(' ');

test('columns that do not fit go by their rank, name and status never, and no layout is wider than its window', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2500 }), fc.boolean(), (width, manyHosts) => {
      const { columns } = layOut(COLUMNS, width, manyHosts);
      const total = columns.reduce((sum, column) => sum + column.width, 0);
      assert.ok(total <= width || columns.every(({ rank }) => rank === 0));
      assert.ok(columns.some(({ id }) => id === 'name'));
    }),
  );
  assert.match(gridTemplate(layOut(COLUMNS, 0, true).columns), /^\d+px minmax\(\d+px, \d+fr\)$/);
});

test('the side panel of a laptop leaves room for every usual column', () => {
  // 1440 less the sidebar, the side panel, their lines and a scroll bar
  assert.equal(ids(layOut(usual, 853, true)), 'status name state host cpu memory disk net address');
});

test('state and host stand under the name before CPU or memory has to go', () => {
  const narrow = layOut(usual, 440, true);
  assert.equal(ids(narrow), 'status name cpu memory');
  assert.deepEqual(narrow.underName, ['state', 'host']);
  assert.equal(narrow.graphs, true);
  const phone = layOut(usual, 390, true);
  assert.equal(ids(phone), 'status name cpu memory');
  assert.equal(phone.graphs, false);
});

test('with one host its column is the first to go, and the name does without it', () => {
  assert.doesNotMatch(ids(layOut(usual, 820, false)), /host/);
  assert.deepEqual(layOut(usual, 390, false).underName, ['state']);
});

test('what somebody put away does not come back under the name', () => {
  const noHost = usual.filter(({ id }) => id !== 'host');
  assert.deepEqual(layOut(noHost, 390, true).underName, ['state']);
});

const plain = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };
const place = { index: 2, count: 10, page: 4, typing: false };

test('keys of the list', () => {
  const does = (key: string, change: object = {}): unknown =>
    tableCommand({ ...plain, key, ...change }, place);
  assert.deepEqual(does('j'), { do: 'move', to: 3, extend: false });
  assert.deepEqual(does('ArrowUp', { shiftKey: true }), { do: 'move', to: 1, extend: true });
  assert.deepEqual(does('End'), { do: 'move', to: 9, extend: false });
  assert.deepEqual(does('PageUp'), { do: 'move', to: 0, extend: false });
  assert.deepEqual(does('Enter', { ctrlKey: true }), { do: 'console' });
  assert.deepEqual(does('S', { shiftKey: true }), { do: 'shutdown' });
  assert.deepEqual(does('w'), { do: 'type', character: 'w' });
  assert.equal(does('k', { ctrlKey: true }), null);
  assert.equal(does('?', { shiftKey: true }), null);
});

test('while a name is typed its letters are no commands', () => {
  const command = tableCommand({ ...plain, key: 's' }, { ...place, typing: true });
  assert.deepEqual(command, { do: 'type', character: 's' });
});

test('type-ahead goes round the end', () => {
  const list = ['alpha', 'beta', 'Bravo', 'gamma'];
  assert.equal(typeAhead(list, 'b', 2), 2);
  assert.equal(typeAhead(list, 'b', 3), 1);
  assert.equal(typeAhead(list, 'z', 0), -1);
});

test('libosinfo ids become names', () => {
  const named = (osinfo: string | null): string | null => osName({ osinfo });
  assert.equal(named('http://debian.org/debian/12'), 'Debian 12');
  assert.equal(named('http://microsoft.com/win/2k22'), 'Windows 2022');
  assert.equal(named(null), null);
});

test('what a narrow list has no room for is named', () => {
  const shown = COLUMNS.filter(({ optional }) => optional !== true);
  const layout = layOut(shown, 700, true);
  assert.deepEqual(leftOut(shown, layout), ['disk', 'net', 'address']);
  assert.deepEqual(leftOut(shown, layOut(shown, 2000, true)), []);
});

test('a paused machine does nothing at once, whatever the last figures said; a stopped one has none', () => {
  const figures = {
    uuid: 'u',
    cpu: 90,
    memoryUsedKiB: 5,
    memoryTotalKiB: 9,
    diskReadBytes: 7,
    diskWriteBytes: null,
    netInBytes: 3,
    netOutBytes: 4,
  };
  assert.equal(currentFigures({ state: 'running' }, figures), figures);
  const still = { cpu: 0, diskReadBytes: 0, diskWriteBytes: null, netInBytes: 0, netOutBytes: 0 };
  assert.deepEqual(currentFigures({ state: 'paused' }, figures), { ...figures, ...still });
  assert.equal(currentFigures({ state: 'shutoff' }, figures), null);
});

test('a machine that was off stays hollow when its host is away', () => {
  assert.equal(shownTone({ state: 'shutoff', reason: 'shutdown' }, true), 'off');
  assert.equal(shownTone({ state: 'running', reason: 'booted' }, true), 'stale');
  assert.equal(shownTone({ state: 'running', reason: 'booted' }, false), 'ok');
});
