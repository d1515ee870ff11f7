import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poolFor } from '../../../main/cli/commands/create.ts';
import { CliError } from '../../../main/cli/errors.ts';

test('a pool that is named and not there is wrong use, and the host is named; that none is started is not', () => {
  const refused = (named: string | undefined, host?: string): unknown[] => {
    try {
      return [poolFor([], named, host)];
    } catch (error) {
      return error instanceof CliError ? [error.exitCode, error.message] : [error];
    }
  };
  assert.deepEqual(refused('nopool', 'kvm-b'), [2, 'kvm-b has no pool nopool. It has none.']);
  assert.deepEqual(refused('nopool'), [2, 'The host has no pool nopool. It has none.']);
  assert.deepEqual(refused(undefined), [1, 'The host has no pool that is started.']);
});
