import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Homes } from '../../../main/settings/homes.ts';

test('a machine keeps the home that it had first, in every program that shares the folder, until it is forgotten', async (context) => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-homes-'));
  context.after(() => rm(dataDir, { recursive: true }));
  const open = (transient = false): Homes => new Homes({ dataDir, transient, onBroken: () => assert.fail() });
  const [one, other] = [open(), open()];
  assert.deepEqual(await one.of('kvm-a'), []);
  await one.leave('web', 'kvm-a');
  await other.leave('db', 'kvm-a');
  await other.leave('web', 'kvm-b');
  assert.deepEqual([await one.of('kvm-a'), await one.of('kvm-b')], [['web', 'db'], []]);
  await one.forget(new Set(['web']));
  assert.deepEqual(await other.of('kvm-a'), ['db']);
  const none = open(true);
  await none.leave('mail', 'kvm-a');
  // It is known there alone.
  assert.deepEqual([await none.of('kvm-a'), await one.of('kvm-a')], [['mail'], ['db']]);
});
