import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Pool } from '../../../main/contract/storage.ts';
import type { BrokenFile } from '../../../main/settings/json-file.ts';
import { daysToFull } from '../../../main/storage/capacity-forecast.ts';
import { openCapacityHistory, type CapacityHistory } from '../../../main/storage/capacity-history.ts';
import { decode, encode, merge, thin, type CapacityPoint } from '../../../main/storage/capacity-points.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const GIB = 1024 ** 3;
const NOW = Date.UTC(2026, 5, 1, 12, 1);
const URI = 'qemu+ssh://root@kvm-a/system';
const UUID = '7c1b2a7e-3d0f-4a0e-9a53-0d4c4d1e2f30';

const point = (time: number, usedKiB = 0, capacityKiB = 1000): CapacityPoint => ({
  time,
  usedKiB,
  capacityKiB,
});

/** One point every `everyMs` from `fromMs` ago until now. */
function series(fromMs: number, everyMs: number, used: (ageMs: number) => number): CapacityPoint[] {
  const points: CapacityPoint[] = [];
  for (let age = fromMs; age >= 0; age -= everyMs) points.push(point(NOW - age, used(age)));
  return points;
}

const pool = (change: Partial<Pool> = {}): Pool => ({
  host: 'a',
  uuid: UUID,
  name: 'default',
  type: 'dir',
  state: 'running',
  autostart: true,
  persistent: true,
  capacityBytes: 100 * GIB,
  allocationBytes: 10 * GIB,
  availableBytes: 60 * GIB,
  path: null,
  source: null,
  ...change,
});

test('points thin out with age: five minutes for a day, hours for a month, days for a year, then nothing', () => {
  const kept = thin(
    series(400 * DAY, 5 * MINUTE, () => 1),
    NOW,
  );
  const between = (from: number, to: number): number =>
    kept.filter(({ time }) => NOW - time >= from && NOW - time < to).length;
  assert.equal(between(0, DAY), 288);
  assert.ok(Math.abs(between(DAY, 30 * DAY) - 29 * 24) <= 1);
  assert.ok(Math.abs(between(30 * DAY, 365 * DAY) - 335) <= 1);
  assert.equal(between(365 * DAY, Infinity), 0);
  assert.deepEqual(thin(kept, NOW), kept);
  assert.deepEqual(thin([point(NOW - HOUR), point(NOW + HOUR)], NOW), [point(NOW - HOUR)]);
});

test('points survive being written as text; what is none is refused', () => {
  const points = [point(NOW - DAY, 5, 2 ** 50), point(NOW - HOUR, 3, 2 ** 50), point(NOW, 3, 7)];
  assert.deepEqual(decode(encode(points)), points);
  assert.deepEqual(decode(encode([])), []);
  for (const text of ['x y', '1,2,3,4', '1;0', '1,-5', ';', 'zzzzzzzzzzz;zzzzzzzzzzz'])
    assert.equal(decode(text), null, text);
  assert.deepEqual(merge([point(1), point(3, 1)], [point(2), point(3, 2)]), [
    point(1),
    point(2),
    point(3, 2),
  ]);
});

test('days to full: the slope of the last week, of what is free now', () => {
  const steady = series(20 * DAY, HOUR, (age) => 900 - (age / DAY) * 10);
  assert.equal(Math.round(daysToFull(steady, NOW) ?? 0), 10);
  // What was before the last week does not count.
  const faster = series(20 * DAY, HOUR, (age) => 900 - (age > 7 * DAY ? 350 : (age / DAY) * 50));
  assert.equal(Math.round(daysToFull(faster, NOW) ?? 0), 2);
  // The last day, of which twelve times as much is known, counts no more than the others.
  const dense = merge(
    series(7 * DAY, HOUR, (age) => 900 - (age / DAY) * 10),
    series(DAY, 5 * MINUTE, (age) => 900 - (age / DAY) * 10),
  );
  assert.equal(Math.round(daysToFull(dense, NOW) ?? 0), 10);
});

test('days to full: nothing is said where nothing sane can be', () => {
  const none = (points: readonly CapacityPoint[]): void => assert.equal(daysToFull(points, NOW), null);
  none([]);
  none(series(DAY, HOUR, (age) => 900 - (age / DAY) * 10));
  none([point(NOW - 6 * DAY, 1), point(NOW, 500)]);
  none(series(7 * DAY, HOUR, () => 500));
  none(series(7 * DAY, HOUR, (age) => 500 + age / DAY));
  none(series(7 * DAY, HOUR, (age) => (Math.floor(age / (6 * HOUR)) % 2 === 0 ? 900 : 100)));
  none(series(7 * DAY, HOUR, (age) => 100 - age / DAY));
});

interface Opened {
  readonly history: CapacityHistory;
  readonly broken: BrokenFile[];
}

class Folder {
  readonly dataDir: string;
  now = NOW;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  static async make(t: TestContext): Promise<Folder> {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'virtlane-capacity-'));
    t.after(() => rm(dataDir, { recursive: true, force: true }));
    return new Folder(dataDir);
  }

  get file(): string {
    return path.join(this.dataDir, 'capacity.json');
  }

  async open(keep: 'nothing' | 'read' | 'write' = 'write'): Promise<Opened> {
    const broken: BrokenFile[] = [];
    const history = await openCapacityHistory({
      dataDir: this.dataDir,
      keep,
      clock: { now: () => this.now, setTimer: () => () => undefined },
      onBroken: (file) => broken.push(file),
      onFault: (error) => assert.fail(String(error)),
    });
    return { history, broken };
  }
}

test('history is kept over a restart, and joins what another instance wrote meanwhile', async (t) => {
  const folder = await Folder.make(t);
  const first = await folder.open();
  const second = await folder.open();
  first.history.record(URI, pool());
  folder.now += 10 * MINUTE;
  second.history.record(URI, pool({ availableBytes: 50 * GIB }));
  second.history.record(URI, pool({ availableBytes: 40 * GIB }));
  second.history.record('qemu:///system', pool());
  second.history.record(URI, pool({ uuid: URI, capacityBytes: null, availableBytes: null }));
  await second.history.close();
  await first.history.close();
  const { history, broken } = await folder.open();
  const day = history.history(URI, UUID, 'day');
  assert.deepEqual(
    day.points.map(({ time, usedBytes, capacityBytes }) => [
      time - NOW,
      usedBytes / GIB,
      capacityBytes / GIB,
    ]),
    [
      [0, 40, 100],
      [10 * MINUTE, 50, 100],
    ],
  );
  assert.equal(day.daysToFull, null);
  assert.equal(history.history(URI, UUID, 'month').points.length, 1);
  assert.equal(history.history('qemu:///system', UUID, 'day').points.length, 1);
  assert.deepEqual(history.history('qemu:///other', UUID, 'day').points, []);
  assert.deepEqual(broken, []);
  assert.equal((await stat(folder.file)).mode & 0o777, 0o600);
});

test('a command reads what the app has seen and writes nothing', async (t) => {
  const folder = await Folder.make(t);
  for (const keep of ['read', 'nothing'] as const) {
    const { history } = await folder.open(keep);
    history.record(URI, pool());
    await history.close();
  }
  assert.deepEqual(await readdir(folder.dataDir), []);
});

test('a damaged file is put aside, and history begins anew', async (t) => {
  const folder = await Folder.make(t);
  const entry = { uri: URI, uuid: UUID, points: '1,,' };
  const text = JSON.stringify({ version: 1, data: [entry] });
  await writeFile(folder.file, text);
  const { history, broken } = await folder.open();
  assert.equal(await readFile(broken[0]?.keptAs ?? '', 'utf8'), text);
  history.record(URI, pool());
  await history.close();
  assert.equal((await folder.open()).history.history(URI, UUID, 'day').points.length, 1);
});

test('the file stays under 4 MiB and 2,000 pools: pools are told more coarsely rather than not at all', async (t) => {
  const folder = await Folder.make(t);
  const uuid = (index: number): string => `7c1b2a7e-3d0f-4a0e-9a53-${String(index).padStart(12, '0')}`;
  const points = encode(
    thin(
      series(60 * DAY, 5 * MINUTE, (age) => (age * 7919) % 1e7),
      NOW,
    ),
  );
  const count = Math.floor((3.9 * 1024 * 1024) / (points.length + 150));
  const entries = Array.from({ length: count }, (_, index) => ({ uri: URI, uuid: uuid(index), points }));
  await writeFile(folder.file, JSON.stringify({ version: 1, data: entries }));
  const { history, broken } = await folder.open();
  assert.deepEqual(broken, []);
  for (let index = count; index < 2100; index += 1) history.record(URI, pool({ uuid: uuid(index) }));
  await history.close();
  const text = await readFile(folder.file, 'utf8');
  assert.ok(text.length < 4 * 1024 * 1024);
  const again = (await folder.open()).history;
  const { length } = again.history(URI, uuid(0), 'month').points;
  assert.ok(length > 7 * 24 - 2 && length < 30 * 24, String(length));
  assert.equal(again.history(URI, uuid(1999), 'day').points.length, 1);
  assert.deepEqual(again.history(URI, uuid(2000), 'day').points, []);
});
