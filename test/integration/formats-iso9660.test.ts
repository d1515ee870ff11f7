import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, symlink, writeFile, type FileHandle } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { IsoImage, writeIso } from '../../drivers/formats/iso9660/index.ts';
import type { RandomSource } from '../../drivers/formats/random-source.ts';
import { missing } from '../support/commands.ts';

const skip = missing('isoinfo', 'genisoimage', 'xorriso', 'blkid');

let folder: string;
const opened: FileHandle[] = [];

async function fileSource(file: string): Promise<RandomSource> {
  const handle = await open(file);
  opened.push(handle);
  return {
    read: async (offset, length) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
  };
}

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

suite('ISO images and the tools that others read and write them with', { skip }, () => {
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-iso-'));
    await mkdir(path.join(folder, 'tree/Deep/er/1/2/3/4/5/6'), { recursive: true });
    await writeFile(path.join(folder, 'tree/A name that is long, with spaces.txt'), 'long\n');
    await writeFile(path.join(folder, 'tree/Deep/er/1/2/3/4/5/6/end'), 'deep\n');
    await symlink('Deep', path.join(folder, 'tree/link'));
    await writeFile(path.join(folder, 'tree/bios.img'), Buffer.alloc(2048, 1));
    await writeFile(path.join(folder, 'tree/efi.img'), Buffer.alloc(2048, 2));
  });

  after(async () => {
    await Promise.all(opened.map((handle) => handle.close()));
    await rm(folder, { recursive: true, force: true });
  });

  test('an image of ours is read by isoinfo, xorriso and blkid', async () => {
    const long = `${'x'.repeat(60)}.inf`;
    const image = writeIso({
      volumeId: 'cidata',
      files: [
        { path: 'user-data', content: Buffer.from('#cloud-config\n') },
        { path: 'user-date', content: Buffer.from('second') },
        { path: 'meta-data', content: Buffer.alloc(0) },
        { path: `drivers/net/${long}`, content: Buffer.alloc(5000, 7) },
        { path: 'drivers/é€.txt', content: Buffer.from('accent') },
      ],
    });
    await writeFile(path.join(folder, 'ours.iso'), image);
    assert.match(run('blkid', '-o', 'export', '-p', 'ours.iso'), /LABEL=cidata\n[^]*TYPE=iso9660/);
    const described = run('isoinfo', '-d', '-i', 'ours.iso');
    assert.match(described, /Volume id: cidata\n/);
    assert.match(described, /Joliet with UCS level 3 found/);
    assert.equal(
      run('isoinfo', '-f', '-i', 'ours.iso'),
      [
        '/DRIVERS',
        '/META_DAT.;1',
        '/USER_DA1.;1',
        '/USER_DAT.;1',
        '/DRIVERS/NET',
        '/DRIVERS/__.TXT;1',
        '/DRIVERS/NET/XXXXXXXX.INF;1',
        '',
      ].join('\n'),
    );
    assert.match(run('isoinfo', '-J', '-f', '-i', 'ours.iso'), new RegExp(`^/drivers/net/${long}$`, 'm'));
    assert.equal(run('isoinfo', '-J', '-i', 'ours.iso', '-x', '/user-data'), '#cloud-config\n');
    assert.equal(run('isoinfo', '-i', 'ours.iso', '-x', '/USER_DA1.;1'), 'second');
    const found = run(
      'xorriso',
      '-read_fs',
      'any',
      '-indev',
      'ours.iso',
      '-find',
      '/',
      '-exec',
      'lsdl',
      '--',
    );
    assert.match(found, /\d+ Jan +1 +2020 '\/drivers\/é€\.txt'/);
    run('xorriso', '-indev', 'ours.iso', '-check_media', '--');
  });

  const trees: [name: string, args: string[]][] = [
    [
      'genisoimage, Rock Ridge',
      ['genisoimage', '-quiet', '-R', '-V', 'A_LABEL', '-p', 'me', '-publisher', 'we'],
    ],
    ['genisoimage, both', ['genisoimage', '-quiet', '-R', '-J', '-V', 'A_LABEL', '-publisher', 'we']],
    ['xorriso', ['xorriso', '-as', 'mkisofs', '-V', 'A_LABEL', '-publisher', 'we']],
    ['genisoimage, Joliet', ['genisoimage', '-quiet', '-J', '-D', '-V', 'A_LABEL', '-publisher', 'we']],
  ];
  for (const [maker, [command = '', ...args]] of trees)
    test(`an image by ${maker} is read with its names, at any depth`, async () => {
      run(command, ...args, '-o', 'theirs.iso', 'tree');
      const image = await IsoImage.open(await fileSource(path.join(folder, 'theirs.iso')));
      assert.equal(image.descriptor.volumeId, 'A_LABEL');
      assert.equal(image.descriptor.publisherId.toLowerCase(), 'we');
      assert.deepEqual(image.descriptor.boot, { bios: false, efi: false });
      const names = (await image.list('')).map((entry) => entry.name);
      const link = maker.endsWith('Joliet') ? [] : ['link'];
      assert.deepEqual(
        names.filter((name) => name !== 'rr_moved').toSorted(),
        ['A name that is long, with spaces.txt', 'Deep', 'bios.img', 'efi.img', ...link].toSorted(),
      );
      assert.equal((await image.readFile('Deep/er/1/2/3/4/5/6/end', 100)).toString(), 'deep\n');
      if (link.length > 0) assert.equal((await image.stat('link')).kind, 'symlink');
    });

  test('from what firmware an image boots is read from its boot catalogue', async () => {
    const bios = ['-b', 'bios.img', '-no-emul-boot', '-c', 'boot.cat'];
    const efi = ['-e', 'efi.img', '-no-emul-boot'];
    const cases: [args: string[], boot: { bios: boolean; efi: boolean }][] = [
      [bios, { bios: true, efi: false }],
      [[...bios, '-eltorito-alt-boot', ...efi], { bios: true, efi: true }],
      [efi, { bios: false, efi: true }],
    ];
    for (const [args, boot] of cases) {
      run('xorriso', '-as', 'mkisofs', '-V', 'BOOT', ...args, '-o', 'boot.iso', 'tree');
      const image = await IsoImage.open(await fileSource(path.join(folder, 'boot.iso')));
      assert.deepEqual(image.descriptor.boot, boot, args.join(' '));
      await rm(path.join(folder, 'boot.iso'));
    }
  });
});
