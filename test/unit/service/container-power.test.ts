import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { RemoteApi } from '../../../drivers/libvirt/api.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import type { FailureError } from '../../../main/hosts/failures.ts';
import { rebootContainer, shutDownContainer } from '../../../main/service/container-power.ts';
import { SIGNAL_SCRIPT, type ContainerHost } from '../../../main/service/first-process.ts';

const dom = { name: 'web', uuid: new Uint8Array(16), id: 1 };
const notYet = () => {
  const message = 'Requested operation is not valid: Init process ID is not yet known';
  return Promise.reject(new LibvirtError({ code: 'VIR_ERR_OPERATION_INVALID', message }));
};
/** Its login runs no programs. */
const host = {
  name: 'kvm',
  link: { commands: { exec: undefined, reason: 'For files alone' } },
} as ContainerHost;

/** What waits for half seconds, without the half seconds. */
async function quickly<T>({ mock }: TestContext, work: () => Promise<T>): Promise<T> {
  mock.timers.enable({ apis: ['setTimeout'] });
  let over = false;
  const result = work().finally(() => (over = true));
  result.catch(() => undefined);
  while (!over) {
    mock.timers.tick(500);
    await setImmediate();
  }
  mock.timers.reset();
  return result;
}

test('a container whose first process libvirt does not know yet is asked again', async (t) => {
  const asked: number[] = [];
  const remote = {
    domainShutdownFlags: ({ flags }: { flags: number }) => {
      asked.push(flags);
      return asked.length === 1 ? notYet() : Promise.resolve();
    },
  };
  await quickly(t, () => shutDownContainer(remote as unknown as RemoteApi, dom, host));
  const [first, again, ...others] = asked;
  assert.equal(first, again);
  assert.equal(others.length, 1);
});

test('one whose first process libvirt never learns is said to need force, where the login signals nothing', async (t) => {
  const remote = { domainShutdownFlags: notYet, domainLookupByUuid: () => Promise.resolve({ dom }) };
  await assert.rejects(
    quickly(t, () => shutDownContainer(remote as unknown as RemoteApi, dom, host)),
    ({ failure }: FailureError) => {
      assert.equal(failure.code, 'CONFLICT');
      assert.match(failure.message, /^web was not asked to shut down on kvm: .* It can be forced off\.$/);
      assert.equal(failure.detail, 'For files alone');
      return true;
    },
  );
});

test('that it has ended is not said by a login that may not see it', () => {
  // No process has that number.
  const argv = ['-c', SIGNAL_SCRIPT, 'sh', '4194303', 'lost', '15', '38'];
  const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const { status, stdout } = spawnSync('sh', argv, { ...asNobody, cwd: '/', encoding: 'utf8' });
  assert.deepEqual([status, stdout], [1, '']);
});

test('of one whose end libvirt has not seen it is told, and it is started again when that was asked for', async (t) => {
  const told: string[] = [];
  const remote = {
    domainShutdownFlags: notYet,
    domainReboot: notYet,
    domainLookupByUuid: () => Promise.resolve({ dom }),
    domainDestroy: () => Promise.resolve(told.push('destroyed')),
    domainCreate: () => Promise.resolve(told.push('started')),
  } as unknown as RemoteApi;
  const exec = () => Promise.resolve({ status: 0, stdout: 'ended\n', stderr: '' });
  const signals = { ...host, link: { commands: { exec } } } as unknown as ContainerHost;
  await quickly(t, () => shutDownContainer(remote, dom, signals));
  assert.deepEqual(told.splice(0), ['destroyed']);
  await quickly(t, () => rebootContainer(remote, dom, signals));
  assert.deepEqual(told, ['destroyed', 'started']);
});
