import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import { DiskSource } from '../../../main/jobs/p2v/disk-source.ts';
import { planRestore, type RestorePlan } from '../../../main/jobs/p2v/plan.ts';
import { restoreToFile } from '../../../main/jobs/p2v/restore.ts';
import { survey } from '../../../main/jobs/p2v/survey.ts';
import { bytesOf } from '../../../main/storage/zero-bytes.ts';
import { memoryFiles } from '../../support/image-files.ts';
import { partcloneImage } from '../../support/partclone-image.ts';
import { LVM_IDS, volumeGroupText } from '../../support/volume-group.ts';

const MIB = 1 << 20;
const { signal } = new AbortController();

/** A chain of logical partitions is not needed: a table, what is behind it, LVM with a volume in two pieces and a striped one. */
async function lvmFiles(): Promise<Record<string, string | Uint8Array>> {
  const mbr = Buffer.alloc(512, 0);
  mbr.fill(0xeb, 0, 440);
  for (const [index, start] of [2048, 51_200].entries()) {
    mbr[446 + 16 * index + 4] = 0x8e;
    mbr.writeUInt32LE(start, 446 + 16 * index + 8);
    mbr.writeUInt32LE(49_152, 446 + 16 * index + 12);
  }
  mbr.writeUInt16BE(0x55aa, 510);
  const blocks = Array.from({ length: 192 }, (_, index) => (index % 3 === 0 ? randomBytes(65_536) : null));
  const root = { fileSystem: 'EXTFS', deviceBytes: 12 * MIB, blockBytes: 65_536, blocks };
  return {
    disk: 'sda',
    parts: 'sda1 sda2',
    'sda-mbr': mbr,
    'sda-hidden-data-after-mbr': randomBytes(2047 * 512),
    'sda-pt.sf':
      'label: dos\nunit: sectors\nsector-size: 512\n\n/dev/sda1 : start= 2048, size= 49152, type=8e\n/dev/sda2 : start= 51200, size= 49152, type=8e\n',
    'lvm_vg_dev.list': `vg0 /dev/sda1 ${LVM_IDS.pv0}\nvg0 /dev/sda2 ${LVM_IDS.pv1}\n`,
    'lvm_logv.list': '/dev/vg0/root ext4\n/dev/vg0/fast x\n/dev/vg0/swap Linux swap file\n',
    'lvm_vg0.conf': volumeGroupText(),
    'vg0-root.ext4-ptcl-img': await partcloneImage(root, {
      checksum: 'crc32',
      reseed: true,
      stripBlocks: 16,
      map: 'bits',
    }),
    'vg0-fast.dd-img': randomBytes(8 * MIB),
  };
}

async function planOf(contents: Record<string, string | Uint8Array>): Promise<RestorePlan> {
  const files = memoryFiles(contents);
  const image = await readImage(files);
  const [disk] = image.disks;
  assert.ok(disk);
  const plan = planRestore(image, await survey(files, image), { disk, sizeBytes: 64 * MIB });
  assert.deepEqual(plan.problems, []);
  return plan;
}

async function bytes(source: DiskSource, offset: number, length: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of bytesOf(source.read(offset, length, signal))) parts.push(part);
  return Buffer.concat(parts);
}

suite('a disk read out of its image', () => {
  test('is what a restore writes, from any offset', async () => {
    const contents = await lvmFiles();
    const plan = await planOf(contents);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-source-'));
    try {
      const file = path.join(folder, 'disk');
      await restoreToFile(memoryFiles(contents), plan, file, { signal, onProgress: () => undefined });
      const expected = await readFile(file);
      const source = new DiskSource(memoryFiles(contents), plan);
      assert.ok((await bytes(source, 0, source.sizeBytes)).equals(expected), 'from front to back');
      // In parts, as an upload reads it; then on from where a link was lost; then backwards.
      for (const [from, length] of [
        [0, 20 * MIB + 12_345],
        [20 * MIB + 12_345, 30 * MIB],
        [13 * MIB + 7, 5 * MIB],
        [26 * MIB + 100_000, 70_000],
        [3 * MIB, 1],
        [0, 513],
        [64 * MIB - 5, 5],
      ] as const)
        assert.ok(
          (await bytes(source, from, length)).equals(expected.subarray(from, from + length)),
          `${length} bytes from ${from}`,
        );
      await source.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('that is damaged fails before its last bytes are given', async () => {
    const contents = await lvmFiles();
    const plan = await planOf(contents);
    const cut = {
      ...contents,
      'vg0-fast.dd-img': (contents['vg0-fast.dd-img'] ?? '').slice(0, 8 * MIB - 512),
    };
    const source = new DiskSource(memoryFiles(cut), plan);
    await assert.rejects(
      bytes(source, 0, 64 * MIB),
      /vg0-fast\.dd-img ends after 8388096 of the 8388608 bytes/,
    );
    await source.close();
    const turned = Buffer.from(contents['vg0-root.ext4-ptcl-img'] ?? '');
    turned[turned.length - 1] = (turned.at(-1) ?? 0) ^ 1;
    const other = new DiskSource(memoryFiles({ ...contents, 'vg0-root.ext4-ptcl-img': turned }), plan);
    await assert.rejects(bytes(other, 0, 64 * MIB), /vg0-root\.ext4-ptcl-img, unpacked: .*checksum/i);
    await other.close();
  });

  test('stops when it is told to', async () => {
    const contents = await lvmFiles();
    const source = new DiskSource(memoryFiles(contents), await planOf(contents));
    const abort = new AbortController();
    abort.abort(new Error('stopped'));
    await assert.rejects(async () => {
      for await (const _part of source.read(0, 64 * MIB, abort.signal));
    }, /stopped/);
    await source.close();
  });
});
