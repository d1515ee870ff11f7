import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MigrateFacts } from '../../../main/jobs/migrate/live.ts';
import { planMigration } from '../../../main/jobs/migrate/plan.ts';
import { moveXml } from '../../../main/jobs/migrate/xml.ts';
import { factsOf, GIB, input, levels, pool, sourceOf, targetOf, volumeOf, WEB } from './migrate-facts.ts';

const planned = (facts: MigrateFacts, asked = input()) => planMigration(asked, facts);

const iso = WEB.replace(
  '<interface',
  `<disk type='file' device='cdrom'><source file='/iso/debian.iso'/><target dev='sda' bus='sata'/></disk><interface`,
);
const withSeed = (path: string): string => iso.replace('/iso/debian.iso', path);
const SEED = '/images/web-1-seed.iso';
/** The machine with a CD of a first boot in its drive, and what its host's pools have. */
const seeded = (change: Partial<MigrateFacts> = {}, path = SEED): MigrateFacts =>
  factsOf({
    source: sourceOf(withSeed(path)),
    definition: withSeed(path),
    volumes: new Map([
      ['vda', volumeOf()],
      ['sda', volumeOf({ name: path.slice(8), path, format: 'iso', allocationBytes: 4096 })],
    ]),
    ...change,
  });

const LEFT = {
  disk: 'vda',
  pool: pool().uuid,
  name: 'web-1.qcow2',
  changed: '1 1',
  path: '/images/web-1.qcow2',
  went: '/images/web-1.qcow2',
  bytes: GIB,
};

test('a CD that was made for the machine is sent before it goes, running or off; another one is not', () => {
  const off = sourceOf(withSeed(SEED), { state: 'shutoff' });
  const ids = (facts: MigrateFacts, asked = input()) => planned(facts, asked).plan.steps.map(({ id }) => id);
  assert.deepEqual(levels(seeded()), []);
  assert.deepEqual(ids(seeded()), ['cd-sda', 'volume-1', 'move']);
  assert.deepEqual(ids(seeded({ source: off })), ['send-1-vda', 'cd-sda', 'define', 'undefine']);
  assert.deepEqual(ids(seeded(), input({ deleteSource: true })).slice(3), ['delete-1', 'delete-2']);
  const { params } = planned(seeded()).plan.steps.find(({ id }) => id === 'move') ?? {};
  const { disks, media } = params as { disks: { target: string }[]; media: unknown };
  assert.deepEqual(
    [disks.map(({ target }) => target), media],
    [
      ['vda'],
      [
        {
          target: 'sda',
          from: SEED,
          volume: { pool: 'images', name: 'web-1-seed.iso' },
          path: SEED,
        },
      ],
    ],
  );
  const there = targetOf({
    files: new Map([
      ['vda', 'none'],
      ['sda', 'same'],
    ]),
  });
  assert.deepEqual(ids(seeded({ target: there })), ['volume-1', 'move']);
  // In no pool it cannot be read; and what a person put in is a person's.
  assert.deepEqual(levels(seeded({ volumes: new Map() })), ['stop media']);
  assert.deepEqual(levels(seeded({}, '/images/debian.iso')), ['stop media']);
  const [stays] = [
    planned(seeded()).shown.stays,
    planned(seeded(), input({ deleteSource: true })).shown.stays,
  ];
  assert.deepEqual(
    stays.map(({ pool: at, name, bytes }) => [at, name, bytes]),
    [
      ['images', 'web-1.qcow2', 2 * GIB],
      ['images', 'web-1-seed.iso', 4096],
    ],
  );
});

test('a CD that is named as another one’s is not its own: it neither goes with it nor is deleted', () => {
  const path = '/images/company-seed.iso';
  assert.deepEqual(levels(seeded({}, path)), ['stop media']);
  const there = targetOf({
    files: new Map([
      ['vda', 'none'],
      ['sda', 'other'],
    ]),
  });
  const asked = input({ deleteSource: true });
  const steps = (facts: MigrateFacts) =>
    planned(facts, asked).plan.steps.flatMap(({ kind, params }) => {
      const { name, changed } = params as { name?: string; changed?: string };
      return kind === 'clone.send' || kind === 'volume.delete' ? [{ kind, name, changed }] : [];
    });
  const disk = { kind: 'volume.delete', name: 'web-1.qcow2', changed: undefined };
  assert.deepEqual(steps(seeded({ target: there }, path)), [disk]);
  const cd = (name: string) => ({ kind: 'clone.send', name, changed: undefined });
  assert.deepEqual(steps(seeded({ target: there })), [
    cd('web-1-seed.iso'),
    disk,
    { kind: 'volume.delete', name: 'web-1-seed.iso', changed: '1700000000.5' },
  ]);
  // A copy that got a number goes on with it; its name may be that of another machine's.
  const numbered = seeded({ target: there }, '/images/web-1-2-seed.iso');
  assert.deepEqual(steps(numbered), [cd('web-1-2-seed.iso'), disk]);
  assert.deepEqual(
    planned(numbered, asked).shown.stays.map(({ name }) => name),
    ['web-1-2-seed.iso'],
  );
  const left = { ...LEFT, disk: 'sda', name: 'web-1-2-seed.iso', went: '/images/web-1-2-seed.iso' };
  const kinds = planned({ ...numbered, ownCopies: new Map([['sda', left]]) }).plan.steps.map(
    ({ kind }) => kind,
  );
  assert.ok(!kinds.includes('volume.delete'), kinds.join(' '));
});

test('what the machine left there is replaced; of another volume of that name nothing is known, and it gets company', () => {
  const volumeNames = new Map([[pool().uuid, new Set(['web-1.qcow2', 'web-1-seed.iso'])]]);
  const target = targetOf({
    files: new Map([
      ['vda', 'other'],
      ['sda', 'other'],
    ]),
    volumeNames,
  });
  const left = (disk: string, change = {}) => ({
    disk,
    pool: pool().uuid,
    name: 'web-0.qcow2',
    changed: '1 1',
    path: '/images/left.qcow2',
    went: disk === 'vda' ? '/images/web-1.qcow2' : SEED,
    bytes: GIB,
    ...change,
  });
  const made = (ownCopies: MigrateFacts['ownCopies']) => {
    const { shown, plan } = planned(seeded({ target, ownCopies }));
    const deleted = plan.steps.flatMap(({ id, kind, params }) =>
      kind === 'volume.delete' ? [{ id, params }] : [],
    );
    return { paths: [...shown.disks, ...shown.media].map(({ path }) => path), deleted };
  };
  assert.deepEqual(made(new Map()), {
    paths: ['/images/web-1-2.qcow2', '/images/web-1-2-seed.iso'],
    deleted: [],
  });
  const elsewhere = new Map([['vda', left('vda', { pool: 'another' })]]);
  assert.deepEqual(made(elsewhere).deleted, []);
  const { paths, deleted } = made(
    new Map([
      ['vda', left('vda')],
      ['sda', left('sda', { name: 'web-1-seed.iso' })],
    ]),
  );
  assert.deepEqual(paths, ['/images/web-0.qcow2', SEED]);
  const expected = (disk: string, name: string) => {
    const params = {
      host: 'b',
      pool: pool().uuid,
      poolName: pool().name,
      name,
      accepted: [],
      changed: '1 1',
    };
    return { id: `replace-${disk}`, params };
  };
  assert.deepEqual(deleted, [expected('vda', 'web-0.qcow2'), expected('sda', 'web-1-seed.iso')]);
});

test('what it left is not replaced where its top is to lie on that', () => {
  const source = sourceOf(
    WEB.replace(
      `<source file='/images/web-1.qcow2'/>`,
      `<source file='/images/web-1.snap'/><backingStore type='file'><format type='qcow2'/><source file='/images/web-1.qcow2'/></backingStore>`,
    ),
  );
  const target = targetOf({ bases: new Map([['/images/web-1.qcow2', { differs: false, writers: [] }]]) });
  const left = {
    disk: 'vda',
    pool: pool().uuid,
    name: 'web-0.qcow2',
    changed: '1 1',
    path: '/images/web-0.qcow2',
    went: '/images/web-1.snap',
  };
  const facts = factsOf({ source, target, ownCopies: new Map([['vda', { ...left, bytes: GIB }]]) });
  const kinds = (way: 'copy' | 'top') =>
    planned(facts, input({ disks: [{ target: 'vda', way, pool: null }] })).plan.steps.map(({ kind }) => kind);
  assert.deepEqual(kinds('copy'), ['volume.delete', 'volume.create', 'migrate.move']);
  assert.deepEqual(kinds('top'), ['volume.create', 'migrate.move']);
});

const deleted = (change: Partial<MigrateFacts>, left = {}): string[] => {
  const target = targetOf({ volumeNames: new Map([[pool().uuid, new Set(['web-1.qcow2'])]]) });
  const ownCopies = new Map([['vda', { ...LEFT, ...left }]]);
  return planned(factsOf({ target, ownCopies, ...change })).plan.steps.flatMap(({ kind, params }) =>
    kind === 'volume.delete' ? [(params as { name: string }).name] : [],
  );
};
const DATA = `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/images/data.qcow2'/>`;

test('what it left is replaced only by the disk that it was: by where that went, and not by the drive’s letter', () => {
  assert.deepEqual(deleted({}), ['web-1.qcow2']);
  assert.deepEqual(deleted({}, { went: '/images/old.qcow2' }), []);
  // The old one is in another drive by now, and another one is in its.
  const two = WEB.replace('/images/web-1.qcow2', '/images/new.qcow2').replace(
    '<interface',
    `${DATA}<target dev='vdb' bus='virtio'/></disk><interface`,
  );
  const { plan } = planned(
    factsOf({
      source: sourceOf(two),
      ownCopies: new Map([['vda', { ...LEFT, went: '/images/data.qcow2' }]]),
    }),
  );
  const made = plan.steps.flatMap(({ kind, params }) => {
    const { name } = params as { name?: string };
    return !kind.startsWith('volume.') || name === undefined ? [] : [`${kind} ${name}`];
  });
  assert.deepEqual(made, [
    'volume.delete web-1.qcow2',
    'volume.create new.qcow2',
    'volume.create web-1.qcow2',
  ]);
});

test('nothing is replaced that a disk of the machine lies on, or that another one is', () => {
  const vdb = (inside: string) =>
    sourceOf(WEB.replace('<interface', `${DATA}${inside}<target dev='vdb' bus='virtio'/></disk><interface`));
  const under = `<backingStore type='file'><format type='qcow2'/><source file='/images/mid.qcow2'/>
    <backingStore type='file'><format type='qcow2'/><source file='/images/web-0.qcow2'/></backingStore></backingStore>`;
  const left = { name: 'web-0.qcow2', path: '/images/web-0.qcow2' };
  assert.deepEqual(deleted({ source: vdb('') }, left), ['web-0.qcow2']);
  assert.deepEqual(deleted({ source: vdb(under) }, left), []);
  assert.deepEqual(deleted({ source: vdb('') }, { ...left, path: '/images/data.qcow2' }), []);
  // What it lies on is not told of a machine that is off.
  const backed = new Map([['vda', volumeOf({ backed: true })]]);
  assert.deepEqual(deleted({ volumes: backed }, left), []);
});

test('in a pool that other hosts may share nothing is replaced', () => {
  const files = new Map<string, 'none' | 'same'>([['vda', 'none']]);
  const names = new Map([[pool().uuid, new Set(['web-1.qcow2'])]]);
  const at = (change: Parameters<typeof pool>[0], more: ReturnType<typeof pool>[] = []) =>
    deleted({ target: targetOf({ pools: [pool(change), ...more], files, volumeNames: names }) });
  assert.deepEqual(at({}), ['web-1.qcow2']);
  for (const type of ['netfs', 'vstorage'] as const) assert.deepEqual(at({ type }), []);
  assert.deepEqual(at({}, [pool({ uuid: 'nfs', name: 'nfs', type: 'netfs', path: '/images' })]), []);
  assert.deepEqual(at({}, [pool({ uuid: 'nfs', name: 'nfs', type: 'netfs', path: '/imag' })]), [
    'web-1.qcow2',
  ]);
  // A file of that folder is seen by both hosts as one.
  const source = sourceOf(
    WEB.replace('<interface', `${DATA}<target dev='vdb' bus='virtio'/></disk><interface`),
  );
  const target = targetOf({ files: new Map([...files, ['vdb', 'same']]), volumeNames: names });
  assert.deepEqual(deleted({ source, target }), []);
});

test('a drive that has something else by now keeps it', () => {
  const volume = { pool: 'images', name: 'web-1-seed.iso' };
  const media = [{ target: 'sda', from: SEED, volume, path: '/there/web-1-seed.iso' }];
  const moved = (xml: string) => moveXml(xml, { disks: [], networks: {}, media });
  assert.match(moved(withSeed(SEED)), /file="?'?\/there\/web-1-seed\.iso/);
  assert.equal(moved(iso), iso);
  const byName = (pool: string, name: string): string =>
    iso.replace(`file='/iso/debian.iso'`, `pool='${pool}' volume='${name}'`);
  assert.match(moved(byName('images', 'web-1-seed.iso')), /file="?'?\/there\/web-1-seed\.iso/);
  for (const other of [byName('images', 'debian.iso'), byName('isos', 'web-1-seed.iso')])
    assert.equal(moved(other), other);
  assert.equal(moved(WEB), WEB);
});
