import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import type { JobContext } from '../../../main/jobs/registry.ts';
import { runRestore, runSave } from '../../../main/jobs/save.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const dom: DomainRef = { name: 'web-01', uuid: new Uint8Array(16), id: 1 };

/** A machine on a host that does what `remote` says. */
function machine(remote: Record<string, (args: never) => Promise<unknown>>) {
  const client = { remote };
  const session = { id: 'h', name: 'kvm-a', client, bulkClient: () => Promise.resolve(client) };
  const cancel = new AbortController();
  const lines: string[] = [];
  const job: JobContext = {
    release: () => undefined,
    signal: cancel.signal,
    log: (text) => lines.push(text),
    progress: () => undefined,
    show: () => undefined,
  };
  const clock = new FakeClock();
  return { on: { session: session as unknown as HostSession, dom, clock }, job, cancel, lines, clock };
}

test('a cancel that comes before QEMU has begun is not forgotten', async () => {
  let refuse: (error: Error) => void = () => undefined;
  let asked = 0;
  const { on, job, cancel, clock, lines } = machine({
    domainManagedSave: () => new Promise((_, reject) => (refuse = reject)),
    domainGetJobInfo: () => Promise.resolve({ dataProcessed: 0n, dataTotal: 0n }),
    domainAbortJob: () => {
      asked += 1;
      if (asked < 3)
        return Promise.reject(
          new LibvirtError({ code: 'VIR_ERR_OPERATION_INVALID', message: 'no job is active on the domain' }),
        );
      refuse(new LibvirtError({ code: 'VIR_ERR_OPERATION_ABORTED', message: 'canceled by client' }));
      return Promise.resolve();
    },
  });
  const saving = runSave(on, job);
  await clock.advance(0);
  cancel.abort();
  const ended = assert.rejects(saving, { code: 'VIR_ERR_OPERATION_ABORTED' });
  await clock.advance(1000);
  await ended;
  assert.equal(asked, 3);
  assert.deepEqual(lines, ['Saving the memory of web-01']);
  assert.equal(clock.pending, 0);
});

test('a machine whose saved state is gone is not booted afresh', async () => {
  const calls: string[] = [];
  const { on, job } = machine({
    domainHasManagedSaveImage: () => Promise.resolve({ result: 0 }),
    domainCreate: () => Promise.resolve(calls.push('create')),
  });
  await assert.rejects(runRestore(on, job), (error) => {
    assert.ok(error instanceof FailureError);
    assert.equal(error.failure.code, 'CONFLICT');
    assert.equal(error.failure.message, 'web-01 has no saved state on kvm-a any more: it was not started.');
    return true;
  });
  assert.deepEqual(calls, []);
});
