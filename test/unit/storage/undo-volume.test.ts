import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StorageHost, uuidOf } from '../../support/storage-host.ts';

/** A disk that moves: it was copied, then the job was to be taken back. */
const copy = {
  host: 'h',
  pool: uuidOf(1),
  poolName: 'images',
  name: 'new',
  capacityBytes: 1,
  format: 'qcow2',
  preallocation: 'none',
  backing: null,
  secretUuid: null,
  machine: uuidOf(1),
};

test('the copy of a machine that went off while it went over stays: its last writes may be there', async () => {
  const host = (running: boolean) =>
    new StorageHost({
      pools: { images: { active: true, volumes: { new: {}, old: {} } } },
      machines: { web: { running, disks: ['/images/old'] } },
    });
  const off = host(false);
  const undo = off.step('volume.create', { mirror: null }).undo(copy, { key: '/images/new' });
  await assert.rejects(undo, /last writes may be there/);
  assert.deepEqual(off.calls, []);
});

test('a file of its name that its pool does not know yet is in the way', async () => {
  const images = { active: true, volumes: {}, unseen: { new: {} } };
  const create = new StorageHost({ pools: { images } }).step('volume.create');
  await assert.rejects(create.check(copy), /has a volume new already/);
});

test('who needs them is asked once for all volumes of a step: each pool is listed once, and each machine read once', async () => {
  const volumes = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, {}]));
  const host = new StorageHost({
    pools: { images: { active: true, volumes }, other: { active: true, volumes: { x: {} } } },
    machines: { web: { running: false, disks: ['/other/x'] }, db: { running: false, disks: [] } },
  });
  const pool = { host: 'h', uuid: uuidOf(1), name: 'images', type: 'dir' };
  await host.step('pool.empty').check({ ...pool, volumes: Object.keys(volumes), accepted: [] });
  // Of the pool itself once more: what is in it.
  assert.equal(host.counts.get('storagePoolListAllVolumes'), 2 + 1);
  assert.equal(host.counts.get('storagePoolRefresh'), 2);
  assert.equal(host.counts.get('connectListAllDomains'), 1);
});
