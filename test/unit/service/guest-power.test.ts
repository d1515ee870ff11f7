import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { askAgent } from '../../../main/service/guest-power.ts';

const failing = (message: string) => () =>
  Promise.reject(new LibvirtError({ code: 'VIR_ERR_INTERNAL_ERROR', message }));

test('a guest that is gone before its agent has answered was asked', async () => {
  await askAgent(failing('internal error: End of file from agent socket'));
});

test('an agent that refuses was not', async () => {
  await assert.rejects(
    askAgent(failing('internal error: unable to execute QEMU agent command')),
    LibvirtError,
  );
});
