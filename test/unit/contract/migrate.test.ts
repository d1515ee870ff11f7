import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrateInput, usualMigration } from '../../../main/contract/migrate.ts';

test('a caller that knows of no other CPU leaves it as it is', () => {
  const { cpu: _, ...before } = usualMigration({ host: 'a', uuid: 'u', to: 'b' });
  assert.equal(migrateInput.parse(before).cpu, null);
});
