import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { LeftCopies } from '../../../main/settings/left-copies.ts';

const URI = 'qemu+ssh://root@kvm-a/system';
const AWAY = 'qemu+ssh://root@kvm-b/system';
const copy = (change: object) => ({
  uuid: 'u',
  uri: URI,
  disk: 'vda',
  pool: 'p',
  name: 'web.qcow2',
  changed: '1 1',
  to: AWAY,
  went: '/images/web.qcow2',
  ...change,
});
const never = (): never => assert.fail('it is not broken');

test('of each disk that a machine left on a host the last copy counts, for every program that shares the folder', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-left-'));
  try {
    const [one, other] = [1, 2].map(() => new LeftCopies({ dataDir, transient: false, onBroken: never }));
    await one?.keep([copy({}), copy({ disk: 'sda', name: 'web-seed.iso' })]);
    await other?.keep([copy({ changed: '2 2' }), copy({ uuid: 'v' })]);
    const found = await one?.of({ uuid: 'u', uri: URI, to: AWAY });
    assert.deepEqual(found, [copy({ disk: 'sda', name: 'web-seed.iso' }), copy({ changed: '2 2' })]);
    assert.deepEqual(await one?.of({ uuid: 'u', uri: AWAY, to: AWAY }), []);
    // It came from elsewhere: what it is by now nobody has seen.
    assert.deepEqual(await one?.of({ uuid: 'u', uri: URI, to: 'qemu+ssh://root@kvm-c/system' }), []);
    assert.deepEqual(
      (await one?.elsewhere({ uuid: 'u', uri: AWAY }))?.map(({ name }) => name),
      ['web-seed.iso', 'web.qcow2'],
    );
    assert.deepEqual(await one?.elsewhere({ uuid: 'u', uri: URI }), []);
    await Promise.all([one?.close(), other?.close()]);
    const transient = new LeftCopies({ dataDir, transient: true, onBroken: never });
    await transient.keep([copy({ name: 'mine.qcow2' })]);
    assert.deepEqual(await transient.of({ uuid: 'u', uri: URI, to: AWAY }), [copy({ name: 'mine.qcow2' })]);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('what a machine left is followed from host to host, by where its disks lie', async () => {
  const C = 'qemu+ssh://root@kvm-c/system';
  const left = new LeftCopies({ dataDir: os.tmpdir(), transient: true, onBroken: never });
  await left.keep([copy({}), copy({ disk: 'vdb', went: '/images/other.qcow2' }), copy({ uuid: 'v' })]);
  const from = { uuid: 'u', from: AWAY, to: C };
  await left.follow(from, new Map([['/images/web.qcow2', '/far/web-2.qcow2']]));
  // It left nothing where it was for a while; it comes home from where it is now.
  assert.deepEqual(await left.of({ uuid: 'u', uri: URI, to: C }), [
    copy({ to: C, went: '/far/web-2.qcow2' }),
  ]);
  assert.deepEqual(await left.of({ uuid: 'u', uri: URI, to: AWAY }), [
    copy({ disk: 'vdb', went: '/images/other.qcow2' }),
  ]);
  assert.deepEqual(await left.of({ uuid: 'v', uri: URI, to: AWAY }), [copy({ uuid: 'v' })]);
});
