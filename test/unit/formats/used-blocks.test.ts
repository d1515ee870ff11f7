import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memorySource } from '../../../drivers/formats/random-source.ts';
import { nearSource, type ByteRange, type RangeSource } from '../../../drivers/formats/used-blocks/ranges.ts';
import { readUsedBlocks, usedBytes } from '../../../drivers/formats/used-blocks/used-blocks.ts';

const BLOCK = 512;
const BLOCKS = 100;

/** XFS of version 4, with two groups of 64 and 36 blocks of 512 bytes: a tree with three leaves, and one that is a leaf. */
function xfs(): Buffer {
  const disk = Buffer.alloc(BLOCKS * BLOCK);
  disk.write('XFSB');
  disk.writeUInt32BE(BLOCK, 4);
  disk.writeBigUInt64BE(BigInt(BLOCKS), 8);
  disk.writeUInt32BE(64, 84);
  disk.writeUInt32BE(2, 88);
  disk.writeUInt16BE(4, 100);
  disk.writeUInt16BE(512, 102);
  const header = (
    index: number,
    blocks: number,
    tree: readonly [root: number, levels: number],
    free: number,
  ): void => {
    const at = index * 64 * BLOCK + 512;
    disk.write('XAGF', at);
    [index, blocks, tree[0]].forEach((value, word) => disk.writeUInt32BE(value, at + 8 + word * 4));
    disk.writeUInt32BE(tree[1], at + 28);
    disk.writeUInt32BE(free, at + 52);
  };
  header(0, 64, [4, 2], 5 + 10 + 1 + 3);
  header(1, 36, [3, 1], 20);
  const node = (block: number, level: number, records: readonly (readonly number[])[]): void => {
    const at = block * BLOCK;
    disk.write('ABTB', at);
    disk.writeUInt16BE(level, at + 4);
    disk.writeUInt16BE(records.length, at + 6);
    const most = Math.floor((BLOCK - 16) / 12);
    for (const [index, record] of records.entries())
      if (level === 0)
        record.forEach((value, word) => disk.writeUInt32BE(value, at + 16 + index * 8 + word * 4));
      else disk.writeUInt32BE(record[0] ?? 0, at + 16 + most * 8 + index * 4);
  };
  node(4, 1, [[6], [5], [7]]);
  node(6, 0, [
    [10, 5],
    [20, 10],
  ]);
  node(5, 0, [[40, 1]]);
  node(7, 0, [[61, 3]]);
  node(64 + 3, 0, [[0, 20]]);
  return disk;
}

/** Counts how often it is asked. */
class Counting implements RangeSource {
  asked = 0;
  readonly #source: RangeSource;

  constructor(bytes: Uint8Array) {
    this.#source = nearSource(memorySource(bytes));
  }

  readRanges(ranges: readonly ByteRange[]): AsyncIterable<Buffer> {
    this.asked += 1;
    return this.#source.readRanges(ranges);
  }
}

test('a tree of several levels is read from left to right, and the device asked once for each level', async () => {
  const source = new Counting(xfs());
  const used = await readUsedBlocks(source);
  assert.ok(used);
  assert.equal(used.used, BLOCKS - 39);
  assert.deepEqual(
    [...used.runs()].map(({ first, count }) => [first, count]),
    [
      [0, 10],
      [15, 5],
      [30, 10],
      [41, 20],
      [84, 16],
    ],
  );
  assert.equal(source.asked, 4);
});

test('what lies behind the file system’s end is used, and a device that ends before is refused', async () => {
  const used = await readUsedBlocks(nearSource(memorySource(xfs())));
  assert.ok(used);
  const end = BLOCKS * BLOCK;
  assert.deepEqual([...usedBytes(used, end + 4096)].slice(-2), [
    { at: 84 * BLOCK, length: 16 * BLOCK },
    { at: end, length: 4096 },
  ]);
  assert.throws(() => [...usedBytes(used, end - 1)], /its device only/);
});

for (const [what, spoil, words] of [
  ['leaves the group', (disk: Buffer) => disk.writeUInt32BE(64, 4 * BLOCK + 16 + 41 * 8), /leaves the group/],
  ['goes around', (disk: Buffer) => disk.writeUInt32BE(4, 4 * BLOCK + 16 + 41 * 8), /block 4 of the tree/],
  ['has pieces that overlap', (disk: Buffer) => disk.writeUInt32BE(12, 6 * BLOCK + 24), /overlap/],
  ['has too many', (disk: Buffer) => disk.writeUInt16BE(0xffff, 6 * BLOCK + 6), /block 6 of the tree/],
  ['has fewer than the header tells', (disk: Buffer) => disk.writeUInt16BE(1, 6 * BLOCK + 6), /by its tree/],
] as const)
  test(`a tree of free blocks that ${what} is refused`, async () => {
    const disk = xfs();
    spoil(disk);
    await assert.rejects(readUsedBlocks(nearSource(memorySource(disk))), words);
  });

test('another file system has no map here', async () => {
  assert.equal(await readUsedBlocks(nearSource(memorySource(Buffer.alloc(8192)))), null);
});

test('an ext file system with sizes that cannot be is refused', async () => {
  const disk = Buffer.alloc(8192);
  disk.writeUInt16LE(0xef53, 1024 + 0x38);
  await assert.rejects(readUsedBlocks(nearSource(memorySource(disk))), /in use, or has errors/);
  disk.writeUInt16LE(1, 1024 + 0x3a);
  await assert.rejects(readUsedBlocks(nearSource(memorySource(disk))), /sizes that cannot be/);
});
