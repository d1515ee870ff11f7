import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RemoteApi } from '../../../drivers/libvirt/api.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { shutDownContainer } from '../../../main/service/container-power.ts';

test('a container whose first process libvirt does not know yet is asked again', async () => {
  const asked: number[] = [];
  const remote = {
    domainShutdownFlags: ({ flags }: { flags: number }) => {
      asked.push(flags);
      const message = 'Requested operation is not valid: Init process ID is not yet known';
      return asked.length === 1
        ? Promise.reject(new LibvirtError({ code: 'VIR_ERR_OPERATION_INVALID', message }))
        : Promise.resolve();
    },
  };
  const dom = { name: 'web', uuid: new Uint8Array(16), id: 1 };
  await shutDownContainer(remote as unknown as RemoteApi, dom);
  const [first, again, ...others] = asked;
  assert.equal(first, again);
  assert.equal(others.length, 1);
});
