import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { localPlace } from '../../../main/jobs/p2v/local-place.ts';

suite('files of this computer', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-local-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('links within a directory are no files of an image', async () => {
    await writeFile(path.join(folder, 'parts'), 'sda1');
    await symlink('/etc/passwd', path.join(folder, 'disk-link'));
    const files = await localPlace.openFolder(folder);
    assert.equal(files.sizes.get('parts'), 4);
    assert.equal(files.sizes.has('disk-link'), false);
    assert.deepEqual(files.skipped, ['disk-link']);
  });
});
