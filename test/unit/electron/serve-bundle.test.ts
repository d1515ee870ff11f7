import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { respond } from '../../../electron/app/serve-bundle.ts';

describe('the bundle under virtlane://app', () => {
  let dir = '';
  before(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-bundle-'));
    await mkdir(path.join(dir, 'bundle'));
    await writeFile(path.join(dir, 'bundle', 'index.html'), '<!doctype html>');
    await writeFile(path.join(dir, 'secret.html'), 'secret');
  });
  after(() => rm(dir, { recursive: true }));
  const get = (url: string): Promise<Response> => respond(path.join(dir, 'bundle'), url);

  it('serves the page with a policy that allows scripts of its own only', async () => {
    const response = await get('virtlane://app/');
    assert.equal(await response.text(), '<!doctype html>');
    assert.match(
      response.headers.get('content-security-policy') ?? '',
      /default-src 'none'; script-src 'self'/,
    );
  });

  for (const url of [
    'virtlane://app/../secret.html',
    'virtlane://app/%2e%2e/secret.html',
    'virtlane://app/..%2fsecret.html',
    'virtlane://app/%00',
    'virtlane://other/index.html',
    'virtlane://app/%E0%A4%A',
    'virtlane://app/none.html',
  ])
    it(`answers 404 for ${url}`, async () => {
      assert.equal((await get(url)).status, 404);
    });
});
