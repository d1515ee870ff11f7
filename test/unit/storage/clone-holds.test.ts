import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planClone } from '../../../main/storage/volume-plans.ts';

const at = { id: 'h', name: 'kvm-a', uri: 'qemu+ssh://kvm-a/system' };
const pool = { uuid: 'p', name: 'default', type: 'dir', path: '/images' } as const;

test('machines that write to a volume are held while it is copied, each once, and only read', () => {
  const from = { at, pool, name: 'shared.img', capacityBytes: 1 << 20, format: 'raw' };
  // Two of its drives have it.
  const writers = [
    { uuid: 'a', name: 'db' },
    { uuid: 'b', name: 'mail' },
    { uuid: 'a', name: 'db' },
  ];
  const { holds, steps } = planClone({ ...from, writers }, { at, pool, name: 'copy.img', format: undefined });
  assert.deepEqual(holds, [
    { host: 'h', uuid: 'a', name: 'db', until: steps[0]?.id, reads: true },
    { host: 'h', uuid: 'b', name: 'mail', until: steps[0]?.id, reads: true },
  ]);
});
