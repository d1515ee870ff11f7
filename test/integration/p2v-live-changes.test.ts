import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, suite, test, type TestContext } from 'node:test';
import { physicalVolumePieces } from '../../drivers/formats/disk/lvm-label.ts';
import { readVolumeGroup } from '../../drivers/formats/disk/volume-group.ts';
import type { ReadParams } from '../../main/jobs/p2v/live/read-step.ts';
import { volumeGroupText } from '../support/volume-group.ts';
import { DiskFiles, liveCopying, MIB, SIZE, SOURCE } from './live-copying.ts';

let disks: DiskFiles;
const disk = (name?: string): string => disks.at(name);
const write = (at: number, name?: string): Promise<void> => disks.write(at, name);
const factsOf = (name: string): ReadParams['facts'] => disks.facts(name);
const copying = (
  context: TestContext,
  onLook: (look: number) => Promise<void>,
  facts = [factsOf('sda')],
): ReturnType<typeof liveCopying> => liveCopying(context, onLook, facts);

suite('disks are read while they are written to', { timeout: 120_000 }, () => {
  before(async () => {
    disks = await DiskFiles.make();
  });
  after(() => disks.remove());
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
