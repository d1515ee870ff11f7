import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packagesOf } from '../../../main/cli/commands/create-unattended.ts';

test('packages: one each, or several with commas or spaces; other signs are left for the core to refuse', () => {
  assert.deepEqual(packagesOf(['curl, git', 'vim']), ['curl', 'git', 'vim']);
  assert.deepEqual(packagesOf(['curl; rm']), ['curl;', 'rm']);
});
