import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import { physicalVolumePieces } from '../../drivers/formats/disk/lvm-label.ts';
import { readVolumeGroup } from '../../drivers/formats/disk/volume-group.ts';
import type { Exec } from '../../drivers/transport/exec.ts';
import { execLocal } from '../../drivers/transport/exec-local.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import { systemClock } from '../../main/hosts/clock.ts';
import type { Json, StepContext, StepKind } from '../../main/jobs/engine/step.ts';
import type { ChangesParams } from '../../main/jobs/p2v/live/changes-step.ts';
import type { ReadParams } from '../../main/jobs/p2v/live/read-step.ts';
import { firstBoot, type SourceHost } from '../../main/jobs/p2v/live/source-host.ts';
import { liveStepKinds } from '../../main/jobs/p2v/live/steps.ts';
import { downloadVolume } from '../../main/storage/download.ts';
import { volumeByName } from '../../main/storage/read.ts';
import { bytesOf } from '../../main/storage/zero-bytes.ts';
import { volumeGroupText } from '../support/volume-group.ts';
import { connectFleet } from '../unit/simulator/fleet-client.ts';

const MIB = 1024 ** 2;
const SIZE = 22 * MIB;
const SUMMING = { program: 'b2sum', parallel: 2 } as const;
const SOURCE = { target: 'cellar', keyFile: null };
let folder: string;
const disk = (name = 'sda'): string => path.join(folder, name);
const { signal } = new AbortController();

/** A machine whose programs run here; `onLook` is what it writes right before each look at what has changed. */
function sourceHost(onLook: (look: number) => Promise<void>): SourceHost {
  let looks = 0;
  const exec: Exec = async (argv, options) => {
    const said = (stdout: string) => ({ status: 0, stdout, stderr: '' });
    // Its disks are files, which have nothing to be written down.
    if (argv[3] === 'sync') {
      await onLook((looks += 1));
      return said('');
    }
    if (argv[0] === 'lvs') return said('swi-a-s---');
    return execLocal(argv, options);
  };
  return {
    name: 'cellar',
    clock: systemClock,
    boot: firstBoot(),
    use: (_signal, work) => work(exec),
    onAway: () => undefined,
  };
}

async function write(at: number, name = 'sda'): Promise<void> {
  const file = await open(disk(name), 'r+');
  await file.write(randomBytes(3), 0, 3, at);
  await file.close();
}

function factsOf(name: string): ReadParams['facts'] {
  const content = { kind: 'other' as const };
  return {
    disk: { name, path: disk(name), sizeBytes: SIZE, table: 'none', content, partitions: [] },
    groups: [],
  };
}

/** The steps that copy disks to a simulated host, and what becomes of their volumes. */
async function copying(
  context: TestContext,
  onLook: (look: number) => Promise<void>,
  facts: readonly ReadParams['facts'][] = [factsOf('sda')],
) {
  const { client } = await connectFleet(context);
  const { pool } = await client.remote.storagePoolLookupByName({ name: 'default' });
  const placeOf = (name: string) => ({ pool: uuidToString(pool.uuid), name: `${name}.raw` });
  const log: string[] = [];
  const noted = new Map<string, Json>();
  const results = new Map<string, Json>();
  let sent = 0;
  const openStream: typeof client.openStream = async (...asked) => {
    const opened = await client.openStream(...asked);
    const { stream } = opened;
    const send = stream.write.bind(stream);
    stream.write = (part: unknown) => {
      if (part instanceof Uint8Array) sent += part.length;
      return send(part);
    };
    return opened;
  };
  const session = {
    client,
    link: { commands: { exec: undefined, reason: 'no programs' } },
    bulkClient: () => Promise.resolve(client),
    openStreamClient: () => Promise.resolve({ openStream, close: () => Promise.resolve() }),
  } as unknown as ReturnType<StepContext['session']>;
  const stepOf = (id: string): StepContext => ({
    signal,
    log: (text) => log.push(text),
    progress: () => undefined,
    session: () => session,
    client: () => client,
    secret: () => Promise.reject(new Error('no secrets here')),
    result: (of) => results.get(of),
    note: (value, of = id) => {
      noted.set(of, value);
      return Promise.resolve();
    },
    noted: (of = id) => noted.get(of),
    settling: () => Promise.resolve(),
    silent: () => undefined,
    outside: () => undefined,
    untilBack: () => Promise.resolve(),
    written: () => 'never',
  });
  const volumes = facts.map((layout) => ({
    ...placeOf(layout.disk.name),
    host: 'kvm',
    poolName: 'default',
    facts: layout,
    identity: null,
  }));
  const host = sourceHost(onLook);
  const kinds = liveStepKinds({ clock: systemClock }, () => host);
  const kindOf = (name: string): StepKind => kinds.find((kind) => kind.name === name) ?? assert.fail(name);
  const run = async (id: string, kind: string, params: Json): Promise<void> => {
    results.set(id, await kindOf(kind).run(params, stepOf(id)));
  };
  const changes: ChangesParams = {
    source: SOURCE,
    disks: volumes.map((volume) => ({ ...volume, read: volume.facts.disk.name, snapshotted: [] })),
    packing: 'none',
    summing: SUMMING,
    since: null,
    lease: null,
    rests: null,
    withFiles: false,
    until: 'rest',
  };
  const readOf = (name: string, more: Partial<ReadParams> = {}): ReadParams => ({
    ...(volumes.find((volume) => volume.facts.disk.name === name) ?? assert.fail(name)),
    source: SOURCE,
    lease: null,
    packing: 'none',
    summing: SUMMING,
    snapshots: null,
    way: null,
    isConverted: false,
    ...more,
  });
  return {
    log,
    results,
    run,
    readOf,
    /** Bytes of disks that were sent as such. */
    sent: () => sent,
    read: async () => {
      for (const { facts: layout } of volumes)
        await run(layout.disk.name, 'p2v.read', readOf(layout.disk.name));
    },
    look: (id: string, more: Partial<ChangesParams> = {}) => run(id, 'p2v.changes', { ...changes, ...more }),
    /** As a program sees it that is started again. */
    settle: (id: string, more: Partial<ChangesParams> = {}) =>
      kindOf('p2v.changes').settle({ ...changes, ...more }, stepOf(id)),
    undo: async () => {
      for (const { facts: layout } of volumes) {
        const { name } = layout.disk;
        await kindOf('p2v.read').undo(readOf(name), results.get(name) ?? null, stepOf(name));
      }
    },
    volume: async (name = 'sda'): Promise<Buffer | null> => {
      const vol = await volumeByName(client, placeOf(name));
      if (vol === null) return null;
      const parts: Uint8Array[] = [];
      for await (const bytes of bytesOf(
        downloadVolume(client, { vol, offset: 0, length: SIZE, sparse: false, signal }),
      ))
        parts.push(bytes);
      return Buffer.concat(parts);
    },
  };
}

suite('disks are read while they are written to', { timeout: 120_000 }, () => {
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-live-changes-'));
  });
  after(() => rm(folder, { recursive: true }));
  const half = (): Buffer => Buffer.concat([randomBytes(9 * MIB), Buffer.alloc(SIZE - 9 * MIB)]);

  test('what has changed is sent again, until nothing has', async (context) => {
    await writeFile(disk(), half());
    const job = await copying(context, async (look) => {
      if (look === 1) for (const at of [0, 4 * MIB - 1, 13 * MIB, SIZE - 3]) await write(at);
      if (look === 2) await write(5 * MIB);
    });
    await job.read();
    await job.look('changes');
    assert.ok((await job.volume())?.equals(await readFile(disk())), 'the copy is another');
    // Chunks of 4 MiB: the first, the second (the write goes over), the fourth and the last, which has 2.
    assert.deepEqual(job.log, [
      `cellar: ${14 * MIB} bytes changed meanwhile, and are sent again`,
      `cellar: ${4 * MIB} bytes changed meanwhile, and are sent again`,
      'cellar: what was read while it ran is as its disks are',
    ]);
    await job.undo();
    assert.equal(await job.volume(), null);
  });

  test('what was sent ahead is not sent again, while services stand still', async (context) => {
    await writeFile(disk(), half());
    const job = await copying(context, (look) => (look < 3 ? write(look * 5 * MIB) : Promise.resolve()));
    await job.read();
    await job.look('ahead', { until: 'once' });
    await job.look('changes', { since: 'ahead' });
    assert.ok((await job.volume())?.equals(await readFile(disk())), 'the copy is another');
    assert.deepEqual(job.log, [
      `cellar: ${4 * MIB} bytes changed meanwhile, and are sent again`,
      `cellar: ${4 * MIB} bytes changed meanwhile, and are sent again`,
      'cellar: what was read while it ran is as its disks are',
    ]);
  });

  test('several disks are of one moment: as long as one changes, all are looked at', async (context) => {
    for (const name of ['sda', 'sdb']) await writeFile(disk(name), half());
    const job = await copying(
      context,
      async (look) => {
        if (look === 1) await write(MIB, 'sdb');
        // What a file system does over both.
        if (look === 2) for (const name of ['sda', 'sdb']) await write(17 * MIB, name);
        if (look === 3) await write(0, 'sda');
      },
      [factsOf('sda'), factsOf('sdb')],
    );
    await job.read();
    await job.look('changes');
    for (const name of ['sda', 'sdb'])
      assert.ok(
        (await job.volume(name))?.equals(await readFile(disk(name))),
        `the copy of ${name} is another`,
      );
    assert.equal(job.log.filter((text) => /are sent again/.test(text)).length, 3);
  });

  test('killed while what changed is sent, it sends that again, though it is as it was when the disk was read', async (context) => {
    const before = half();
    await writeFile(disk(), before);
    const job = await copying(context, async (look) => {
      if (look === 1) await write(MIB);
      if (look === 2) throw new Error('killed');
      if (look === 3) await writeFile(disk(), before);
    });
    await job.read();
    await assert.rejects(job.look('changes'), /killed/);
    assert.ok(!(await job.volume())?.equals(before), 'what was written meanwhile is in the copy');
    await job.settle('changes');
    assert.ok((await job.volume())?.equals(before), 'the copy is another');
  });

  test('what LVM knows is not kept where it is more than a journal takes, and no snapshot is made', async (context) => {
    const group = readVolumeGroup(volumeGroupText());
    const volume = group.physical.get('pv0') ?? assert.fail();
    // Comments, as of a group of thousands of volumes.
    const metadata = Buffer.concat([group.metadata, Buffer.alloc(5 * MIB, '#')]);
    const large = { ...volume, dataOffset: 16 * MIB };
    for (const name of ['pv0', 'pv1']) {
      const bytes = Buffer.alloc(16 * MIB);
      for (const { offset, data } of physicalVolumePieces({ ...group, metadata }, large, volume.bytes))
        bytes.set(data, offset);
      await writeFile(disk(name), bytes);
    }
    const job = await copying(context, () => Promise.resolve());
    await assert.rejects(
      job.run('snapshots', 'p2v.snapshot', {
        source: SOURCE,
        tag: 'virtlane-1',
        snapshots: [{ group: 'vg', origin: 'root', name: 'virtlane-1-root', sizeBytes: 1 }],
        physical: [disk('pv0'), disk('pv1')],
        withFiles: false,
      }),
      /What LVM knows of the groups on cellar is too much to be kept/,
    );
  });

  test('a machine that never rests is not copied, and nothing is left of it', async (context) => {
    await writeFile(disk(), randomBytes(SIZE));
    const job = await copying(context, (look) => write(look * MIB));
    await job.read();
    await assert.rejects(
      job.look('changes'),
      /cellar writes to .*sda all the time: no moment of it could be copied\. Stop the services/,
    );
    await job.undo();
    assert.equal(await job.volume(), null);
  });

  test('runs of zeros are not sent, whatever reads them', async (context) => {
    await writeFile(disk(), half());
    const job = await copying(context, () => Promise.resolve());
    await job.read();
    assert.equal(job.sent(), 9 * MIB);
    assert.ok((await job.volume())?.equals(await readFile(disk())));
  });

  test('snapshots that are made while services stand still are read when these run again', async (context) => {
    await writeFile(disk(), randomBytes(SIZE));
    await writeFile(disk('snapshot'), randomBytes(8 * MIB));
    const place = (bytes: number, at: number) => [
      { at: 0, bytes: bytes * MIB, stripes: [{ device: disk(), at: at * MIB }] },
    ];
    const other = { kind: 'linear', content: { kind: 'other' as const } };
    const plain = factsOf('sda');
    const layout: ReadParams['facts'] = {
      disk: {
        ...plain.disk,
        content: { kind: 'physicalVolume', group: 'vg', dataOffset: MIB, dataBytes: null },
      },
      groups: [
        {
          name: 'vg',
          volumes: [
            { ...other, name: 'root', path: '/dev/vg/root', sizeBytes: 8 * MIB, segments: place(8, 1) },
            { ...other, name: 'data', path: '/dev/vg/data', sizeBytes: 6 * MIB, segments: place(6, 12) },
          ],
        },
      ],
    };
    const job = await copying(context, (look) => (look === 1 ? write(13 * MIB) : Promise.resolve()), [
      layout,
    ]);
    const paths = [{ volume: '/dev/vg/root', snapshot: disk('snapshot'), mapper: null }];
    const snapshots = { step: 'snapshots', paths };
    const params = job.readOf('sda', { snapshots: { ...snapshots, later: true } });
    await job.run('sda', 'p2v.read', params);
    const { identity, facts, ...volume } = params;
    await job.look('changes', {
      disks: [{ ...volume, identity, facts, read: 'sda', snapshotted: ['/dev/vg/root'] }],
    });
    const text = Buffer.from('what LVM knew before');
    job.results.set('snapshots', {
      metadata: [{ path: disk(), pieces: [{ offset: 4096, base64: text.toString('base64') }] }],
    });
    // Services run again, and write.
    await write(14 * MIB);
    const expected = Buffer.alloc(SIZE);
    text.copy(expected, 4096);
    (await readFile(disk('snapshot'))).copy(expected, MIB);
    const copy = (await job.volume()) ?? assert.fail('there is no copy');
    copy.copy(expected, 12 * MIB, 12 * MIB, 18 * MIB);
    assert.ok(!copy.subarray(12 * MIB, 18 * MIB).equals(Buffer.alloc(6 * MIB)), 'what is read as it is');
    await job.run('rest', 'p2v.rest', { ...params, read: 'sda', lease: 'virtlane-1', snapshots });
    assert.ok((await job.volume())?.equals(expected), 'the copy is another');
    await job.undo();
    assert.equal(await job.volume(), null);
  });
});
