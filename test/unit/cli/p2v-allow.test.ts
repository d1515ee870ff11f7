import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowed } from '../../../main/cli/commands/p2v-import-live.ts';

const changes = [
  { id: 'snapshot:cellar/root', kind: 'snapshot' as const },
  { id: 'service:mysql', kind: 'service' as const },
  { id: 'service:nginx', kind: 'service' as const },
].map((change) => ({ ...change, text: '', why: '', lines: [] }));

test('what may be done is said by kind, by service or by id; what is none of these names those that are', () => {
  assert.deepEqual(allowed(['snapshot, services:nginx'], { changes }), [
    'snapshot:cellar/root',
    'service:nginx',
  ]);
  assert.deepEqual(allowed(['services'], { changes }), ['service:mysql', 'service:nginx']);
  assert.deepEqual(allowed(['services', 'service:nginx'], { changes }), ['service:mysql', 'service:nginx']);
  assert.throws(
    () => allowed(['snapshots'], { changes }),
    /--allow snapshots: nothing of that name .* It takes snapshot, services, first-boot, snapshot:cellar\/root, service:mysql, service:nginx\./,
  );
});
