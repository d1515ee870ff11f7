import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readGiven, readKeys } from '../../../main/cli/commands/create-unattended.ts';

test('a file that cannot be read is told with the option that names it', async () => {
  await assert.rejects(
    readKeys(['/nowhere/key.pub']),
    /^CliError: --ssh-key: \/nowhere\/key\.pub is not there\.$/,
  );
  await assert.rejects(
    readGiven('--password-file', import.meta.dirname),
    /--password-file: .* is a directory\./,
  );
});
