import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { FormatError } from '../../drivers/formats/errors.ts';
import type { BlockRun } from '../../drivers/formats/partclone/block-map.ts';
import { nearSource } from '../../drivers/formats/used-blocks/ranges.ts';
import { readUsedBlocks, type UsedBlocks } from '../../drivers/formats/used-blocks/used-blocks.ts';
import { missing } from '../support/commands.ts';

const skip = missing(
  'mkfs.ext4',
  'dumpe2fs',
  'debugfs',
  'mkfs.xfs',
  'xfs_db',
  'partclone.extfs',
  'partclone.xfs',
);
let folder: string;
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C' };

async function sh(script: string): Promise<string> {
  const options = { cwd: folder, env, maxBuffer: 2 ** 26 };
  return (await promisify(execFile)('sh', ['-ec', script], options)).stdout;
}

/** By name: what is made how, in `$f`. Some of the files are removed again, so that what is free lies in pieces. */
const EXT: Readonly<Record<string, readonly [size: string, options: string]>> = {
  'ext4 as it comes': ['3G', ''],
  'blocks of 1 KiB': ['700M', '-b 1024'],
  'CRC-16, groups alone': ['700M', '-b 1024 -O ^metadata_csum,uninit_bg,^flex_bg'],
  'descriptors in their groups': ['1G', '-b 1024 -O meta_bg,^resize_inode'],
  'the same without flexible groups': ['900M', '-b 1024 -O ^flex_bg,meta_bg,^resize_inode'],
  'two copies of the superblock': ['1G', '-O sparse_super2'],
  'numbers of 32 bits': ['1G', '-O ^64bit'],
  'a seed of its own': ['300M', '-O metadata_csum_seed'],
  ext3: ['300M', '-t ext3'],
  ext2: ['300M', '-t ext2 -b 2048 -O ^sparse_super,^resize_inode'],
  'a last group of a few blocks': ['129M', '-b 1024 -O ^resize_inode'],
};

async function makeExt([size, options]: readonly [string, string]): Promise<void> {
  await sh(`rm -f fs; truncate -s ${size} fs; mkfs.ext4 -q ${options} -d content fs
    for i in 7 20 33 100 120 250; do echo "rm f$i"; done | debugfs -w -f - fs >/dev/null 2>&1`);
}

async function withFile<T>(work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path.join(folder, 'fs'), 'r+');
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

function readUsed(): Promise<UsedBlocks | null> {
  return withFile((file) =>
    readUsedBlocks(
      nearSource({
        read: async (at, length) => {
          const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at);
          return buffer.subarray(0, bytesRead);
        },
      }),
    ),
  );
}

/** The free runs, each as long as it can be. */
function freeOf({ blocks, runs }: UsedBlocks): BlockRun[] {
  const free: BlockRun[] = [];
  let at = 0;
  for (const { first, count } of [...runs(), { first: blocks, count: 0 }]) {
    if (first > at) free.push({ first: at, count: first - at });
    at = first + count;
  }
  return free;
}

function joined(runs: readonly BlockRun[]): BlockRun[] {
  const out: { first: number; count: number }[] = [];
  for (const { first, count } of runs) {
    const last = out.at(-1);
    if (last !== undefined && last.first + last.count === first) last.count += count;
    else out.push({ first, count });
  }
  return out;
}

async function freeByDumpe2fs(): Promise<BlockRun[]> {
  const groups = (await sh('dumpe2fs fs 2>/dev/null')).matchAll(/^ {2}Free blocks: (.+)$/gm);
  return joined(
    [...groups].flatMap(([, list = '']) =>
      list.split(', ').map((run) => {
        const [first = 0, last = first] = run.split('-').map(Number);
        return { first, count: last - first + 1 };
      }),
    ),
  );
}

/** What partclone would save: the blocks of its map, of the beginning of its image alone. */
async function usedByPartclone(tool: string): Promise<Set<number>> {
  await sh(`rm -f image; ${tool} -c -s fs -o image -L log >/dev/null 2>&1`);
  const image = await open(path.join(folder, 'image'));
  try {
    const header = (await image.read(Buffer.alloc(110), 0, 110, 0)).buffer;
    const blocks = Number(header.readBigUInt64LE(60));
    const map = (await image.read(Buffer.alloc(Math.ceil(blocks / 8)), 0, Math.ceil(blocks / 8), 110)).buffer;
    return new Set(
      Array.from({ length: blocks }, (_, block) => block).filter(
        (block) => (map[block >> 3] ?? 0) & (1 << (block & 7)),
      ),
    );
  } finally {
    await image.close();
  }
}

/** partclone saves nothing of what is free. */
async function assertNotSaved(free: readonly BlockRun[], tool: string): Promise<void> {
  const saved = await usedByPartclone(tool);
  for (const { first, count } of free)
    for (let block = first; block < first + count; block += 1)
      assert.ok(!saved.has(block), `partclone saves block ${block}`);
}

suite('the used blocks of a file system', { skip, timeout: 600_000 }, () => {
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-used-'));
    await mkdir(path.join(folder, 'content'));
    await sh(`head -c 600K /dev/urandom > content/random; seq 100000 > content/text
      for i in $(seq 300); do head -c $((i * 37)) /dev/urandom > content/f$i; done`);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [name, how] of Object.entries(EXT))
    test(`${name}: free is what dumpe2fs says`, async () => {
      await makeExt(how);
      const used = await readUsed();
      assert.ok(used);
      assert.deepEqual(freeOf(used), await freeByDumpe2fs());
      const free = freeOf(used);
      assert.equal(used.used, used.blocks - free.reduce((sum, { count }) => sum + count, 0));
      if (name === 'blocks of 1 KiB') await assertNotSaved(free, 'partclone.extfs');
    });

  for (const [name, options] of Object.entries({
    XFS: '',
    'XFS of version 4': '-m crc=0,finobt=0',
    'blocks of 1 KiB, many groups': '-b size=1024 -d agcount=4',
  }))
    test(`${name}: free is what xfs_db says`, async () => {
      await sh(`rm -f fs; truncate -s 400M fs
        { printf '/\\n0 0\\nd--755 0 0\\n'; for i in $(seq 300); do echo "f$i ---644 0 0 content/f$i"; done; echo '$'; } > proto
        mkfs.xfs -q ${options} -p proto fs`);
      const used = await readUsed();
      assert.ok(used);
      const groupBlocks = Number(
        /agblocks = (\d+)/.exec(await sh('xfs_db -r -c "sb 0" -c "p agblocks" fs'))?.[1],
      );
      const rows = (await sh('xfs_db -r -c "freesp -d" fs')).matchAll(/^ *(\d+) +(\d+) +(\d+)$/gm);
      const told = [...rows].map(([, group, first, count]) => ({
        first: Number(group) * groupBlocks + Number(first),
        count: Number(count),
      }));
      told.sort((a, b) => a.first - b.first);
      // xfs_db counts what a group keeps for its trees, four blocks and more, as free.
      const free = new Set(
        told.flatMap(({ first, count }) => Array.from({ length: count }, (_, at) => first + at)),
      );
      const ours = freeOf(used);
      for (const { first, count } of ours)
        for (let block = first; block < first + count; block += 1)
          assert.ok(free.has(block), `block ${block} is in use`);
      const count = ours.reduce((sum, run) => sum + run.count, 0);
      const counted = Number(
        /fdblocks = (\d+)/.exec(await sh('xfs_db -r -c "sb 0" -c "p fdblocks" fs'))?.[1],
      );
      const kept = Number(
        (await sh('for i in $(seq 0 20); do xfs_db -r -c "agf $i" -c "p flcount" fs 2>/dev/null || :; done'))
          .split('\n')
          .map((line) => Number(/flcount = (\d+)/.exec(line)?.[1] ?? 0))
          .reduce((sum, some) => sum + some, 0),
      );
      assert.equal(count, counted - kept);
      if (name === 'XFS') await assertNotSaved(ours, 'partclone.xfs');
    });

  test('what is damaged is not believed', async () => {
    await makeExt(['300M', '-b 4096']);
    const places = (await sh('dumpe2fs fs 2>/dev/null')).matchAll(/Block bitmap at (\d+)/g);
    const bitmaps = [...places].map(([, block]) => Number(block) * 4096);
    const [first = 0] = bitmaps;
    for (const [at, words] of [
      [first + 1000, /checksum of the map of group 0/],
      [4096 + 0x4, /checksum of the descriptor of group 0/],
      [1024 + 0x20, /checksum of its superblock/],
    ] as const)
      await spoilt(at, async () =>
        assert.rejects(readUsed(), (error) => {
          assert.ok(error instanceof FormatError);
          assert.equal(error.code, 'BAD_VALUE');
          return words.test(error.message);
        }),
      );
    await makeExt(['300M', '-b 4096 -O ^metadata_csum,uninit_bg']);
    await spoilt(first + 1000, () =>
      assert.rejects(readUsed(), /group 0 has \d+ free blocks by its descriptor/),
    );
    await sh('rm -f fs; truncate -s 400M fs; mkfs.xfs -q fs');
    await spoilt(512 + 60, () => assert.rejects(readUsed(), /header of the free blocks of group 0/));
    const root = Number(/bnoroot = (\d+)/.exec(await sh('xfs_db -r -c "agf 0" -c "p bnoroot" fs'))?.[1]);
    await spoilt(root * 4096 + 60, () => assert.rejects(readUsed(), /tree of free blocks of group 0/));
  });

  test('what is not known, or not written back, is refused', async () => {
    await makeExt(['300M', '-O bigalloc']);
    await assert.rejects(readUsed(), /clusters/);
    await makeExt(['300M', '-b 4096']);
    await sh('debugfs -w -R "feature needs_recovery" fs 2>/dev/null');
    await assert.rejects(readUsed(), /journal is not written back/);
  });
});

/** Some byte is another one for a while. */
async function spoilt(at: number, work: () => Promise<void>): Promise<void> {
  const flip = () =>
    withFile(async (file) => {
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
      buffer[0] = (buffer[0] ?? 0) ^ 0x10;
      await file.write(buffer, 0, 1, at);
    });
  await flip();
  await work();
  await flip();
}
