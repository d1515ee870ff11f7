import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { bytesOf } from '../../../main/storage/zero-bytes.ts';
import { TestCore } from '../../support/core.ts';
import { isFailed } from '../../support/failed.ts';
import { offer, partsOf, sha256Of, StorageWatch } from '../../support/storage.ts';
import { until } from '../../support/wait.ts';
import { jobOver } from '../../support/job-watch.ts';

const MIB = 1 << 20;

suite('storage of the demo, through the contract', { timeout: 120_000 }, () => {
  let core: TestCore;
  let host: string;
  let watch: StorageWatch;

  before(async () => {
    core = await TestCore.open();
    const [first = ''] = await core.client.host.openDemo();
    host = first;
    await core.inState(host, 'connected');
    watch = await StorageWatch.open(core, host);
  });
  after(async () => {
    await watch.close();
    await core.close();
  });

  test('pools with their sizes; volumes with the machines that use them', async () => {
    const pool = await watch.pool('default');
    assert.equal(pool.state, 'running');
    assert.ok((pool.capacityBytes ?? 0) > 0);
    const archive = await watch.pool('archive');
    assert.deepEqual([archive.state, archive.capacityBytes], ['inactive', null]);
    const used = await until(
      () => watch.volumes.get(pool.uuid)?.find(({ usedBy }) => usedBy.some(({ running }) => running)),
      'a volume of a machine that runs',
    );
    const { name, uuid } = { name: used.name, uuid: pool.uuid };
    const refused = await isFailed(core.client.volume.delete({ host, uuid, name }));
    assert.equal(refused.code, 'CONFLICT');
    assert.equal((await isFailed(core.client.volume.download({ host, uuid, name }))).code, 'CONFLICT');
    const over = { host, uuid, name: 'over', format: 'qcow2' as const, capacityBytes: used.capacityBytes };
    const onDisk = await isFailed(core.client.volume.create({ ...over, backing: used.path }));
    assert.match(onDisk.message, /is a disk of/);
  });

  test('a new pool: filled, looked at, emptied and given back', async () => {
    const { job } = await core.client.pool.create({ host, name: 'new', type: 'dir', build: true });
    await core.jobDone(job);
    const { uuid } = await watch.pool('new');
    const size = 40 * MIB + 5;
    const file = await offer(core, 'disk.raw', size);
    await core.jobDone((await core.client.volume.upload({ host, uuid, name: 'a.raw', file: file.file })).job);
    await core.jobDone(
      (await core.client.volume.clone({ host, uuid, name: 'a.raw', to: uuid, newName: 'b.raw' })).job,
    );
    await watch.volume(uuid, 'b.raw', ({ capacityBytes }) => capacityBytes === size);
    const down = await core.client.volume.download({ host, uuid, name: 'b.raw' });
    const { stream } = await core.connection.openPipe(down.token);
    const hash = createHash('sha256');
    for await (const bytes of bytesOf(partsOf(stream))) hash.update(bytes);
    assert.equal(hash.digest('hex'), await sha256Of(size));
    await core.client.volume.resize({ host, uuid, name: 'b.raw', capacityBytes: 2 * size });
    await watch.volume(uuid, 'b.raw', ({ capacityBytes }) => capacityBytes === 2 * size);
    const over = { host, uuid, name: 'over.qcow2', format: 'qcow2' as const, capacityBytes: size };
    await core.jobDone(
      (await core.client.volume.create({ ...over, backing: '/var/lib/libvirt/new/a.raw' })).job,
    );
    const base = { host, uuid, name: 'a.raw' };
    assert.deepEqual((await core.client.volume.loss(base)).breaks, ['/var/lib/libvirt/new/over.qcow2']);
    assert.match((await isFailed(core.client.volume.wipe(base))).message, /over\.qcow2/);
    const grown = { ...base, capacityBytes: 2 * size };
    assert.match((await isFailed(core.client.volume.resize(grown))).message, /its size must stay/);
    // The demo's host has a pool that is stopped.
    const { unseen } = await core.client.pool.loss({ host, uuid });
    assert.match(unseen.join(), /stopped.*archive/);
    const all = { host, uuid, volumes: true };
    assert.match((await isFailed(core.client.pool.delete(all))).message, /cannot be known.*archive/);
    await core.jobDone((await core.client.pool.delete({ ...all, accepted: unseen })).job);
    await until(() => !watch.pools.has(uuid), 'it is gone');
    await file.close();
  });

  test('what the demo cannot make is refused in libvirt’s words, and nothing is left', async () => {
    const { job } = await core.client.pool.create({
      host,
      name: 'nfs',
      type: 'netfs',
      hosts: [{ name: 'nas' }],
      dir: '/export',
    });
    const over = await jobOver(core, job);
    assert.match(over.failure?.libvirt?.message ?? '', /missing backend/);
    assert.deepEqual(over.mayBeLeft, []);
    assert.equal((await isFailed(core.client.volume.xml({ host, uuid: 'x', name: 'y' }))).code, 'BAD_INPUT');
  });

  test('a pipe that is closed cancels the download', async () => {
    const { uuid } = await watch.pool('iso');
    const full = await offer(core, 'full.raw', 4 * MIB, async function* (_offset, length) {
      yield Buffer.alloc(length, 7);
      await Promise.resolve();
    });
    await core.jobDone(
      (await core.client.volume.upload({ host, uuid, name: 'full.raw', file: full.file })).job,
    );
    await full.close();
    const down = await core.client.volume.download({ host, uuid, name: 'full.raw' });
    const { stream } = await core.connection.openPipe(down.token);
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      assert.ok(bytes.length > 0);
      break;
    }
    stream.destroy();
    assert.equal((await jobOver(core, down.job)).state, 'cancelled');
  });
});
