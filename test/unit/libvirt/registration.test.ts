import assert from 'node:assert/strict';
import test from 'node:test';
import { EventHub } from '../../../drivers/libvirt/events.ts';
import { registerCallback } from '../../../drivers/libvirt/registration.ts';
import { settle } from '../rpc/peer.ts';

test('a registration whose answer comes too late is taken back', async () => {
  const hub = new EventHub();
  let answer: (ret: { callbackId: number }) => void = () => undefined;
  const gone: number[] = [];
  const registering = registerCallback({
    hub,
    name: 'domainEventCallbackLifecycle',
    listener: () => undefined,
    isOpen: () => true,
    timeoutMs: 1,
    register: () => new Promise((resolve) => (answer = resolve)),
    deregister: (callbackId) => Promise.resolve(gone.push(callbackId)),
  });
  await assert.rejects(registering, { name: 'LinkError', code: 'TIMEOUT' });
  assert.equal(hub.listenerCount, 0);
  answer({ callbackId: 7 });
  await settle();
  assert.deepEqual(gone, [7]);
});
