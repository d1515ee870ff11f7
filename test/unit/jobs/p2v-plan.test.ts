import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import type { ClonezillaImage } from '../../../drivers/formats/clonezilla/image.ts';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import type { ContentFacts, Facts } from '../../../main/jobs/p2v/plan-builder.ts';
import { planRestore, type RestorePlan } from '../../../main/jobs/p2v/plan.ts';
import { RawDisk } from '../../../main/jobs/p2v/raw-disk.ts';
import { restoreToFile } from '../../../main/jobs/p2v/restore.ts';
import { partitionTarget, placesOf, volumeTarget } from '../../../main/jobs/p2v/target.ts';
import { memoryFiles } from '../../support/image-files.ts';
import { LVM_IDS, volumeGroupText } from '../../support/volume-group.ts';

const MIB = 1 << 20;

/** An MBR with two partitions of 24 MiB. */
function mbr(firstType = 0x8e): Buffer {
  const sector = Buffer.alloc(512);
  for (const [index, start] of [2048, 51200].entries()) {
    sector[446 + 16 * index + 4] = index === 0 ? firstType : 0x8e;
    sector.writeUInt32LE(start, 446 + 16 * index + 8);
    sector.writeUInt32LE(49152, 446 + 16 * index + 12);
  }
  sector.writeUInt16BE(0x55aa, 510);
  return sector;
}

const DUMP = `label: dos
unit: sectors
sector-size: 512

/dev/sda1 : start=        2048, size=       49152, type=8e
/dev/sda2 : start=       51200, size=       49152, type=8e
`;
const PLAIN = { disk: 'sda', parts: 'sda1 sda2', 'sda-pt.sf': DUMP, 'sda-mbr': mbr() };
const WITH_CONTENT = { ...PLAIN, 'sda1.ext4-ptcl-img.gz': 'x', 'sda2.dd-img': 'y' };
const LVM = {
  ...PLAIN,
  'lvm_vg_dev.list': `vg0 /dev/sda1 ${LVM_IDS.pv0}\nvg0 /dev/sda2 ${LVM_IDS.pv1}\n`,
  'lvm_logv.list': '/dev/vg0/root ext4\n/dev/vg0/fast ext4\n/dev/vg0/swap swap\n',
  'lvm_vg0.conf': volumeGroupText(),
  'vg0-root.ext4-ptcl-img.gz': 'x',
  'vg0-fast.ext4-ptcl-img.gz': 'x',
};
const EXT4: ContentFacts = {
  format: 'partclone 2',
  fileSystem: 'EXTFS',
  deviceBytes: 8 * MIB,
  usedBytes: MIB,
  checked: 'crc32',
  compression: 'gzip',
};
const DD: ContentFacts = {
  ...EXT4,
  format: 'dd',
  fileSystem: null,
  deviceBytes: null,
  usedBytes: null,
  checked: 'none',
  compression: 'none',
};
const FACTS: Facts = new Map([
  ['sda1', EXT4],
  ['sda2', DD],
  ['vg0-root', EXT4],
  ['vg0-fast', EXT4],
]);

async function planned(
  files: Readonly<Record<string, string | Uint8Array>>,
  {
    facts = FACTS,
    sizeBytes = null,
    disk = 'sda',
  }: { facts?: Facts; sizeBytes?: number | null; disk?: string } = {},
): Promise<RestorePlan> {
  const image: ClonezillaImage = await readImage(memoryFiles(files));
  const found = image.disks.find(({ name }) => name === disk);
  assert.ok(found);
  return planRestore(image, facts, { disk: found, sizeBytes });
}

suite('the plan of a restore', () => {
  test('the table, then each content at its place; what has no checksum is said', async () => {
    const plan = await planned(WITH_CONTENT);
    assert.deepEqual(plan.problems, []);
    assert.deepEqual(
      plan.acts.map((act) =>
        act.kind === 'content' ? [act.device, act.target.segments[0]?.stripes, act.addsBootCopy] : act.kind,
      ),
      ['pieces', ['sda1', [MIB], true], ['sda2', [25 * MIB], false]],
    );
    assert.deepEqual([plan.sizeBytes, plan.writesBytes, plan.readsBytes], [49 * MIB, MIB, 2]);
    assert.match(plan.warnings.join('\n'), /does not tell the size of sda[^]*sda2 is unchecked/);
  });

  test('a content of nothing is left out, and that is said', async () => {
    const { problems, warnings } = await planned({ ...WITH_CONTENT, 'sdq1.ext4-ptcl-img.gz': 'x' });
    assert.deepEqual(problems, []);
    assert.match(warnings.join('\n'), /sdq1\.ext4-ptcl-img\.gz is left out/);
  });

  test('what is lost, or not to be had, is told: hidden data, names of no table, links', async () => {
    const hidden = (bytes: number): Promise<RestorePlan> =>
      planned({ ...WITH_CONTENT, 'sda-hidden-data-after-mbr': Buffer.alloc(bytes) });
    assert.deepEqual((await hidden(2047 * 512)).problems, []);
    assert.match(
      (await hidden(2046 * 512)).problems.join(),
      /sda-hidden-data-after-mbr has 1047552 bytes, and 1048064 are before the first partition/,
    );
    assert.doesNotMatch((await planned(WITH_CONTENT)).warnings.join(), /boot loader/, 'it has no boot code');
    const boots = { ...WITH_CONTENT, 'sda-mbr': Buffer.from(mbr()).fill(0xeb, 0, 1) };
    assert.match((await planned(boots)).warnings.join(), /no sda-hidden-data-after-mbr in the image/);
    const noted = { ...boots, 'sda-hidden-data-after-mbr.notes.txt': 'too large' };
    assert.match((await planned(noted)).warnings.join(), /too large for Clonezilla/);
    const named = await planned({ ...WITH_CONTENT, parts: 'sda1 sda2 sda3' });
    assert.match(named.warnings.join(), /sda3 was saved, and no table of partitions has it/);
    const linked = { ...memoryFiles(WITH_CONTENT), skipped: ['sda-chs.sf'] };
    assert.match((await readImage(linked)).warnings.join(), /sda-chs\.sf is left out: it is a link/);
  });

  test('a file that a list of checksums has is missing: what is needed is refused, a report is said', async () => {
    const sums = (name: string): Record<string, string | Uint8Array> => ({
      ...WITH_CONTENT,
      MD5SUMS: `${'0'.repeat(32)}  ${name}\n`,
    });
    for (const name of ['sda-hidden-data-after-mbr', 'swappt-sda3.info', 'sda-gpt-1st', 'dev-fs.list'])
      await assert.rejects(planned(sums(name)), new RegExp(`${name} is missing in the image`));
    assert.match((await planned(sums('Info-lshw.txt'))).warnings.join(), /Info-lshw\.txt is missing/);
  });

  test('a disk that is too small, no whole sectors, a content larger than its partition', async () => {
    assert.match(
      (await planned(WITH_CONTENT, { sizeBytes: 49 * MIB - 512 })).problems.join(),
      /^It does not fit on 48\.9 MiB: its partitions need 49 MiB\.$/,
    );
    assert.match(
      (await planned(WITH_CONTENT, { sizeBytes: 49 * MIB + 1 })).problems.join(),
      /no whole number of sectors/,
    );
    const facts = new Map([...FACTS, ['sda1', { ...EXT4, deviceBytes: 24 * MIB + 1 }] as const]);
    assert.match(
      (await planned(WITH_CONTENT, { facts })).problems.join(),
      /sda1\.ext4-ptcl-img\.gz is of 25165825 bytes/,
    );
    const broken = new Map([...FACTS, ['sda1', 'sda1.ext4-ptcl-img.gz: bad.'] as const]);
    assert.deepEqual((await planned(WITH_CONTENT, { facts: broken })).problems, [
      'sda1.ext4-ptcl-img.gz: bad.',
    ]);
  });

  test('LUKS that was opened, a missing content, tables that differ: each in words', async () => {
    const luks = { ...WITH_CONTENT, 'luks-dev.list': '/dev/sda2 uuid luks-x\n' };
    assert.deepEqual((await planned(luks)).problems, [], 'copied as it is');
    const { 'sda2.dd-img': _copy, ...opened } = luks;
    assert.match((await planned(opened)).problems.join(), /sda2 is encrypted by LUKS/);
    assert.match((await planned(PLAIN)).problems.join(), /content of sda1 is missing/);
    assert.equal((await readImage(memoryFiles(PLAIN))).disks[0]?.partitions[0]?.content.kind, 'missing');
    // The type of a partition is no proof of what was in it.
    const { 'sda1.ext4-ptcl-img.gz': _lost, ...rest } = WITH_CONTENT;
    const swap = { ...rest, 'sda-pt.sf': DUMP.replace('8e', '82'), 'sda-mbr': mbr(0x82) };
    assert.match((await planned(swap)).problems.join(), /content of sda1 is missing/);
    const unsaved = await planned({ ...swap, parts: 'sda2', 'dev-fs.list': '/dev/sda1 ext4 24M\n' });
    assert.match(unsaved.warnings.join(), /sda1 will be empty/);
    const anew = await planned({ ...swap, parts: 'sda2' });
    assert.match(anew.warnings.join(), /swap area sda1 gets no UUID/);
    const other = {
      ...WITH_CONTENT,
      'sda-pt.sf': DUMP.replace(
        'size=       49152, type=8e\n/dev/sda2',
        'size=       49151, type=8e\n/dev/sda2',
      ),
    };
    assert.match((await planned(other)).problems.join(), /tell different partitions/);
    const labelled = { ...WITH_CONTENT, 'sda-pt.sf': DUMP.replace('unit', 'label-id: 0x00000001\nunit') };
    assert.match((await planned(labelled)).problems.join(), /tell different disks/);
    const twice = { ...WITH_CONTENT, disk: 'sda sda' };
    assert.equal((await readImage(memoryFiles(twice))).disks.length, 1);
    const { 'sda-mbr': _mbr, ...without } = WITH_CONTENT;
    assert.match((await planned(without)).problems.join(), /sda-mbr is missing/);
    const overlapping = {
      ...WITH_CONTENT,
      'sda-pt.sf': DUMP.replace('start=       51200', 'start=       51199'),
    };
    assert.match((await planned(overlapping)).problems.join(), /sda1 and sda2 overlap/);
    const extended = (start: number, own: string): Promise<RestorePlan> =>
      planned({
        ...WITH_CONTENT,
        'sda-pt.sf': `${DUMP.replace('start=       51200, size=       49152, type=8e', `start= ${start}, size= 49152, type=5`)}/dev/sda5 : ${own}, type=83\n`,
      });
    assert.match(
      (await extended(50_000, 'start= 60000, size= 2048')).problems.join(),
      /sda1 and sda2 overlap/,
    );
    assert.match(
      (await extended(51_200, 'start= 100000, size= 2048')).problems.join(),
      /sda5 does not lie within the extended partition/,
    );
    assert.doesNotMatch(
      (await extended(51_200, 'start= 53248, size= 2048')).problems.join(),
      /overlap|within/,
    );
    const early = { ...WITH_CONTENT, 'sda-pt.sf': DUMP.replace('start=        2048', 'start=           0') };
    assert.match((await planned(early)).problems.join(), /sda1 begins at byte 0/);
    const old = { ...WITH_CONTENT, 'sda-pt.sf': DUMP.replace('type=8e', 'Id=ee') };
    assert.match((await planned(old)).problems.join(), /does not know GPT/);
    const { 'sda-pt.sf': _table, ...whole } = WITH_CONTENT;
    assert.match((await planned(whole)).problems.join(), /sda-pt\.sf is missing/);
  });

  test('LVM: labels on both partitions, volumes in their extents', async () => {
    const plan = await planned(LVM);
    assert.deepEqual(plan.problems, []);
    assert.deepEqual(
      plan.acts.map((act) =>
        act.kind === 'content' ? act.device : act.kind === 'pieces' ? act.what : act.file,
      ),
      [
        'MBR',
        'sda1: LVM’s label and the text of vg0',
        'sda2: LVM’s label and the text of vg0',
        'vg0/root',
        'vg0/fast',
        'vg0/swap: a new swap area',
      ],
    );
    const swap = plan.acts.at(-1);
    assert.deepEqual(swap?.kind === 'pieces' && swap.pieces.map(({ offset }) => offset), [18 * MIB]);
  });

  test('a content on a physical volume, and a group on no partition of the image', async () => {
    const both = await planned({ ...LVM, 'sda1.dd-img': 'x' });
    assert.match(both.problems.join(), /sda1 is a physical volume of vg0, and sda1\.dd-img is its content/);
    const away = await planned({
      ...LVM,
      'sda1.ext4-ptcl-img.gz': 'x',
      'sda2.dd-img': 'x',
      'lvm_vg_dev.list': `vg0 /dev/sdx1 ${LVM_IDS.pv0}\nvg0 /dev/sdx2 ${LVM_IDS.pv1}\n`,
    });
    assert.match(away.warnings.join(), /volume group vg0 is left out: no disk of the image has/);
  });

  test('a file that would be the content of two places is refused', async () => {
    const same = {
      ...LVM,
      'lvm_vg0.conf': volumeGroupText().replace('fast {', 'a-b {'),
      'vg0-a-b.ext4-ptcl-img': 'x',
    };
    const twice = {
      ...same,
      'lvm_logv.list': '',
      'lvm_vg_dev.list': `vg0 /dev/sda1 ${LVM_IDS.pv0}\nvg0-a /dev/sda2 ${LVM_IDS.pv1}\n`,
      'lvm_vg0.conf': same['lvm_vg0.conf'],
      'lvm_vg0-a.conf': volumeGroupText().replace('vg0 {', 'vg0-a {').replace('fast {', 'b {'),
    };
    await assert.rejects(
      planned(twice),
      /vg0-a-b\.ext4-ptcl-img would be the content of vg0\/a-b and vg0-a\/b/,
    );
  });

  test('a partition that two groups of LVM have is refused', async () => {
    const two = {
      ...LVM,
      'lvm_logv.list': '',
      'lvm_vg_dev.list': `vg0 /dev/sda1 ${LVM_IDS.pv0}\nvg1 /dev/sda2 ${LVM_IDS.pv1}\n`,
      'lvm_vg1.conf': volumeGroupText().replace('vg0 {', 'vg1 {'),
    };
    assert.match(
      (await planned(two)).problems.join(),
      /^sda1 is a physical volume of two groups, vg0 and vg1: one of the files/,
    );
  });

  test('LVM of kinds that are no plain extents is refused; on other disks, too, it is said', async () => {
    const thin = {
      ...LVM,
      'lvm_vg0.conf': volumeGroupText().replace('type = "striped"', 'type = "thin-pool"'),
    };
    assert.match((await planned(thin)).problems.join(), /vg0\/root is a volume of LVM of the kind thin-pool/);
    const large = { ...LVM, 'lvm_vg0.conf': volumeGroupText().replaceAll('pe_count = 23', 'pe_count = 24') };
    assert.match(
      (await planned(large)).problems.join(),
      /sda1 has 25165824 bytes, and the physical volume of vg0 on it 26214400/,
    );
    const one = {
      ...LVM,
      disk: 'sda sdb',
      'lvm_vg_dev.list': `vg0 /dev/sda1 ${LVM_IDS.pv0}\nvg0 /dev/sdb1 ${LVM_IDS.pv1}\n`,
      'sda2.dd-img': 'x',
      'sdb-pt.sf': DUMP.replaceAll('sda', 'sdb'),
      'sdb-mbr': mbr(),
    };
    const plan = await planned(one);
    assert.deepEqual(plan.problems, []);
    assert.match(plan.warnings.join(), /vg0 is on other disks, too/);
    const fast = plan.acts.find((act) => act.kind === 'content' && act.device === 'vg0/fast');
    assert.deepEqual(fast?.kind === 'content' && fast.target.segments[0]?.stripes, [12 * MIB, null]);
  });
});

test('bytes of a striped volume lie where its stripes are', () => {
  const target = volumeTarget(
    { extentBytes: 1024 },
    [
      { startExtent: 4, extents: 2, stripeBytes: 0, stripes: [{ physical: 'a', extent: 9 }] },
      {
        startExtent: 0,
        extents: 4,
        stripeBytes: 256,
        stripes: [
          { physical: 'a', extent: 1 },
          { physical: 'b', extent: 5 },
        ],
      },
    ],
    new Map([
      ['a', 100_000],
      ['b', null],
    ]),
  );
  /** Byte by byte. */
  const naive = (at: number): number | null => {
    if (at >= 4096) return 100_000 + 9 * 1024 + at - 4096;
    const stripe = Math.floor(at / 256);
    return stripe % 2 === 1 ? null : 100_000 + 1024 + Math.floor(stripe / 2) * 256 + (at % 256);
  };
  assert.equal(target.bytes, 6144);
  fc.assert(
    fc.property(fc.nat(6143), fc.nat(6144), (at, length) => {
      const bytes = Math.min(length, 6144 - at);
      let next = 0;
      for (const place of placesOf(target, at, bytes)) {
        assert.equal(place.from, next);
        for (let index = 0; index < place.bytes; index += 1)
          assert.equal(place.offset === null ? null : place.offset + index, naive(at + next + index));
        next += place.bytes;
      }
      assert.equal(next, bytes);
    }),
  );
  assert.throws(() => [...placesOf(target, 6000, 145)], RangeError);
  assert.deepEqual([...placesOf(partitionTarget(512, 10), 3, 7)], [{ from: 0, bytes: 7, offset: 515 }]);
});

suite('the file of a restored disk', () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-raw-'))));
  after(() => rm(folder, { recursive: true }));

  test('pieces of any size and place come out as they went in', async () => {
    const file = path.join(folder, 'disk');
    const bytes = 3 * MIB;
    const expected = Buffer.alloc(bytes);
    const disk = await RawDisk.create(file, bytes);
    for (const [offset, length] of [
      [1, 1],
      [65_530, 12],
      [70_000, 1_500_000],
      [1_600_000, 4096],
      [bytes - 1, 1],
    ] as const) {
      const data = Buffer.alloc(length, offset % 251 || 1);
      expected.set(data, offset);
      await disk.write(offset, data);
      // Whoever gave it may use it again.
      data.fill(0xee);
    }
    await disk.finish();
    assert.ok((await readFile(file)).equals(expected));
    assert.equal((await stat(file)).mode & 0o777, 0o600, 'what a disk holds is for its owner');
    assert.deepEqual(await readdir(folder), ['disk']);
  });

  test('a file that came meanwhile stays, and the disk does not take its place', async () => {
    const file = path.join(folder, 'taken');
    const disk = await RawDisk.create(file, 512);
    await writeFile(file, 'mine');
    await assert.rejects(disk.finish(), /EEXIST/);
    await disk.discard();
    assert.equal(await readFile(file, 'utf8'), 'mine');
    await assert.rejects(readFile(`${file}.part`), /ENOENT/);
  });

  test('stopped, it leaves nothing', async () => {
    const plan = await planned(WITH_CONTENT);
    const abort = new AbortController();
    abort.abort(new Error('stopped'));
    const watch = { signal: abort.signal, onProgress: () => undefined };
    const restored = restoreToFile(memoryFiles(WITH_CONTENT), plan, path.join(folder, 'stopped'), watch);
    await assert.rejects(restored, /stopped/);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('stopped')),
      [],
    );
  });
});
