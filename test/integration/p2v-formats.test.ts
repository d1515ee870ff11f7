import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { ByteStream } from '../../drivers/formats/byte-stream.ts';
import { decompress } from '../../drivers/formats/compression/decompress.ts';
import {
  compressionOf,
  UnsupportedCompression,
  type Compression,
} from '../../drivers/formats/compression/kinds.ts';
import { FormatError } from '../../drivers/formats/errors.ts';
import type { FileSystemImage } from '../../drivers/formats/file-system-image.ts';
import { openImage } from '../../drivers/formats/open-image.ts';
import { openChecksum } from '../../drivers/formats/partclone/checksum.ts';
import { damagedAt, pieces } from '../support/byte-pieces.ts';
import { missing } from '../support/commands.ts';
import {
  partcloneImage,
  partcloneImage1,
  type PartcloneKind,
  type PartcloneParts,
} from '../support/partclone-image.ts';

/** What Debian's essential packages have is not asked for. */
const TOOLS =
  'partclone.restore mkfs.ext4 mkfs.xfs mkfs.ntfs mkfs.vfat mkfs.btrfs ntfsclone mcopy bzip2 xz lzip lz4 zstd lzop lrzip pigz xxhsum';
const skip = missing(...TOOLS.split(' '));
const SIZES = { ext4: 48, ext4small: 12, xfs: 320, ntfs: 24, vfat: 40, btrfs: 128 };
let folder: string;
const file = (name: string): string => path.join(folder, name);
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
const sh = (script: string): Promise<unknown> =>
  promisify(execFile)('sh', ['-ec', script], { cwd: folder, env, maxBuffer: 2 ** 24 });

/** What the file systems hold, besides what their mkfs writes. */
async function makeContent(): Promise<void> {
  await mkdir(file('content'));
  await sh(
    'head -c 600K /dev/urandom >content/random; seq 100000 >content/text; head -c 1M /dev/zero >content/zeros',
  );
}

const MAKE: Readonly<Record<keyof typeof SIZES, string>> = {
  ext4: 'mkfs.ext4 -q -b 4096 -d content $f',
  ext4small: 'mkfs.ext4 -q -b 1024 -d content $f',
  xfs: 'printf "/\\n0 0\\nd--755 0 0\\nrandom ---644 0 0 content/random\\ntext ---644 0 0 content/text\\n$\\n" >xfs.proto; mkfs.xfs -q -p xfs.proto $f',
  ntfs: 'mkfs.ntfs -q -F -s 512 -p 0 $f; for i in random text zeros; do ntfscp -q -f $f content/$i $i; done',
  vfat: 'mkfs.vfat -F 32 $f; mcopy -i $f content/* ::',
  btrfs: 'mkfs.btrfs -q -M --rootdir content $f',
};
const NAMES = Object.keys(SIZES).filter((name): name is keyof typeof SIZES => name in SIZES);
const tool = (name: string): string => `partclone.${name === 'ext4small' ? 'ext4' : name}`;

/** Writes what an image holds, and tells what it says of itself. */
async function restore(stream: ByteStream, to: string): Promise<FileSystemImage> {
  const image = await openImage(stream);
  const target = await open(file(to), 'w');
  try {
    if (image.deviceBytes !== null) await target.truncate(image.deviceBytes);
    for await (const { offset, data } of image.runs) await target.write(data, 0, data.length, offset);
  } finally {
    await target.close();
  }
  return image;
}

/** By partclone's own program, which waits for a second at its end. */
async function theirs(image: string, to: string): Promise<void> {
  await sh(`partclone.restore -q -f 1 -C -W -L ${to}.log -s ${image} -o ${to}`);
}

/** The parts of a real image, to be written in another way. */
async function partsOf(image: string): Promise<PartcloneParts> {
  const bytes = await readFile(file(image));
  const blockBytes = bytes.readUInt32LE(84);
  const opened = await openImage(pieces(bytes));
  const blocks = Array.from({ length: Number(bytes.readBigUInt64LE(60)) }, (): Buffer | null => null);
  for await (const { offset, data } of opened.runs)
    for (let at = 0; at < data.length;) {
      const block = (blocks[Math.floor((offset + at) / blockBytes)] ??= Buffer.alloc(blockBytes));
      const inBlock = (offset + at) % blockBytes;
      block.set(data.subarray(at, at + blockBytes - inBlock), inBlock);
      at += blockBytes - inBlock;
    }
  return { fileSystem: opened.fileSystem ?? '', deviceBytes: opened.deviceBytes ?? 0, blockBytes, blocks };
}

/** Always the same numbers below `bound`. */
function* places(bound: number): Generator<number, void, void> {
  for (let seed = 20_261_126, count = 0; count < 24; count += 1) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    yield Math.floor((seed / 2 ** 32) * bound);
  }
}

async function drained(image: FileSystemImage): Promise<number> {
  let bytes = 0;
  for await (const { data } of image.runs) bytes += data.length;
  return bytes;
}

suite('images of partitions, as partclone and ntfsclone make and restore them', { skip }, () => {
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-p2v-'));
    await makeContent();
    await Promise.all(
      NAMES.map(async (name) => {
        await sh(`f=${name}.img; truncate -s ${SIZES[name]}M $f; ${MAKE[name]}`);
        await sh(`${tool(name)} -c -q -f 1 -L ${name}.log -s ${name}.img -o ${name}.pcl`);
      }),
    );
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('each file system is the same as by partclone.restore', async () => {
    await Promise.all(
      NAMES.map(async (name) => {
        const theirOwn = theirs(`${name}.pcl`, `${name}.theirs`);
        const image = await restore(createReadStream(file(`${name}.pcl`)), `${name}.ours`);
        assert.equal(image.format, 'partclone 2');
        assert.equal(image.checked, 'crc32');
        await theirOwn;
        // What it does not write at the end is zeros.
        await truncate(file(`${name}.theirs`), image.deviceBytes ?? 0);
        await sh(`cmp ${name}.ours ${name}.theirs`);
      }),
    );
    await sh('e2fsck -fn ext4.ours; cmp ext4.ours ext4.img; fsck.vfat -n vfat.ours; xfs_repair -n xfs.ours');
  });

  test('so is one without checksums, with other strips, and with a checksum that runs on', async () => {
    const options = ['-a0', '-k16', '-K', '-K -k7'];
    await Promise.all(
      options.map(async (option, index) => {
        await sh(`partclone.ext4 -c -q -f 1 -L o${index}.log ${option} -s ext4.img -o o${index}.pcl`);
        const image = await restore(createReadStream(file(`o${index}.pcl`)), `o${index}.ours`);
        assert.equal(image.checked, option === '-a0' ? 'none' : 'crc32');
        await sh(`cmp o${index}.ours ext4.ours`);
      }),
    );
  });

  // Debian’s partclone (0.3.23) has neither of both hashes: a real image gets the checksums that newer ones write.
  for (const checksum of ['xxh64', 'xxh128'] as const)
    test(`so is one with ${checksum}, as a real one written anew`, async () => {
      const parts = await partsOf('ext4.pcl');
      for (const reseed of [true, false]) {
        const kind: PartcloneKind = { checksum, reseed, stripBlocks: reseed ? 2560 : 300, map: 'bits' };
        const image = await restore(pieces(await partcloneImage(parts, kind), 100_000), 'xxh.ours');
        assert.equal(image.checked, checksum);
        await sh('cmp xxh.ours ext4.ours');
      }
    });

  test('so is one of the first format, which partclone.restore reads, too', async () => {
    const parts = await partsOf('ext4small.pcl');
    await writeFile(file('old.pcl'), partcloneImage1(parts, 4));
    await writeFile(file('old8.pcl'), partcloneImage1(parts, 8));
    const theirOwn = theirs('old.pcl', 'old.theirs');
    for (const name of ['old', 'old8']) {
      const image = await restore(createReadStream(file(`${name}.pcl`)), `${name}.ours`);
      assert.equal(image.format, 'partclone 1');
      await sh(`cmp ${name}.ours ext4small.ours`);
    }
    await theirOwn;
    // What it does not write at the end is zeros.
    await truncate(file('old.theirs'), parts.deviceBytes);
    await sh('cmp old.theirs old.ours');
  });

  test('whole devices are, too, as partclone.imager and partclone.dd take them', async () => {
    await Promise.all([
      sh('partclone.imager -c -q -f 1 -L im.log -s ext4small.img -o im.pcl'),
      sh('partclone.dd -q -f 1 -L dd.log -s ext4small.img -o dd.pcl'),
    ]);
    const image = await restore(createReadStream(file('im.pcl')), 'im.ours');
    assert.equal(image.fileSystem, 'raw');
    assert.equal(image.usedBytes, image.deviceBytes);
    assert.equal((await restore(createReadStream(file('dd.pcl')), 'dd.ours')).format, 'dd');
    await sh('cmp im.ours ext4small.img; cmp dd.ours ext4small.img');
  });

  test('the hashes are those of xxhsum', async () => {
    const sizes = [0, 1, 3, 8, 16, 17, 128, 129, 240, 241, 1023, 1024, 1025, 65_536, 262_145];
    const random = await readFile(file('content/random'));
    await Promise.all(sizes.map((size) => writeFile(file(`hash.${size}`), random.subarray(0, size))));
    for (const [kind, option] of [
      ['xxh64', '-H1'],
      ['xxh128', '-H2'],
    ] as const) {
      const names = sizes.map((size) => `hash.${size}`).join(' ');
      const { stdout } = await promisify(execFile)('sh', ['-c', `xxhsum ${option} ${names}`], {
        cwd: folder,
      });
      for (const line of stdout.trim().split('\n')) {
        const [hex = '', name = ''] = line.split(/\s+/);
        const checksum = await openChecksum(kind);
        checksum.update(await readFile(file(name)));
        assert.equal(Buffer.from(checksum.value().toReversed()).toString('hex'), hex, name);
      }
    }
  });

  test('an image of ntfsclone is the same as by itself', async () => {
    await sh(
      'ntfsclone -q --save-image -O nc.img ntfs.img; ntfsclone -q --restore-image -O nc.theirs nc.img',
    );
    const image = await restore(createReadStream(file('nc.img')), 'nc.ours');
    assert.equal(image.format, 'ntfsclone');
    await truncate(file('nc.theirs'), image.deviceBytes ?? 0);
    await sh('cmp nc.ours nc.theirs; ntfsfix -n nc.ours');
  });

  const packers: readonly (readonly [kind: Compression, command: string])[] = [
    ['gzip', 'gzip -1 -c'],
    ['gzip', 'pigz -1 -c'],
    ['bzip2', 'bzip2 -c'],
    ['xz', 'xz -0 -T2 --block-size=1MiB -c'],
    ['xz', 'xz -1 --check=sha256 -c'],
    ['lzma', 'xz --format=lzma -1 -c'],
    ['lzip', 'lzip -0 -c'],
    ['lz4', 'lz4 -q -c'],
    ['lz4', 'lz4 -q -BD -B4 -c'],
    ['lz4', 'lz4 -q -l -c'],
    ['zstd', 'zstd -q -3 -c'],
    ['zstd', 'zstd -q -1 --no-check -c'],
    ['lzo', 'lzop -c'],
    ['lzo', 'lzop -9 -c'],
  ];
  test('packed by each tool, in one file and split, it is the same', async () => {
    await Promise.all(
      packers.map(async ([kind, command], index) => {
        const name = `packed${index}`;
        await sh(`${command} ext4small.pcl >${name}; split -a 2 -b 300KB ${name} ${name}.`);
        const head = (await readFile(file(name))).subarray(0, 16);
        assert.equal(compressionOf(head), kind, command);
        const { stdout } = await promisify(execFile)('sh', ['-c', `ls ${name}.*`], { cwd: folder });
        const parts = stdout.trim().split('\n');
        assert.ok(parts.length > 1);
        await restore(decompress(kind, joined(parts)), `${name}.ours`);
        await sh(`cmp ${name}.ours ext4small.ours`);
      }),
    );
    await sh('xz --x86 --lzma2=preset=0 -c content/text >packed.x86');
    await assert.rejects(
      restore(decompress('xz', createReadStream(file('packed.x86'))), 'x86.ours'),
      (error) => error instanceof UnsupportedCompression && /filter x86/.test(error.message),
    );
    await sh('lrzip -q -o packed.lrz content/text');
    assert.equal(compressionOf((await readFile(file('packed.lrz'))).subarray(0, 16)), 'lrzip');
  });

  test('damage at random offsets is found wherever there is a checksum, else the image is said to be unchecked', async () => {
    const parts = await partsOf('ext4small.pcl');
    for (const checksum of ['crc32', 'xxh64', 'xxh128', 'none'] as const) {
      const bytes = await partcloneImage(parts, { checksum, reseed: true, stripBlocks: 1024, map: 'bits' });
      for (const at of places(bytes.length)) {
        const found = await openImage(pieces(damagedAt(bytes, at), 2 ** 20))
          .then(
            async (image) => (await drained(image), image.checked),
            (error: unknown) => error,
          )
          .catch((error: unknown) => error);
        if (checksum === 'none' && !(found instanceof Error)) assert.equal(found, 'none');
        else assert.ok(found instanceof FormatError, `${checksum}, byte ${at}: ${String(found)}`);
      }
    }
  });

  test('and in what is packed', async () => {
    // The old form of LZ4 and lzma’s have no checksum; that of Zstandard was left out.
    const isChecked = ([kind, command]: (typeof packers)[number]): boolean =>
      kind !== 'lzma' && !/ -l |no-check/.test(command);
    for (const [index, packer] of packers.entries()) {
      if (!isChecked(packer)) continue;
      const [kind, command] = packer;
      const bytes = await readFile(file(`packed${index}`));
      for (const at of [...places(bytes.length)].slice(0, 4))
        await assert.rejects(
          async () => {
            for await (const piece of decompress(kind, pieces(damagedAt(bytes, at), 2 ** 16)))
              assert.ok(piece.length > 0);
          },
          FormatError,
          `${command}, byte ${at}`,
        );
    }
  });
});

/** Files, one after another. */
async function* joined(names: readonly string[]): AsyncGenerator<Uint8Array, void, void> {
  for (const name of names) yield* createReadStream(file(name)) as AsyncIterable<Uint8Array>;
}
