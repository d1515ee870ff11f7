import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { missing } from '../support/commands.ts';
import { runHere } from './p2v-command.ts';

const run = promisify(execFile);
const SAVED = path.join(import.meta.dirname, '../fixtures/p2v/clonezilla-savedisk.tar.gz');

interface Region {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  /** SHA-256 of these bytes of the disk that was saved. */
  readonly sha256: string;
}

const DISKS: Readonly<Record<string, readonly Region[]>> = {
  vdc: [
    {
      name: 'MBR, and what follows up to the first partition',
      offset: 0,
      bytes: 1_048_576,
      sha256: 'c832ac61ef1955e6ce689b9f4deeef68914efcde7026aff9c4562ad87b0fcfd4',
    },
    {
      name: 'ext4',
      offset: 1_048_576,
      bytes: 12_582_912,
      sha256: '255f25fea5ae1fc05a9b9326bf5313926634c17a9d40ed7453c413e8413f2042',
    },
    {
      name: 'NTFS',
      offset: 13_631_488,
      bytes: 10_485_760,
      sha256: 'dbb35dc61b1f40f5fc647362bb3500cda8419d7fabcea34ca60643da27e5041d',
    },
    {
      name: 'swap',
      offset: 34_603_008,
      bytes: 4_194_304,
      sha256: 'b463553f077a4807a8def16887c3b389dae8c960cb1284af32ee2f6d7b9ee62d',
    },
  ],
  vdd: [
    {
      name: 'GPT',
      offset: 0,
      bytes: 1_048_576,
      sha256: '3d2ef7c202c4afe96d8f909964c14ec08eaf2d2016a721f61502ff958762ec8f',
    },
    {
      name: 'the extents of LVM’s volumes',
      offset: 10_485_760,
      bytes: 56_524_800,
      sha256: 'af4cf68fdf41beb68b20b13fca677c1a96323242accd08f3dd11300ad77cc7d9',
    },
    {
      name: 'the copy of GPT',
      offset: 67_010_560,
      bytes: 98_304,
      sha256: '41638a8e144f0a6d3883fe81ae8b2f30268cea7197b34e211384f255eee45ec3',
    },
  ],
};
/** FAT keeps what was in clusters that are free, which no image has: against what partclone.restore makes. */
const FAT = [
  { disk: 'vdc', content: 'vdc5.fat12', offset: 25_165_824, bytes: 8_388_608 },
  { disk: 'vdd', content: 'vdd1.fat12', offset: 1_048_576, bytes: 8_388_608 },
];

// Clonezilla's own scripts saved it (test/lab/clonezilla-image.sh): they need a machine with disks, and twenty minutes under TCG.
suite(
  'two disks that ocs-sr of Debian’s clonezilla saved',
  { skip: missing('tar', 'partclone.restore') },
  () => {
    let folder: string;
    let image: string;
    before(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-clonezilla-'));
      await run('tar', ['-xzf', SAVED, '-C', folder]);
      image = path.join(folder, 'gz');
      for (const disk of Object.keys(DISKS)) {
        const { code, err } = await runHere('p2v', 'restore', image, '--disk', disk, '--to-raw', at(disk));
        assert.equal(code, 0, err);
      }
    });
    after(() => rm(folder, { recursive: true, force: true }));
    const at = (name: string): string => path.join(folder, name);

    test('each content is verified by its checksums', async () => {
      const { code, out, err } = await runHere('p2v', 'verify', image);
      assert.equal(code, 0, err);
      const verified = out.toString().match(/: verified by crc32, gzip’s checksum, SHA1SUMS$/gm);
      assert.equal(verified?.length, 6, out.toString());
    });

    for (const [disk, regions] of Object.entries(DISKS))
      test(`${disk} is byte for byte what was saved`, async () => {
        const restored = await readFile(at(disk));
        assert.equal(restored.length, 64 << 20);
        for (const { name, offset, bytes, sha256 } of regions)
          assert.equal(
            createHash('sha256')
              .update(restored.subarray(offset, offset + bytes))
              .digest('hex'),
            sha256,
            name,
          );
      });

    for (const { disk, content, offset, bytes } of FAT)
      test(`${content} is what partclone.restore makes of it`, async () => {
        const script = `truncate -s ${bytes} ${content}; gzip -dc gz/${content}-ptcl-img.gz | partclone.restore -q -C -L log -s - -O ${content}`;
        await run('bash', ['-eo', 'pipefail', '-c', script], { cwd: folder });
        const restored = await readFile(at(disk));
        assert.ok((await readFile(at(content))).equals(restored.subarray(offset, offset + bytes)));
      });
  },
);
