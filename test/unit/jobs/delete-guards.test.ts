import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeletionPlan } from '../../../main/contract/domain.ts';
import { keepForTwins, unshownLosses } from '../../../main/jobs/delete/guards.ts';

const PLAN: DeletionPlan = {
  volumes: [
    {
      key: '/a.qcow2',
      path: '/a.qcow2',
      target: 'vda',
      pool: 'default',
      capacityBytes: 1,
      allocationBytes: 1,
      keep: null,
      usedBy: [],
    },
  ],
  unseen: [],
  running: false,
  managedSave: false,
  snapshots: 1,
  checkpoints: 0,
  nvram: null,
  tpm: false,
};
const SHOWN = { managedSave: false, snapshots: 1, checkpoints: 0, nvram: false, tpm: false };

test('as much as was shown, or less, is lost: nothing stands against it', () => {
  assert.deepEqual(unshownLosses(PLAN, SHOWN, ['/a.qcow2']), []);
  assert.deepEqual(
    unshownLosses({ ...PLAN, snapshots: 0 }, { ...SHOWN, managedSave: true, nvram: true }, []),
    [],
  );
});

test('everything that came since is named', () => {
  const now = { ...PLAN, managedSave: true, snapshots: 3, checkpoints: 1, nvram: '/x.fd', tpm: true };
  assert.deepEqual(unshownLosses(now, SHOWN, []), [
    'a saved state',
    '2 snapshots',
    '1 checkpoint',
    'firmware settings (NVRAM)',
    'what its TPM holds',
  ]);
});

test('the files of a machine that another host has too stay, with its name', () => {
  const [volume] = keepForTwins(PLAN, ['web on kvm-b']).volumes;
  assert.equal(volume?.keep, 'usedByOther');
  assert.deepEqual(volume.usedBy, ['web on kvm-b']);
  assert.equal(keepForTwins(PLAN, []), PLAN);
});

test('a file goes only with what cannot be seen now having been told; without files nothing stands against it', () => {
  const unseen = ['These pools are stopped, and what their volumes lie on cannot be seen: nfs.'];
  const now = { ...PLAN, unseen };
  const words = ['files of which it cannot be seen whether something else needs them'];
  assert.deepEqual(unshownLosses(now, SHOWN, ['/a.qcow2']), words);
  assert.deepEqual(unshownLosses(now, { ...SHOWN, unseen: ['another'] }, ['/a.qcow2']), words);
  assert.deepEqual(unshownLosses(now, { ...SHOWN, unseen }, ['/a.qcow2']), []);
  assert.deepEqual(unshownLosses(now, SHOWN, []), []);
});
