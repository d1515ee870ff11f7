import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { HEAD_BYTES, TAIL_BYTES, detectFormat, type DetectedImage } from '../../drivers/formats/detect.ts';
import { readQcow2Header, type Qcow2Header } from '../../drivers/formats/qcow2.ts';
import { memorySource } from '../../drivers/formats/random-source.ts';
import { missing } from '../support/commands.ts';

const skip = missing('qemu-img', 'sfdisk', 'mkfs.vfat', 'tar', 'gzip', 'xz', 'bzip2');
const MIB = 1024 * 1024;
let folder: string;

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const create = (...args: string[]): string => run('qemu-img', 'create', '-q', ...args);

/** With a key: QEMU measures how fast it hashes, and gives up where the machine is too busy to tell. */
function createLuks(...args: string[]): void {
  for (let attempt = 1; ; attempt += 1)
    try {
      create('--object', 'secret,id=key,data=secret', ...args);
      return;
    } catch (error) {
      if (attempt === 20 || !String(error).includes('accurate CPU usage')) throw error;
    }
}

async function detected(name: string): Promise<DetectedImage> {
  const bytes = await readFile(path.join(folder, name));
  return detectFormat(bytes.subarray(0, HEAD_BYTES), bytes.subarray(-TAIL_BYTES));
}

async function qcow2(name: string): Promise<Qcow2Header> {
  return readQcow2Header(memorySource(await readFile(path.join(folder, name))));
}

suite('disk images that QEMU and others make', { skip }, () => {
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-images-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const formats: [format: string, options: string][] = [
    ['qcow2', 'compat=1.1'],
    ['qcow2', 'compat=0.10'],
    ['qed', ''],
    ['vmdk', 'subformat=monolithicSparse'],
    ['vmdk', 'subformat=monolithicFlat'],
    ['vmdk', 'subformat=streamOptimized'],
    ['vdi', ''],
    ['vhdx', ''],
    ['vpc', 'subformat=dynamic'],
    ['vpc', 'subformat=fixed'],
    ['parallels', ''],
    ['luks', 'key-secret=key,iter-time=10'],
    ['raw', ''],
  ];
  for (const [format, options] of formats)
    test(`${format} ${options} is known by its bytes`, async () => {
      const make = format === 'luks' ? createLuks : create;
      make('-f', format, ...(options === '' ? [] : ['-o', options]), 'disk', '2M');
      assert.deepEqual(await detected('disk'), { format, partitions: null });
    });

  for (const [command, format] of [
    ['gzip', 'gzip'],
    ['xz', 'xz'],
    ['bzip2', 'bzip2'],
  ] as const)
    test(`what ${command} made is known`, async () => {
      await writeFile(path.join(folder, 'plain'), 'content');
      await writeFile(path.join(folder, 'packed'), execFileSync(command, ['-c', 'plain'], { cwd: folder }));
      assert.equal((await detected('packed')).format, format);
    });

  test('an archive of tar, which an OVA is, is known', async () => {
    await writeFile(path.join(folder, 'plain'), 'content');
    run('tar', '-cf', 'archive', 'plain');
    assert.equal((await detected('archive')).format, 'tar');
  });

  for (const [label, partitions] of [
    ['dos', 'mbr'],
    ['gpt', 'gpt'],
  ] as const)
    test(`a disk that sfdisk gave a table of ${label} is known to have one`, async () => {
      await writeFile(path.join(folder, 'parted'), Buffer.alloc(8 * MIB));
      execFileSync('sfdisk', ['-q', 'parted'], { cwd: folder, input: `label: ${label}\n,,L\n` });
      assert.deepEqual(await detected('parted'), { format: 'raw', partitions });
    });

  test('a file system without partitions has no table', async () => {
    await writeFile(path.join(folder, 'fat'), Buffer.alloc(8 * MIB));
    run('mkfs.vfat', 'fat');
    assert.deepEqual(await detected('fat'), { format: 'raw', partitions: null });
  });

  test("a qcow2's header is read as qemu-img reads it", async () => {
    create('-f', 'raw', 'base.raw', '5M');
    create('-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', 'over.qcow2');
    create('-f', 'qcow2', '-o', 'cluster_size=2M,compression_type=zstd,extended_l2=on', 'zstd.qcow2', '7M');
    create('-f', 'qcow2', '-o', 'data_file=data.raw,data_file_raw=on', 'split.qcow2', '1M');
    create('-f', 'qcow2', '-o', 'compat=0.10,cluster_size=512', 'old.qcow2', '1M');
    const secret = ['-o', 'encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10'];
    createLuks('-f', 'qcow2', ...secret, 'luks.qcow2', '1M');
    run('qemu-img', 'snapshot', '-c', 'one', 'zstd.qcow2');
    const plain = { backingFile: null, backingFormat: null, encryption: 'none', externalData: false };
    const seen = async (name: string) => {
      const { backingFile, backingFormat, encryption, externalData } = await qcow2(name);
      return { backingFile, backingFormat, encryption, externalData };
    };
    assert.deepEqual(await seen('over.qcow2'), { ...plain, backingFile: 'base.raw', backingFormat: 'raw' });
    assert.deepEqual(await seen('zstd.qcow2'), plain);
    assert.deepEqual(await seen('split.qcow2'), { ...plain, externalData: true });
    assert.deepEqual(await seen('luks.qcow2'), { ...plain, encryption: 'luks' });
    assert.equal((await qcow2('split.qcow2')).dataFile, 'data.raw');
    for (const name of ['over', 'zstd', 'split', 'old', 'luks']) {
      const header = await qcow2(`${name}.qcow2`);
      const info = JSON.parse(run('qemu-img', 'info', '--output=json', `${name}.qcow2`));
      const data = info['format-specific'].data;
      assert.equal(Number(header.virtualBytes), info['virtual-size'], name);
      assert.equal(header.clusterBytes, info['cluster-size'], name);
      assert.equal(header.version === 2 ? '0.10' : '1.1', data.compat, name);
      assert.equal(header.compression, data['compression-type'], name);
      assert.equal(header.extendedL2, data['extended-l2'] ?? false, name);
      assert.equal(header.snapshots, info.snapshots?.length ?? 0, name);
      assert.deepEqual([header.dirty, header.corrupt, header.unknownFeatures], [false, false, 0n], name);
    }
  });
});
