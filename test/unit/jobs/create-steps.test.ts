import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import {
  virDomainShutoffReason as OFF,
  virDomainState as STATE,
} from '../../../drivers/libvirt/constants/index.ts';
import { execLocal } from '../../../drivers/transport/exec-local.ts';
import { bootFileStep } from '../../../main/jobs/create/steps/boot-file.ts';
import { installerStep } from '../../../main/jobs/create/steps/installer.ts';
import { unpackStep } from '../../../main/jobs/create/steps/unpack.ts';
import type { Json, StepContext } from '../../../main/jobs/engine/step.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

function contextOf(change: Partial<Record<keyof StepContext, unknown>> = {}): StepContext {
  const nothing = (): undefined => undefined;
  const context = { signal: new AbortController().signal, log: nothing, progress: nothing, noted: nothing };
  return { ...context, ...change } as unknown as StepContext;
}

suite('the start of an installer whose end nobody saw', () => {
  const xml = `<domain><devices><disk device='disk'><target dev='vda'/></disk></devices></domain>`;
  const settled = (
    note: Json | undefined,
    { reason, allocation }: { reason: number; allocation: number },
  ) => {
    const remote = {
      domainLookupByUuid: () => Promise.resolve({ dom: { name: 'web', id: -1 } }),
      domainGetState: () => Promise.resolve({ state: STATE.VIR_DOMAIN_SHUTOFF, reason }),
      domainGetXmlDesc: () => Promise.resolve({ xml }),
      domainGetBlockInfo: () => Promise.resolve({ allocation, capacity: 2 ** 30, physical: allocation }),
    };
    const params = { host: 'h', uuid: 'c7a5fdbd-cdaf-9455-926a-d65c16db1809', name: 'web' };
    return installerStep.settle(params, contextOf({ noted: () => note, client: () => ({ remote }) }));
  };
  const unknown = OFF.VIR_DOMAIN_SHUTOFF_UNKNOWN;

  test('one that libvirt said runs is done, also when each machine is off for no reason since', async () => {
    const { done } = await settled({ id: 6 }, { reason: unknown, allocation: 0 });
    assert.equal(done, true);
  });
  test('one that has written to a disk is not started again', async () => {
    const { done } = await settled({ id: null }, { reason: unknown, allocation: 2 ** 28 });
    assert.equal(done, true);
  });
  test('one that has written nothing is', async () => {
    const { done } = await settled({ id: null }, { reason: unknown, allocation: 200_000 });
    assert.equal(done, false);
  });
  test('libvirt was not asked: it was not done', async () => {
    const { done } = await settled(undefined, { reason: OFF.VIR_DOMAIN_SHUTOFF_SHUTDOWN, allocation: 0 });
    assert.equal(done, false);
  });
});

test('a web server that does not answer is no lost link of the host: it is told at once', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const step = bootFileStep({
    clock: new FakeClock(),
  });
  const from = { kind: 'url', url: `http://127.0.0.1:${port}/linux`, checksum: null };
  const place = { host: 'h', pool: 'p', poolName: 'default', name: 'linux', from, secret: null };
  const session = { link: {} };
  const context = contextOf({ session: () => session });
  await assert.rejects(step.run(place, context), /linux cannot be reached/);
});

test('a folder that has the container’s name and another’s files is not removed, and what was half unpacked is', async () => {
  const pool = await mkdtemp(path.join(tmpdir(), 'virtlane-unpack-'));
  try {
    await mkdir(path.join(pool, 'web'));
    await writeFile(path.join(pool, 'web/data'), 'mine');
    await mkdir(path.join(pool, '.web.token-1/rootfs'), { recursive: true });
    await mkdir(path.join(pool, '.web.token-2'));
    const session = { name: 'kvm-a', link: { commands: { exec: execLocal } } };
    const archive = { pool: 'p', name: 'root.tar' };
    const own = { host: 'h', pool: 'p', path: path.join(pool, 'web'), token: 'token-1' };
    const params = { ...own, archive, init: '/init', ids: null };
    await unpackStep.undo(params, null, contextOf({ session: () => session }));
    assert.deepEqual((await readdir(pool)).toSorted(), ['.web.token-2', 'web']);
    assert.equal(await readFile(path.join(pool, 'web/data'), 'utf8'), 'mine');
  } finally {
    await rm(pool, { recursive: true });
  }
});
