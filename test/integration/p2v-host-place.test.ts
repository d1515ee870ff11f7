import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Exec } from '../../drivers/transport/exec.ts';
import { execLocal } from '../../drivers/transport/exec-local.ts';
import { browse } from '../../main/jobs/p2v/browse.ts';
import { browseHost } from '../../main/jobs/p2v/host-browse.ts';
import { hostPlace } from '../../main/jobs/p2v/host-place.ts';
import { openImageFiles } from '../../main/jobs/p2v/image-files.ts';
import { localPlace } from '../../main/jobs/p2v/local-place.ts';

const NAMES = ['disk', 'parts', ' a b ', "it's", '$(id)', '-rf', 'ü', 'q"uote', '*', '.hidden', 'tab\there'];

suite('files of a host, read by its programs', { timeout: 120_000 }, () => {
  let folder: string;
  let programs = 0;
  const counted: Exec = (argv, options) => {
    programs += 1;
    return execLocal(argv, options);
  };
  const over = new AbortController();
  const place = hostPlace({ name: 'nas', exec: () => counted, signal: over.signal });
  const at = (name: string): string => path.join(folder, name);
  const all = async (bytes: AsyncIterable<Uint8Array>): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of bytes) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  const noise = Buffer.from(Array.from({ length: 3_000_001 }, (_, index) => (index * 7919) >> 5));

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'virtlane-place-'));
    mkdirSync(at('image/within'), { recursive: true });
    for (const name of NAMES) writeFileSync(at(`image/${name}`), `of ${name}`);
    writeFileSync(at('image/noise'), noise);
    writeFileSync(at('image/empty'), '');
    symlinkSync('/etc/passwd', at('image/passwd'));
    execFileSync('mkfifo', [at('image/pipe')]);
  });
  after(() => {
    over.abort();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a folder tells what in it is an image as it does on this computer', async () => {
    for (const [name, file] of [
      ['saved 1', 'parts'],
      ['saved 2', 'clonezilla-img'],
      ['saved 2', 'THIS_IMAGE_DIR_IS_BROKEN.txt'],
      ['$(id)', 'gocryptfs.conf'],
      ['-n', 'x'],
    ] as const) {
      mkdirSync(at(`list/${name}`), { recursive: true });
      writeFileSync(at(`list/${name}/${file}`), '');
    }
    for (const name of ['a.tar', 'b.VHDX', 'c.txt', '.d.tar']) writeFileSync(at(`list/${name}`), '');
    symlinkSync('saved 1', at('list/latest'));
    mkdirSync(at('list/two\nlines'));
    const host = { name: 'nas', exec: () => counted, signal: over.signal };
    const told = ({ path: top, parent, cut, entries }: Awaited<ReturnType<typeof browse>>) => ({
      top,
      parent,
      cut,
      entries: entries
        .filter(({ name }) => !name.includes('\n'))
        .map(({ name, path: where, kind, image }) => [name, where, kind, image]),
    });
    const before = programs;
    for (const wanted of ['list', 'list/saved 1', 'list/nothing/here', 'list/c.txt'])
      assert.deepEqual(told(await browseHost(host, at(wanted))), told(await browse(at(wanted), '/')), wanted);
    assert.equal(programs - before, 4);
    const top = await browseHost(host, '/');
    assert.deepEqual([top.path, top.parent], ['/', null]);
    assert.ok((await browseHost(host, null)).path.startsWith('/'));
  });

  test('are those that are seen on it: regular files by any name, and what is left out is told', async () => {
    const [there, here] = await Promise.all([
      place.openFolder(at('image')),
      localPlace.openFolder(at('image')),
    ]);
    assert.deepEqual([...there.sizes], [...here.sizes]);
    assert.deepEqual(there.skipped, here.skipped);
    for (const name of [...NAMES, 'noise', 'empty'])
      assert.ok((await all(there.stream(name))).equals(await all(here.stream(name))), name);
    writeFileSync(at('image/two\nlines'), '');
    writeFileSync(Buffer.concat([Buffer.from(at('image/')), Buffer.from([0xff])]), '');
    const { skipped = [], sizes } = await place.openFolder(at('image'));
    assert.equal(sizes.size, NAMES.length + 2);
    assert.ok(skipped.includes('a name with an end of line'));
  });

  test('a link that is put in the place of a file is not followed, and a file that has changed is told', async () => {
    const files = await place.openFolder(at('image'));
    writeFileSync(at('secret'), 'of disk');
    rmSync(at('image/disk'));
    symlinkSync(at('secret'), at('image/disk'));
    await assert.rejects(
      all(files.stream('disk')),
      /image\/disk on nas could not be read: it has changed since/,
    );
    rmSync(at('image/parts'));
    execFileSync('mkfifo', [at('image/parts')]);
    await assert.rejects(all(files.stream('parts')), /is no regular file any more/);
    renameSync(at('image/noise'), at('image/gone'));
    await assert.rejects(all(files.stream('noise')), /could not be read/);
    renameSync(at('image/gone'), at('image/noise'));
  });

  test('a file that is opened again is the one that it was, or that is told', async () => {
    const again = hostPlace({ name: 'nas', exec: () => counted, signal: over.signal });
    writeFileSync(at('office.vhdx'), 'old bytes');
    await (await again.openFile(at('office.vhdx'))).close();
    await (await again.openFile(at('office.vhdx'))).close();
    writeFileSync(at('new.vhdx'), 'new bytes');
    renameSync(at('new.vhdx'), at('office.vhdx'));
    await assert.rejects(
      again.openFile(at('office.vhdx')),
      /office\.vhdx on nas is another file than when it/,
    );
  });

  test('what a path leads to is told; why it cannot be seen, in the words of the host', async () => {
    const kinds = await Promise.all(
      [at('image'), at('image/noise'), at('image/pipe'), at('nothing'), at('image/noise/x')].map((one) =>
        place.look(one),
      ),
    );
    assert.deepEqual(kinds, ['directory', 'file', 'other', 'nothing', 'nothing']);
    await assert.rejects(place.openFolder(at('nothing')), /nothing on nas could not be read: .*cd/);
    await assert.rejects(openImageFiles(place, at('nothing')), /nothing is not there/);
  });

  test('is read at any place; in order, by one program', async () => {
    const file = await place.openFile(at('image/noise'));
    assert.equal(file.sizeBytes, noise.length);
    const same = async (offset: number, length: number): Promise<void> =>
      assert.ok(
        Buffer.from(await file.read(offset, length)).equals(noise.subarray(offset, offset + length)),
        `${length} bytes from ${offset}`,
      );
    for (const [offset, length] of [
      [noise.length - 512, 512],
      [0, 512],
      [100, 512],
      [1_000_001, 300_000],
      [5, 0],
      [noise.length - 10, 100],
    ] as const)
      await same(offset, length);
    assert.equal((await file.read(noise.length + 5, 10)).length, 0);
    programs = 0;
    for (let offset = 0; offset < noise.length; offset += 50_000) await same(offset, 50_000);
    assert.equal(programs, 2, 'a first piece, and the rest');
    await file.close();
    assert.ok((await all(file.stream(777, 2_000_000))).equals(noise.subarray(777, 2_000_777)));
  });

  test('a tar of an image is read where it is', async () => {
    execFileSync('tar', ['-C', folder, '-cf', at('image.tar'), 'image/noise', "image/it's"], {
      stdio: 'pipe',
    });
    writeFileSync(at('clonezilla-img'), 'saved');
    execFileSync('tar', [
      '-C',
      folder,
      '-rf',
      at('image.tar'),
      '--transform',
      's,^,image/,',
      'clonezilla-img',
    ]);
    const files = await openImageFiles(place, at('image.tar'));
    assert.deepEqual([...files.sizes.keys()].toSorted(), ['clonezilla-img', "it's", 'noise']);
    assert.ok((await all(files.stream('noise'))).equals(noise));
  });
});
