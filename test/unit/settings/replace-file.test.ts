import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { replaceFile } from '../../../main/settings/replace-file.ts';

/** A rename that fails so often with this code before it works; answers with the number of attempts. */
async function attempts(code: string, failures: number, platform: NodeJS.Platform): Promise<number> {
  let tried = 0;
  await replaceFile('new', 'old', platform, () => {
    tried += 1;
    return tried > failures ? Promise.resolve() : Promise.reject(Object.assign(new Error(code), { code }));
  });
  return tried;
}

describe('putting a file in the place of another', () => {
  it('waits on Windows while somebody has the old one open', async () => {
    assert.equal(await attempts('EPERM', 2, 'win32'), 3);
    assert.equal(await attempts('EBUSY', 1, 'win32'), 2);
  });

  it('gives up in the end, and at once where waiting does not help', async () => {
    await assert.rejects(attempts('EACCES', 100, 'win32'), /EACCES/);
    await assert.rejects(attempts('ENOSPC', 1, 'win32'), /ENOSPC/);
    await assert.rejects(attempts('EACCES', 1, 'linux'), /EACCES/);
  });
});
