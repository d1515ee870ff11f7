import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Json } from '../../../main/jobs/engine/step.ts';
import { NothingDone } from '../../../main/jobs/engine/step.ts';
import { StorageHost, uuidOf, type MadeHost } from '../../support/storage-host.ts';

const of = (type: string, more: Partial<MadeHost> = {}): StorageHost =>
  new StorageHost({ pools: { new: { active: false, type, volumes: {} } }, ...more });
const ref = { host: 'h', uuid: uuidOf(1), name: 'new' };
const built = (type: string, formats: string | null = null) => ({ ...ref, type, probe: 'probe', formats });
const build = (host: StorageHost, probe: Json) => host.step('pool.build', { probe });
const NEW = { there: false, folder: false };
const OLD_FOLDER = { there: false, folder: true };

suite('what is there before a pool is built', () => {
  const probe = (host: StorageHost, type: string) =>
    host.step('pool.probe').run({ ...ref, type, looking: uuidOf(9) });

  test('a folder that is there, and is no mount point yet', async () => {
    assert.deepEqual(await probe(of('fs', { folders: ['/new'] }), 'fs'), OLD_FOLDER);
    assert.deepEqual(await probe(of('fs'), 'fs'), NEW);
    assert.deepEqual(await probe(of('dir'), 'dir'), NEW);
  });
});

suite('a build is taken back as far as it was made', () => {
  test('nothing was built: nothing goes', async () => {
    const host = of('logical');
    const step = build(host, { there: true, folder: true });
    assert.deepEqual(await step.run(built('logical')), { built: false });
    await step.undo(built('logical'), { built: false });
    await step.undo(built('logical'), null).catch(() => undefined);
    assert.deepEqual(host.calls, []);
  });

  test('a volume group: one that was built goes, one whose making nobody saw stays', async () => {
    const host = of('logical');
    const step = build(host, OLD_FOLDER);
    await assert.rejects(step.undo(built('logical'), null), /may stay: nobody saw/);
    assert.deepEqual(host.calls, []);
    await step.undo(built('logical'), { built: true });
    assert.deepEqual(host.calls, ['delete pool new']);
  });

  test('what libvirt refuses to build was there before', async () => {
    const host = of('logical', { refuses: ['storagePoolBuild'] });
    await assert.rejects(build(host, OLD_FOLDER).run(built('logical')), NothingDone);
    assert.deepEqual(host.calls, ['storagePoolBuild']);
  });

  test('a volume group that is there is not built over', async () => {
    const host = of('logical', { groups: ['new'] });
    await assert.rejects(
      build(host, OLD_FOLDER).check(built('logical')),
      /volume group new is there already/,
    );
    await build(host, { there: true, folder: true }).check(built('logical'));
    await build(of('logical', { groups: ['other'] }), OLD_FOLDER).check(built('logical'));
  });

  test('a folder that was there stays; one that was made goes', async () => {
    const old = of('netfs');
    await build(old, OLD_FOLDER).undo(built('netfs'), { built: true });
    assert.deepEqual(old.calls, []);
    const fresh = of('netfs');
    await build(fresh, NEW).undo(built('netfs'), { built: true });
    assert.deepEqual(fresh.calls, ['delete pool new']);
  });

  test('a file system that cannot be made: its new folder goes at once', async () => {
    const params = built('fs', '/dev/sdb1');
    const fresh = of('fs', { refuses: ['storagePoolBuild'] });
    await assert.rejects(build(fresh, NEW).run(params), NothingDone);
    assert.deepEqual(fresh.calls, ['storagePoolBuild', 'delete pool new']);
    const old = of('fs', { refuses: ['storagePoolBuild'] });
    await assert.rejects(build(old, OLD_FOLDER).run(params), NothingDone);
    assert.deepEqual(old.calls, ['storagePoolBuild']);
  });

  test('a device stays formatted, and that is said', async () => {
    await assert.rejects(
      build(of('disk'), OLD_FOLDER).undo(built('disk', '/dev/sdb'), { built: true }),
      /new format of \/dev\/sdb stays\./,
    );
  });
});
