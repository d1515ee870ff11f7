import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { TestCore } from '../../support/core.ts';
import { isFailed } from '../../support/failed.ts';
import { growingVhd } from '../../support/vhd.ts';

suite('images on this computer, by the contract', () => {
  let core: TestCore;
  let folder: string;

  before(async () => {
    core = await TestCore.open();
    await mkdir(core.home, { recursive: true });
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-browse-'));
    const files: Readonly<Record<string, readonly string[]>> = {
      'img-10': ['clonezilla-img', 'disk'],
      'img-9': ['disk', 'parts'],
      half: ['parts', 'THIS_IMAGE_DIR_IS_BROKEN.txt'],
      secret: ['gocryptfs.diriv', 'Zm9v'],
      hidden: ['ecryptfs.info'],
      opened: ['ecryptfs.info', 'clonezilla-img'],
      plain: ['notes.txt'],
      '.cache': ['disk'],
    };
    for (const [name, inside] of Object.entries(files)) {
      await mkdir(path.join(folder, name));
      for (const file of inside) await writeFile(path.join(folder, name, file), '');
    }
    await writeFile(path.join(folder, 'saved.TAR'), 'four');
    await writeFile(path.join(folder, 'office.vhdx'), 'of five');
    await writeFile(path.join(folder, 'letter.txt'), '');
    await symlink('img-9', path.join(folder, 'latest'));
    await symlink('nowhere', path.join(folder, 'lost'));
    await symlink('letter.txt', path.join(folder, 'mail'));
  });
  after(async () => {
    await core.close();
    await rm(folder, { recursive: true });
  });

  test('a folder tells which of its folders and files are images; what is hidden or none is left out', async () => {
    const { path: at, parent, entries, cut } = await core.client.p2v.folder({ path: folder });
    assert.deepEqual([at, parent, cut], [folder, path.dirname(folder), false]);
    assert.deepEqual(
      entries.map(({ name, kind, image, sizeBytes }) => [name, kind, image, sizeBytes]),
      [
        ['half', 'folder', 'broken', null],
        ['hidden', 'folder', 'encrypted', null],
        ['img-9', 'folder', 'clonezilla', null],
        ['img-10', 'folder', 'clonezilla', null],
        ['latest', 'folder', 'clonezilla', null],
        ['opened', 'folder', 'clonezilla', null],
        ['plain', 'folder', null, null],
        ['secret', 'folder', 'encrypted', null],
        ['office.vhdx', 'file', 'disk', 7],
        ['saved.TAR', 'file', 'tar', 4],
      ],
    );
    assert.ok(entries.every((entry) => entry.path === path.join(folder, entry.name)));
  });

  test('of a path that is not there, a file, or an image, the folder above it is shown; of none the home folder', async () => {
    for (const wanted of ['img', 'letter.txt', 'no/such/folder', 'mail', 'img-9', 'img-9/disk'])
      assert.equal((await core.client.p2v.folder({ path: path.join(folder, wanted) })).path, folder, wanted);
    const { path: home, places } = await core.client.p2v.folder({ path: null });
    assert.deepEqual([home, places[0]], [core.home, { kind: 'home', path: core.home }]);
    assert.equal((await core.client.p2v.folder({ path: '/' })).parent, null);
  });

  test('what is no image is refused with the reason', async () => {
    const refused = async (name: string, code: string, words: RegExp): Promise<void> => {
      const failure = await isFailed(core.client.p2v.inspect({ path: path.join(folder, name) }));
      assert.equal(failure.code, code);
      assert.match(failure.message, words);
    };
    await refused('nowhere', 'NOT_FOUND', /is not there/);
    await refused('plain', 'NOT_FOUND', /no image of Clonezilla/);
    await refused('half', 'CONFLICT', /marked the image as broken/);
    await refused('secret', 'UNSUPPORTED', /encrypted by gocryptfs/);
    await refused('img-9', 'NOT_FOUND', /names no disk/);
  });

  test('a disk in a file of its own is told by what its table of partitions says; by a whole path alone', async () => {
    const disk = Buffer.alloc(3 << 20);
    disk[446 + 4] = 0x07;
    disk.writeUInt32LE(2048, 446 + 8);
    disk.writeUInt32LE(2048, 446 + 12);
    disk.writeUInt16BE(0x55aa, 510);
    await writeFile(path.join(folder, 'office.vhd'), growingVhd(disk));
    const { format, sizeBytes, firmware, partitions } = await core.client.p2v.inspectDisk({
      path: path.join(folder, 'office.vhd'),
    });
    assert.deepEqual([format, sizeBytes, firmware], ['vhd', disk.length, 'bios']);
    assert.deepEqual(
      partitions.map(({ number, offsetBytes, type }) => [number, offsetBytes, type]),
      [[1, 1 << 20, '07']],
    );
    for (const name of ['inspect', 'inspectDisk'] as const)
      assert.match(
        (await isFailed(core.client.p2v[name]({ path: 'office.vhd' }))).message,
        /office\.vhd is no whole path/,
      );
  });

  test('what is no disk in a file of its own is told, and what to do with it', async () => {
    await writeFile(path.join(folder, 'web.qcow2'), 'QFI\xfb\0\0\0\x03'.padEnd(1 << 16, '\0'), 'latin1');
    await writeFile(path.join(folder, 'cut.vhd'), growingVhd(Buffer.alloc(3 << 20)).subarray(0, 600));
    for (const [name, words] of [
      ['letter.txt', /letter\.txt is no VHDX or VHD\./],
      ['web.qcow2', /web\.qcow2 is a qcow2, .* upload it to a pool/],
      ['cut.vhd', /cut\.vhd: It is not whole, copy it once more\./],
      ['.', /is a directory, .*: an image of Clonezilla’s is chosen as that\./],
    ] as const)
      assert.match(
        (await isFailed(core.client.p2v.inspectDisk({ path: path.join(folder, name) }))).message,
        words,
      );
  });

  test('pipes that nobody writes to hold nothing up', { skip: process.platform === 'win32' }, async () => {
    const pipes = ['a', 'b', 'c', 'd', 'e'].map((name) => path.join(folder, name));
    execFileSync('mkfifo', pipes);
    for (const answer of await Promise.all(
      pipes.map((pipe) => isFailed(core.client.p2v.inspectDisk({ path: pipe }))),
    ))
      assert.match(answer.message, /is a device or a pipe, no file\./);
  });
});
