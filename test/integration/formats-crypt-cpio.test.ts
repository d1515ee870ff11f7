import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { writeCpio, initrdSupplement } from '../../drivers/formats/cpio.ts';
import { sha512Crypt } from '../../drivers/formats/crypt.ts';
import { missing } from '../support/commands.ts';

test(
  'passwords are hashed as openssl does it, of every length up to two blocks',
  { skip: missing('openssl') },
  () => {
    for (let length = 1; length <= 140; length += 7) {
      const password = 'pä'.repeat(length).slice(0, length);
      const salt = `salt${length}`;
      const theirs = execFileSync('openssl', ['passwd', '-6', '-salt', salt, '-stdin'], {
        input: `${password}\n`,
        encoding: 'utf8',
      });
      assert.equal(sha512Crypt(password, { salt }), theirs.trim(), `${length} characters`);
    }
  },
);

test(
  'an archive is unpacked by cpio, with its folders and permissions',
  { skip: missing('cpio') },
  async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-cpio-'));
    try {
      const archive = writeCpio([
        { path: 'preseed.cfg', content: Buffer.from('d-i\n') },
        { path: 'usr/lib/é run', content: Buffer.from('#!/bin/sh\n'), mode: 0o755 },
        { path: 'usr/empty', content: Buffer.alloc(0) },
      ]);
      const listed = execFileSync('cpio', ['-t', '--quiet'], { input: archive, encoding: 'utf8' });
      assert.equal(listed.split('\n')[0], 'preseed.cfg');
      const run = execFileSync('cpio', ['-i', '--quiet', '-H', 'newc'], { input: archive, cwd: folder });
      assert.equal(run.length, 0);
      assert.equal(await readFile(path.join(folder, 'usr/lib/é run'), 'utf8'), '#!/bin/sh\n');
      assert.equal((await stat(path.join(folder, 'usr/lib/é run'))).mode & 0o777, 0o755);
      assert.equal((await stat(path.join(folder, 'usr/empty'))).size, 0);
      assert.equal((await stat(path.join(folder, 'preseed.cfg'))).mode & 0o777, 0o644);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

// The kernel unpacks one archive after the other; busybox and cpio stop at the first one's end, so each is given by itself.
test(
  'what is appended to an initrd of cpio leaves the first archive whole and is one of its own',
  { skip: missing('cpio') },
  () => {
    const initrd = execFileSync('cpio', ['-o', '--quiet', '-H', 'newc'], {
      input: 'etc/hostname\n',
      cwd: '/',
    });
    const added = initrdSupplement(initrd.length, [{ path: 'ks.cfg', content: Buffer.from('text\n') }]);
    const whole = Buffer.concat([initrd, added]);
    const list = (archive: Buffer): string =>
      execFileSync('cpio', ['-t', '--quiet'], { input: archive, encoding: 'utf8' });
    assert.equal(list(whole), 'etc/hostname\n');
    assert.equal(
      list(gunzipSync(whole.subarray(whole.indexOf(Buffer.from([0x1f, 0x8b, 8]), initrd.length)))),
      'ks.cfg\n',
    );
  },
);
