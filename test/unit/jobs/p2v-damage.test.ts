import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { isOtherFileSystem } from '../../../drivers/formats/clonezilla/file-system-names.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import type { FileSystemImage } from '../../../drivers/formats/file-system-image.ts';
import { runsFor } from '../../../main/jobs/p2v/content.ts';
import { planRestore, type RestorePlan } from '../../../main/jobs/p2v/plan.ts';
import { restoreToFile } from '../../../main/jobs/p2v/restore.ts';
import { survey } from '../../../main/jobs/p2v/survey.ts';
import { readFault } from '../../../main/jobs/p2v/system-words.ts';
import { verifyImage } from '../../../main/jobs/p2v/verify.ts';
import { memoryFiles } from '../../support/image-files.ts';
import { partcloneImage } from '../../support/partclone-image.ts';

const WATCH = { signal: new AbortController().signal, onProgress: () => undefined };
const DUMP = `label: dos
unit: sectors

/dev/sda1 : start=           8, size=           4, type=83
`;
const ONE = { disk: 'sda', parts: 'sda1', 'sda-mbr': mbr(), 'sda-pt.sf': DUMP };
const COPY: Omit<FileSystemImage, 'runs'> = {
  format: 'dd',
  fileSystem: null,
  deviceBytes: null,
  usedBytes: null,
  checked: 'none',
};

/** One partition of four sectors. */
function mbr(): Buffer {
  const sector = Buffer.alloc(512);
  sector[446 + 4] = 0x83;
  sector.writeUInt32LE(8, 446 + 8);
  sector.writeUInt32LE(4, 446 + 12);
  sector.writeUInt16BE(0x55aa, 510);
  return sector;
}

async function planOf(contents: Readonly<Record<string, string | Uint8Array>>): Promise<RestorePlan> {
  const files = memoryFiles(contents);
  const image = await readImage(files);
  const [disk] = image.disks;
  assert.ok(disk);
  return planRestore(image, await survey(files, image), { disk, sizeBytes: null });
}

suite('what is no whole image', () => {
  test('a plain copy that is shorter than its partition is damaged, for verify and restore', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-short-'));
    try {
      for (const bytes of [0, 1024, 2048]) {
        const files = { ...ONE, 'sda1.dd-img': Buffer.alloc(bytes, 1) };
        const restored = restoreToFile(
          memoryFiles(files),
          await planOf(files),
          path.join(folder, `disk-${bytes}`),
          WATCH,
        );
        const { contents } = await verifyImage(
          memoryFiles(files),
          await readImage(memoryFiles(files)),
          WATCH,
        );
        if (bytes === 2048) {
          await restored;
          assert.equal(contents[0]?.fault, null);
        } else {
          const words = new RegExp(`sda1\\.dd-img ends after ${bytes} of the 2048 bytes that sda1 has`);
          await assert.rejects(restored, words);
          assert.match(contents[0]?.fault ?? '', words);
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a plain copy that a list of checksums has is proven by it when it is restored', async () => {
    const copy = Buffer.alloc(2048, 1);
    const sum = createHash('sha256').update(copy).digest('hex');
    const files = { ...ONE, 'sda1.dd-img': copy, SHA256SUMS: `${sum}  sda1.dd-img\n` };
    const plan = await planOf(files);
    assert.doesNotMatch(plan.warnings.join(), /unchecked/);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-sums-'));
    try {
      await restoreToFile(memoryFiles(files), plan, path.join(folder, 'disk'), WATCH);
      const other = memoryFiles({ ...files, 'sda1.dd-img': Buffer.alloc(2048, 2) });
      await assert.rejects(
        restoreToFile(other, plan, path.join(folder, 'damaged'), WATCH),
        /sda1\.dd-img is not what SHA256SUMS says/,
      );
      assert.deepEqual(await readdir(folder), ['disk']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('of an image without checksums of its own it is said that a list has those of its files', async () => {
    const image = await partcloneImage(
      {
        fileSystem: 'EXTFS',
        deviceBytes: 2048,
        blockBytes: 512,
        blocks: [Buffer.alloc(512, 1), null, null, null],
      },
      { checksum: 'none', reseed: true, stripBlocks: 0, map: 'bits' },
    );
    const files = { ...ONE, 'sda1.ext4-ptcl-img.uncomp': image };
    assert.match((await planOf(files)).warnings.join(), /sda1 is unchecked: its image has no checksums/);
    const sum = createHash('sha256').update(image).digest('hex');
    const listed = await planOf({ ...files, SHA256SUMS: `${sum}  sda1.ext4-ptcl-img.uncomp\n` });
    assert.match(listed.warnings.join(), /sda1 is not checked while.*SHA256SUMS has those of its files/);
  });

  test('it ends when it is told to, though nothing more is read of its files', async () => {
    const abort = new AbortController();
    const zeros = Buffer.alloc(512);
    const runs = {
      // What is unpacked in one go gives no other work its turn.
      async *[Symbol.asyncIterator]() {
        await Promise.resolve();
        for (let index = 0; index < 3e6; index += 1) yield { offset: 512 * index, data: zeros };
      },
    };
    setTimeout(() => abort.abort(new Error('stopped')), 10);
    await assert.rejects(async () => {
      const data = { device: 'sda1', fileSystem: 'dd', suffix: null, parts: ['sda1.dd-img'], storedBytes: 9 };
      const place = { device: 'sda1', bytes: 512 * 3e6 };
      for await (const _run of runsFor(place, data, { ...COPY, runs }, abort.signal));
    }, /stopped/);
  });

  test('verify tells why a disk cannot be restored', async () => {
    const image = await readImage(memoryFiles(ONE));
    assert.match(
      (await verifyImage(memoryFiles(ONE), image, WATCH)).faults.join(),
      /^sda cannot be restored\. The content of sda1 is missing/,
    );
    const broken = memoryFiles({ ...ONE, 'sda1.ext4-ptcl-img': 'x' });
    const { contents, faults } = await verifyImage(broken, await readImage(broken), WATCH);
    assert.match(contents[0]?.fault ?? '', /no image of partclone/);
    assert.deepEqual(faults, [], 'what is said of a content is not said twice');
  });

  test('a content that is not what its name says is of another partition', async () => {
    const image = await partcloneImage(
      { fileSystem: 'EXTFS', deviceBytes: 2048, blockBytes: 512, blocks: [null, null, null, null] },
      { checksum: 'crc32', reseed: true, stripBlocks: 16, map: 'bits' },
    );
    const named = (name: string): Promise<RestorePlan> => planOf({ ...ONE, [name]: image });
    assert.deepEqual((await named('sda1.ext3-ptcl-img')).problems, []);
    assert.deepEqual(
      (await named('sda1.zfs-ptcl-img')).problems,
      [],
      'nobody knows what that is called within',
    );
    assert.match(
      (await named('sda1.ntfs-ptcl-img')).problems.join(),
      /sda1\.ntfs-ptcl-img is named after ntfs, and its header tells EXTFS: it is of another partition or image/,
    );
    for (const [name, told, other] of [
      ['vfat', 'FAT32', false],
      ['fat16', 'NTFS', true],
      ['hfsplus', 'HFS Plus', false],
      ['btrfs', 'raw', false],
    ] as const)
      assert.equal(isOtherFileSystem(name, told), other, `${name} ${told}`);
  });

  test('a disk whose table cannot be read keeps no other one from being restored', async () => {
    const files = memoryFiles({
      ...ONE,
      disk: 'sda sdb',
      parts: 'sda1 sdb1',
      'sda1.dd-img': Buffer.alloc(2048, 1),
      'sdb-mbr': Buffer.alloc(100),
      'sdb-pt.sf': DUMP.replace('sda', 'sdb'),
      'sdb1.dd-img': 'x',
    });
    const image = await readImage(files);
    const facts = await survey(files, image);
    const plans = image.disks.map((disk) => planRestore(image, facts, { disk, sizeBytes: null }));
    assert.deepEqual(plans[0]?.problems, []);
    assert.match(plans[1]?.problems.join() ?? '', /^sdb-mbr: /);
    assert.doesNotMatch(
      plans[0]?.warnings.join() ?? '',
      /sdb/,
      'what is on the other disk is told by its own problem',
    );
  });

  test('a file that cannot be read is told in words, and the others are verified all the same', async () => {
    const memory = memoryFiles({
      ...ONE,
      'sda1.dd-img': Buffer.alloc(2048, 1),
      'Info-x.txt': '',
      MD5SUMS: '',
    });
    const fails = (code: string): Error => Object.assign(new Error(`${code}: raw`), { code, errno: -1 });
    for (const [code, words] of [
      ['EACCES', /^sda1\.dd-img may not be read or written by this user\.$/],
      ['EIO', /^sda1\.dd-img could not be read or written: its disk, or the share/],
      ['EXYZ', /^sda1\.dd-img could not be read or written \(EXYZ\)\.$/],
    ] as const) {
      const files: ImageFiles = {
        ...memory,
        async *stream(name) {
          if (name === 'sda1.dd-img') throw readFault(name, fails(code));
          yield* memory.stream(name);
        },
      };
      const { contents } = await verifyImage(files, await readImage(files), WATCH);
      assert.match(contents[0]?.fault ?? '', words);
    }
  });
});
