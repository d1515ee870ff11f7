import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { initrdSupplement, writeCpio } from '../../../drivers/formats/cpio.ts';

const FILE = { path: 'etc/preseed.cfg', content: Buffer.from('d-i\n') };

test('an archive is a multiple of four bytes, and the same for the same files', () => {
  const archive = writeCpio([FILE]);
  assert.equal(archive.length % 4, 0);
  assert.equal(archive.toString('latin1', 0, 6), '070701');
  assert.ok(archive.equals(writeCpio([FILE])));
});

test('what is appended begins at a multiple of four, wherever the initrd ends', () => {
  for (const length of [0, 1, 2, 3, 4, 1001]) {
    const added = initrdSupplement(length, [FILE]);
    const start = added.indexOf(0x1f);
    assert.equal((length + start) % 4, 0);
    assert.ok(gunzipSync(added.subarray(start)).equals(writeCpio([FILE])));
  }
});

test('a path out of the root, the name that ends an archive, and one given twice are refused', () => {
  for (const path of ['', '/etc/shadow', '../x', 'a/../b', 'a//b', 'a\0b', 'TRAILER!!!', 'x'.repeat(4001)])
    assert.throws(() => writeCpio([{ path, content: Buffer.alloc(0) }]), { code: 'BAD_VALUE' }, path);
  assert.throws(() => writeCpio([FILE, FILE]), { code: 'BAD_VALUE' });
});
