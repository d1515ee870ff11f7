import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Domain } from '../../../main/contract/domain.ts';
import type { Failure } from '../../../main/contract/failure.ts';
import { PendingActions } from '../../../renderer/views/machine/lifecycle/pending.ts';

const off = {
  host: 'h',
  uuid: 'u',
  name: 'web-01',
  id: null,
  state: 'shutoff',
  reason: 'shutdown',
} as Domain;
const running: Domain = { ...off, id: 3, state: 'running', reason: 'booted' };
const paused: Domain = { ...running, state: 'paused', reason: 'migration' };

function world(first: Domain) {
  let domain = first;
  const watchers = new Set<() => void>();
  const store = new PendingActions({
    domain: () => domain,
    watchDomain: (_key, listener) => {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
    failureOf: (error) => error as Failure,
    stillRuns: (name) => name,
    after: () => () => undefined,
  });
  const patch = (next: Domain): void => {
    domain = next;
    watchers.forEach((watcher) => watcher());
  };
  return { store, watchers, patch };
}

test('what was refused goes when it is so all the same, or the machine is another one than it was refused for', async () => {
  const refusal: Failure = { code: 'CONFLICT', message: 'It may run elsewhere.' };
  const asked = async (action: 'resume' | 'start', first: Domain, failure: Failure) => {
    const held = world(first);
    await held.store.run('k', action, () => Promise.reject(failure as unknown as Error));
    assert.equal(held.store.state('k').failed?.failure, failure);
    return (next: Domain): boolean => {
      held.patch(next);
      const { failed } = held.store.state('k');
      if (failed === null) assert.equal(held.watchers.size, 0, 'something is left behind');
      return failed === null;
    };
  };
  const resumed = await asked('resume', paused, refusal);
  assert.equal(resumed({ ...paused, addresses: ['10.0.0.2'] }), false);
  assert.equal(resumed(running), true);
  assert.equal((await asked('resume', paused, refusal))(off), true);
  // What libvirt said of a start that failed is read after the machine has fallen back.
  const libvirt: Failure = {
    ...refusal,
    libvirt: {
      code: 'VIR_ERR_OPERATION_INVALID',
      codeNumber: 55,
      domain: 'VIR_FROM_QEMU',
      level: 'error',
      message: 'no',
    },
  };
  const started = await asked('start', off, libvirt);
  assert.equal(started({ ...off, reason: 'failed' }), false);
  assert.equal(started(running), true);
});
