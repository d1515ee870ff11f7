import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../../../drivers/formats/errors.ts';
import type { FileSystemImage } from '../../../drivers/formats/file-system-image.ts';
import { openImage } from '../../../drivers/formats/open-image.ts';
import { BlockMap } from '../../../drivers/formats/partclone/block-map.ts';
import { openChecksum } from '../../../drivers/formats/partclone/checksum.ts';
import { damagedAt, pieces } from '../../support/byte-pieces.ts';
import {
  partcloneImage,
  partcloneImage1,
  signed,
  type PartcloneKind,
  type PartcloneParts,
} from '../../support/partclone-image.ts';

const BLOCK = 16;
/** Runs at both ends, alone, and across a byte of the map. */
const USED = [0, 1, 2, 5, 7, 8, 9, 10, 13, 18];
const PARTS: PartcloneParts = {
  fileSystem: 'EXTFS',
  blockBytes: BLOCK,
  deviceBytes: 19 * BLOCK + 7,
  blocks: Array.from({ length: 19 }, (_, index) =>
    USED.includes(index) ? Buffer.alloc(BLOCK, `block ${index}.`) : null,
  ),
};
const DEVICE = Buffer.concat([...PARTS.blocks.map((block) => block ?? Buffer.alloc(BLOCK)), Buffer.alloc(7)]);
const CRC: PartcloneKind = { checksum: 'crc32', stripBlocks: 4, reseed: true, map: 'bits' };
const KINDS: readonly PartcloneKind[] = (['crc32', 'xxh64', 'xxh128'] as const).flatMap((checksum) =>
  [true, false].flatMap((reseed) =>
    [1, 4, 5, 100].map((stripBlocks) => ({ ...CRC, checksum, reseed, stripBlocks })),
  ),
);

async function restored(bytes: Uint8Array, size?: number): Promise<FileSystemImage & { device: Buffer }> {
  const image = await openImage(pieces(bytes, size));
  const device = Buffer.alloc(image.deviceBytes ?? 0);
  let end = 0;
  for await (const { offset, data } of image.runs) {
    assert.ok(offset >= end, 'runs ascend');
    end = offset + data.length;
    device.set(data, offset);
  }
  return { ...image, device };
}

const isRefused = (bytes: Uint8Array): Promise<FormatError | null> =>
  restored(bytes).then(
    () => null,
    (error: unknown) => {
      if (error instanceof FormatError) return error;
      throw error;
    },
  );

suite('images of partclone, format 2', () => {
  test('every kind of checksum, of any length, gives the device', async () => {
    for (const kind of [...KINDS, { ...CRC, checksum: 'none' as const }]) {
      const bytes = await partcloneImage(PARTS, kind);
      for (const size of [1, 13, bytes.length]) {
        const image = await restored(bytes, size);
        assert.equal(image.format, 'partclone 2');
        assert.equal(image.fileSystem, 'EXTFS');
        assert.equal(image.deviceBytes, DEVICE.length);
        assert.equal(image.usedBytes, USED.length * BLOCK);
        assert.equal(image.checked, kind.checksum);
        assert.ok(image.device.equals(DEVICE), JSON.stringify(kind));
      }
    }
  });

  test('so does a map of bytes, and none', async () => {
    assert.ok((await restored(await partcloneImage(PARTS, { ...CRC, map: 'bytes' }))).device.equals(DEVICE));
    const blocks = PARTS.blocks.map((block) => block ?? Buffer.alloc(BLOCK));
    const whole = await restored(await partcloneImage({ ...PARTS, blocks }, { ...CRC, map: 'none' }));
    assert.ok(whole.device.equals(DEVICE));
    assert.equal(whole.usedBytes, 19 * BLOCK);
  });

  test('any byte that changes is found', async () => {
    for (const kind of KINDS.filter(({ stripBlocks }) => stripBlocks === 4)) {
      const bytes = await partcloneImage(PARTS, kind);
      for (let at = 0; at < bytes.length; at += 1) {
        const damaged = damagedAt(bytes, at);
        if (at < 15) assert.equal((await openImage(pieces(damaged))).format, 'dd', 'no image of partclone’s');
        else assert.ok(await isRefused(damaged), `${JSON.stringify(kind)}, byte ${at}`);
      }
    }
  });

  test('without checksums a byte of the blocks changes unseen, and is said to be unchecked', async () => {
    const bytes = await partcloneImage(PARTS, { ...CRC, checksum: 'none' });
    const image = await restored(damagedAt(bytes, bytes.length - 1));
    assert.equal(image.checked, 'none');
    assert.ok(!image.device.equals(DEVICE));
  });

  test('cut anywhere it is refused, and with anything behind', async () => {
    for (const kind of [CRC, { ...CRC, checksum: 'none' as const }]) {
      const bytes = await partcloneImage(PARTS, kind);
      for (let length = 34; length < bytes.length; length += 1) {
        const error = await isRefused(bytes.subarray(0, length));
        assert.equal(error?.code, 'TRUNCATED', `${length} bytes`);
        assert.ok(error.offset !== null && error.offset <= length);
      }
      const error = await isRefused(Buffer.concat([bytes, Buffer.alloc(1)]));
      assert.equal(error?.offset, bytes.length);
    }
  });

  test('a wrong checksum is told with its place', async () => {
    const bytes = await partcloneImage(PARTS, CRC);
    const data = 110 + 3 + 4;
    const second = data + 4 * BLOCK + 4;
    const error = await isRefused(damagedAt(bytes, second + 3));
    assert.equal(error?.offset, second + 4 * BLOCK);
    assert.match(error.message, new RegExp(`checksum of the bytes from ${second} on is wrong`));
  });

  const fields: readonly [name: string, words: RegExp, change: (header: Buffer) => void][] = [
    ['big endian', /big-endian/, (header) => header.writeUInt16LE(0xdec0, 34)],
    ['no byte order', /byte order/, (header) => header.writeUInt16LE(0, 34)],
    ['no name', /no name/, (header) => header.fill(0, 36, 52)],
    ['a name of other bytes', /no name/, (header) => header.writeUInt8(7, 37)],
    ['a small device', /do not fit/, (header) => header.writeBigUInt64LE(19n * 16n - 1n, 52)],
    ['a huge device', /no device/, (header) => header.writeBigUInt64LE(2n ** 60n, 52)],
    ['many blocks', /do not fit/, (header) => header.writeBigUInt64LE(2n ** 50n, 60)],
    ['more in use than there are', /of 19/, (header) => header.writeBigUInt64LE(20n, 76)],
    ['blocks of nothing', /0 bytes/, (header) => header.writeUInt32LE(0, 84)],
    ['blocks too large', /67108865 bytes/, (header) => header.writeUInt32LE(64 * 1024 ** 2 + 1, 84)],
    ['other options', /size of the options is 20/, (header) => header.writeUInt32LE(20, 88)],
    ['another version', /version of the options is 3/, (header) => header.writeUInt16LE(3, 92)],
    ['an unknown checksum', /unknown kind \(1\)/, (header) => header.writeUInt16LE(1, 96)],
    ['another size of it', /size of a checksum is 8/, (header) => header.writeUInt16LE(8, 98)],
    ['checksums of no blocks', /for no blocks/, (header) => header.writeUInt32LE(0, 100)],
    ['another way to begin', /neither 0 nor 1/, (header) => header.writeUInt8(2, 104)],
    ['another map', /unknown kind \(4\)/, (header) => header.writeUInt8(4, 105)],
    ['another format', /format “0003”/, (header) => header.write('0003', 30)],
  ];
  for (const [name, words, change] of fields)
    test(`a header that says ${name} is refused`, async () => {
      const bytes = await partcloneImage(PARTS, CRC);
      change(bytes.subarray(0, 110));
      signed(bytes.subarray(0, 110));
      const error = await isRefused(bytes);
      assert.match(error?.message ?? '', words);
    });
});

suite('images of partclone, format 1', () => {
  test('give the device, with checksums of 4 bytes and of 8', async () => {
    for (const sumBytes of [4, 8] as const)
      for (const parts of [
        PARTS,
        { ...PARTS, blocks: PARTS.blocks.map((block, at) => (at === 0 ? block : null)) },
      ]) {
        const bytes = partcloneImage1(parts, sumBytes);
        for (const size of [1, 13, bytes.length]) {
          const image = await restored(bytes, size);
          assert.equal(image.format, 'partclone 1');
          assert.equal(image.checked, 'none');
          assert.equal(image.fileSystem, 'EXTFS');
          const wanted = Buffer.concat([
            ...parts.blocks.map((block) => block ?? Buffer.alloc(BLOCK)),
            Buffer.alloc(7),
          ]);
          assert.ok(image.device.equals(wanted));
        }
      }
  });

  test('cut anywhere, with bytes behind, or with a wrong map are refused', async () => {
    for (const sumBytes of [4, 8] as const) {
      const bytes = partcloneImage1(PARTS, sumBytes);
      for (let length = 4150; length < bytes.length; length += 1)
        assert.ok(await isRefused(bytes.subarray(0, length)), `${length} bytes`);
      assert.ok(await isRefused(Buffer.concat([bytes, Buffer.alloc(1)])));
      for (let at = 4160; at < 4160 + 19 + 8; at += 1) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 1;
        assert.ok(await isRefused(changed), `byte ${at}`);
      }
    }
  });
});

suite('the parts of an image', () => {
  test('a map tells its runs, however it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(7), (bytes, missing) => {
        const blocks = Math.max(0, bytes.length * 8 - missing);
        const inUse = Array.from(
          { length: blocks },
          (_, at) => (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) === 1,
        );
        const map = new BlockMap(blocks);
        if (bytes.length > 0) map.add(Uint8Array.from(bytes));
        const found = Array.from({ length: blocks }, () => false);
        let end = -1;
        for (const { first, count } of map.runs()) {
          assert.ok(first > end && count > 0);
          end = first + count;
          found.fill(true, first, end);
        }
        assert.deepEqual(found, inUse);
        assert.equal(map.used, inUse.filter(Boolean).length);
      }),
    );
  });

  test('a large map is held packed', () => {
    const blocks = 18 * 1024 ** 2 * 8;
    const map = new BlockMap(blocks);
    for (let piece = 0; piece < 18; piece += 1)
      map.add(new Uint8Array(1024 ** 2).fill(piece % 2 === 0 ? 0xff : 0));
    const each = 8 * 1024 ** 2;
    assert.deepEqual(
      [...map.runs()],
      Array.from({ length: 9 }, (_, index) => ({ first: 2 * index * each, count: each })),
    );
  });

  test('checksums are those of the references', async () => {
    const value = async (kind: 'crc32' | 'xxh64' | 'xxh128', text: string): Promise<string> => {
      const checksum = await openChecksum(kind);
      for (const character of text) checksum.update(Buffer.from(character));
      const first = checksum.value();
      assert.deepEqual(checksum.value(), first, 'asking changes nothing');
      return Buffer.from(first)
        .toReversed()
        .map(Number)
        .reduce((hex, byte) => hex + byte.toString(16).padStart(2, '0'), '');
    };
    // CRC-32/JAMCRC, XXH64 and XXH3_128bits of xxHash's own tests (seed 0).
    assert.equal(await value('crc32', '123456789'), '340bc6d9');
    assert.equal(await value('xxh64', ''), 'ef46db3751d8e999');
    assert.equal(await value('xxh64', 'abc'), '44bc2cf5ad770999');
    assert.equal(await value('xxh128', ''), '99aa06d3014798d86001c324468d497f');
    assert.equal(await value('xxh128', 'abc'), '06b05ab6733a618578af5f94892f3950');
  });
});

test('what is of a larger device is refused before its map is read', async () => {
  for (const bytes of [
    (await partcloneImage(PARTS, CRC)).subarray(0, 110),
    partcloneImage1(PARTS, 4).subarray(0, 4160),
  ]) {
    await assert.rejects(openImage(pieces(bytes), PARTS.deviceBytes), /end within the map/);
    await assert.rejects(
      openImage(pieces(bytes), PARTS.deviceBytes - 1),
      /of a device of 311 bytes, over the 310 that there are/,
    );
  }
});
