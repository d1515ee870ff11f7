import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import { DiskSource } from '../../../main/jobs/p2v/disk-source.ts';
import { planRestore, type RestorePlan } from '../../../main/jobs/p2v/plan.ts';
import { restoreToFile } from '../../../main/jobs/p2v/restore.ts';
import { survey } from '../../../main/jobs/p2v/survey.ts';
import { verifyImage } from '../../../main/jobs/p2v/verify.ts';
import { memoryFiles } from '../../support/image-files.ts';

type Contents = Readonly<Record<string, string | Uint8Array>>;

const SIGNAL = new AbortController().signal;
const WATCH = { signal: SIGNAL, onProgress: () => undefined };
const DUMP =
  'label: dos\nunit: sectors\n\n/dev/sda1 : start=           8, size=           4, type=83\n/dev/sda2 : start=          16, size=         256, type=82\n';
const HIDDEN = 'sda-hidden-data-after-mbr';
const IMAGE: Contents = {
  disk: 'sda',
  parts: 'sda1',
  'sda-mbr': mbr(),
  'sda-pt.sf': DUMP,
  [HIDDEN]: Buffer.alloc(7 * 512, 7),
  'swappt-sda2.info': 'UUID="0f1e2d3c-0000-4000-8000-000000000001"\n',
  'clonezilla-img': 'earlier',
  'lvm_vg_dev.list': '\n',
  'sda1.dd-img': Buffer.alloc(2048, 1),
};

/** A partition of four sectors, and one for swap. */
function mbr(): Buffer {
  const sector = Buffer.alloc(512);
  sector[446 + 4] = 0x83;
  sector.writeUInt32LE(8, 446 + 8);
  sector.writeUInt32LE(4, 446 + 12);
  sector[462 + 4] = 0x82;
  sector.writeUInt32LE(16, 462 + 8);
  sector.writeUInt32LE(256, 462 + 12);
  sector.writeUInt16BE(0x55aa, 510);
  return sector;
}

/** With a list of checksums of all files, of which one was changed afterwards. */
function changed(name: string, content: string | Uint8Array): Contents {
  const sums = Object.entries(IMAGE).map(
    ([file, bytes]) => `${createHash('sha1').update(bytes).digest('hex')}  ${file}\n`,
  );
  return { ...IMAGE, SHA1SUMS: sums.join(''), [name]: content };
}

async function planOf(contents: Contents): Promise<RestorePlan> {
  const files = memoryFiles(contents);
  const image = await readImage(files);
  const [disk] = image.disks;
  assert.ok(disk);
  return planRestore(image, await survey(files, image), { disk, sizeBytes: null });
}

async function tempFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-listed-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

suite('files that a list of checksums has', () => {
  test('a boot loader before the first partition that is not what its list says is not restored', async (context) => {
    const folder = await tempFolder(context);
    const contents = changed(HIDDEN, Buffer.alloc(7 * 512, 8));
    const plan = await planOf(contents);
    const words = new RegExp(`${HIDDEN} is not what SHA1SUMS says`);
    await assert.rejects(restoreToFile(memoryFiles(contents), plan, `${folder}/disk`, WATCH), words);
    const source = new DiskSource(memoryFiles(contents), plan);
    // From its middle, as after a restart.
    await assert.rejects(async () => {
      for await (const _part of source.read(1024, 512, SIGNAL));
    }, words);
  });

  test('as it was saved it is restored', async (context) => {
    const folder = await tempFolder(context);
    const contents = changed('parts', 'sda1');
    const plan = await planOf(contents);
    assert.deepEqual(plan.problems, []);
    assert.doesNotMatch(plan.warnings.join(), /SHA1SUMS/);
    await restoreToFile(memoryFiles(contents), plan, `${folder}/disk`, WATCH);
  });

  test('a table that is not what its list says: the disk is not restored, and verify says so once', async () => {
    for (const [name, content] of [
      ['sda-pt.sf', `${DUMP}\n`],
      // It would have said whether a disk has a part of a group.
      ['lvm_vg_dev.list', ''],
      ['swappt-sda2.info', 'UUID="0f1e2d3c-0000-4000-8000-000000000002"\n'],
      ['sda-mbr', Buffer.concat([mbr(), Buffer.alloc(512)])],
    ] as const) {
      const contents = changed(name, content);
      const words = `${name} is not what SHA1SUMS says. Copy it again from where it was saved; where it was changed on purpose, take its line out of SHA1SUMS.`;
      assert.deepEqual((await planOf(contents)).problems, [words]);
      const files = memoryFiles(contents);
      const { faults } = await verifyImage(files, await readImage(files), WATCH);
      assert.deepEqual(faults, [`sda cannot be restored. ${words}`]);
    }
  });

  test('of a list or report by which nothing is laid out it is only said', async () => {
    const { problems, warnings } = await planOf(changed('parts', 'sda1\n'));
    assert.deepEqual(problems, []);
    assert.match(warnings.join(), /^parts is not what SHA1SUMS says/);
    // Written when the lists are there.
    assert.doesNotMatch((await planOf(changed('clonezilla-img', 'later'))).warnings.join(), /SHA1SUMS/);
  });
});
