import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import type { DeletableVolume, DeletionPlan } from '../../../main/contract/domain.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { runDeletion, type DeletionRequest } from '../../../main/jobs/delete/run.ts';
import type { JobContext } from '../../../main/jobs/registry.ts';

const volume = (path: string, keep: DeletableVolume['keep'] = null): DeletableVolume => ({
  key: path,
  path,
  target: 'vda',
  pool: 'default',
  capacityBytes: 1,
  allocationBytes: 1,
  keep,
  usedBy: keep === 'usedByOther' ? ['db-01'] : [],
});

const plan = (change: Partial<DeletionPlan> = {}): DeletionPlan => ({
  volumes: [volume('/p/a'), volume('/p/b'), volume('/p/base', 'backing'), volume('/p/other', 'usedByOther')],
  unseen: [],
  running: false,
  managedSave: false,
  snapshots: 0,
  checkpoints: 0,
  nvram: null,
  tpm: false,
  ...change,
});

async function run(
  change: Partial<DeletionRequest>,
  refuse: (call: string) => void = () => undefined,
  active: boolean[] = [],
) {
  const calls: string[] = [];
  const answer = (call: string, value: unknown) => {
    calls.push(call);
    refuse(call);
    return Promise.resolve(value);
  };
  const remote = {
    domainIsActive: () => Promise.resolve({ active: active.shift() === true ? 1 : 0 }),
    domainDestroy: () => answer('destroy', undefined),
    domainUndefine: () => answer('undefine', undefined),
    domainUndefineFlags: ({ flags }: { flags: number }) => answer(`undefine ${flags}`, undefined),
    storageVolLookupByPath: ({ path }: { path: string }) =>
      Promise.resolve({ vol: { pool: 'p', name: path, key: path } }),
    storagePoolLookupByVolume: () => Promise.resolve({ pool: { name: 'p', uuid: new Uint8Array(16) } }),
    storagePoolRefresh: () => answer('refresh', undefined),
    storageVolDelete: ({ vol }: { vol: { key: string } }) => answer(`delete ${vol.key}`, undefined),
  };
  const job: JobContext = {
    release: () => undefined,
    signal: new AbortController().signal,
    log: () => undefined,
    progress: () => undefined,
    show: () => undefined,
  };
  const request: DeletionRequest = {
    client: { remote } as unknown as LibvirtClient,
    dom: { name: 'web-01', uuid: new Uint8Array(16), id: -1 },
    host: { id: 'h', name: 'kvm-a' },
    plan: plan(),
    volumes: [],
    force: false,
    removeFolder: async (path) => {
      await answer(`remove ${path}`, undefined);
    },
    ...change,
  };
  const error = await runDeletion(request, job).then(
    () => null,
    (reason: unknown) => reason,
  );
  return { calls, error };
}

test('the definition goes first, then the chosen files', async () => {
  const { calls, error } = await run({ volumes: ['/p/b', '/p/a', '/p/b'] });
  assert.equal(error, null);
  assert.deepEqual(calls, ['undefine', 'delete /p/b', 'delete /p/a']);
});

test('an undefine that is not answered is asked for again: where the machine has gone meanwhile its files go, too', async () => {
  const silent = new LinkError('TIMEOUT', 'domainUndefine: no answer within 30000 ms');
  const gone = new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN', message: 'no domain' });
  for (const second of [gone, null]) {
    const answers: (Error | null)[] = [silent, second];
    const { calls, error } = await run({ volumes: ['/p/a'] }, (call) => {
      const answer = call === 'undefine' ? answers.shift() : null;
      if (answer) throw answer;
    });
    assert.equal(error, null);
    assert.deepEqual(calls, ['undefine', 'undefine', 'delete /p/a']);
  }
  const never = await run({ volumes: ['/p/a'] }, (call) => {
    if (call === 'undefine') throw silent;
  });
  assert.equal(never.error, silent);
  assert.deepEqual(new Set(never.calls), new Set(['undefine']));
});

test('a container’s folder goes with what is in it, and its pool looks again', async () => {
  const { volumes } = plan();
  const folder = { ...volumes[0], key: '/p/c', path: '/p/c', target: '/', folder: true };
  const whole = plan({ volumes: [folder as (typeof volumes)[number]] });
  const { calls, error } = await run({ plan: whole, volumes: ['/p/c'] });
  assert.equal(error, null);
  assert.deepEqual(calls, ['undefine', 'remove /p/c', 'refresh']);
});

test('flags are sent for what exists only', async () => {
  const all = plan({ managedSave: true, snapshots: 1, checkpoints: 1, nvram: '/nv' });
  assert.deepEqual((await run({ plan: all })).calls, ['undefine 23']);
  assert.deepEqual((await run({ plan: plan({ nvram: '/nv' }) })).calls, ['undefine 4']);
  assert.deepEqual((await run({ plan: plan({ nvram: '/nv', tpm: true }) })).calls, ['undefine 36']);
});

test('a machine that runs is left alone, unless it is forced', async () => {
  const running = { plan: plan({ running: true }) };
  const refused = await run(running);
  assert.deepEqual(refused.calls, []);
  assert.ok(refused.error instanceof FailureError && refused.error.failure.code === 'CONFLICT');
  assert.deepEqual((await run({ ...running, force: true })).calls, ['destroy', 'undefine']);
});

test('a machine that somebody starts in the meantime keeps its files', async () => {
  const before = await run({ volumes: ['/p/a'] }, undefined, [true]);
  assert.deepEqual(before.calls, []);
  const between = await run({ volumes: ['/p/a'] }, undefined, [false, true]);
  assert.deepEqual(between.calls, ['undefine']);
  for (const { error } of [before, between])
    assert.ok(error instanceof FailureError && error.failure.code === 'CONFLICT');
});

test('a transient machine is gone with its power', async () => {
  const { error } = await run({ plan: plan({ running: true }), force: true }, (call) => {
    if (call === 'undefine') throw new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN', message: 'gone' });
  });
  assert.equal(error, null);
});

for (const path of ['/p/base', '/p/other', '/not/of/it']) {
  test(`nothing is begun when ${path} is chosen`, async () => {
    const { calls, error } = await run({ volumes: ['/p/a', path] });
    assert.deepEqual(calls, []);
    assert.ok(error instanceof FailureError && error.failure.code === 'CONFLICT');
  });
}

test('when the definition cannot be removed no file is touched', async () => {
  const { calls, error } = await run({ volumes: ['/p/a'] }, (call) => {
    if (call === 'undefine') throw new LibvirtError({ code: 'VIR_ERR_OPERATION_FAILED', message: 'no' });
  });
  assert.deepEqual(calls, ['undefine']);
  assert.ok(error instanceof LibvirtError);
});

test('a file that cannot be deleted is named, and the others still go', async () => {
  const { calls, error } = await run({ volumes: ['/p/a', '/p/b'] }, (call) => {
    if (call === 'delete /p/a')
      throw new LibvirtError({ code: 'VIR_ERR_OPERATION_FAILED', message: 'read-only file system' });
  });
  assert.deepEqual(calls, ['undefine', 'delete /p/a', 'delete /p/b']);
  assert.ok(error instanceof FailureError);
  assert.match(error.failure.message, /\/p\/a stays/);
  assert.match(error.failure.detail ?? '', /read-only file system/);
});
