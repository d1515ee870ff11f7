import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataDir } from '../../../main/settings/data-dir.ts';

test('the variable wins on every system', () => {
  const env = { VIRTLANE_DATA_DIR: '/srv/virtlane' };
  assert.equal(dataDir({ env, platform: 'linux', home: '/home/a' }), '/srv/virtlane');
  assert.equal(dataDir({ env, platform: 'darwin', home: '/home/a' }), '/srv/virtlane');
});

test('on Linux the XDG folder counts, when it is absolute', () => {
  const at = (config: string | undefined): string =>
    dataDir({ env: { XDG_CONFIG_HOME: config }, platform: 'linux', home: '/home/a' });
  assert.equal(at('/cfg'), '/cfg/virtlane');
  assert.equal(at('relative'), '/home/a/.config/virtlane');
  assert.equal(at(undefined), '/home/a/.config/virtlane');
});

test('macOS and Windows have their own places', () => {
  assert.equal(
    dataDir({ env: {}, platform: 'darwin', home: '/Users/a' }),
    '/Users/a/Library/Application Support/Virtlane',
  );
  assert.equal(
    dataDir({ env: { APPDATA: 'C:\\Users\\a\\AppData\\Roaming' }, platform: 'win32', home: 'C:\\Users\\a' }),
    'C:\\Users\\a\\AppData\\Roaming\\Virtlane',
  );
});
