import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { atOneInstant } from '../../../main/jobs/clone/steps/instant.ts';
import type { StepContext } from '../../../main/jobs/engine/step.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const dom = { name: 'web-1', uuid: new Uint8Array(16), id: 1 };

/** What is remarked when the agent says that it has frozen so many file systems; `freeze`: it is asked. */
async function remarked(frozen: number, freeze = true): Promise<string[]> {
  const remarks: string[] = [];
  const remote = {
    domainFsfreeze: () => Promise.resolve({ filesystems: frozen }),
    domainFsthaw: () => Promise.resolve({ filesystems: frozen }),
  };
  const step: Pick<StepContext, 'signal' | 'log' | 'note' | 'client'> = {
    signal: new AbortController().signal,
    log: (text, as) => void (as === 'remark' && remarks.push(text)),
    note: () => Promise.resolve(),
    client: () => ({ remote }) as unknown as LibvirtClient,
  };
  await atOneInstant({ host: 'h', uuid: 'u', name: 'web-1', freeze }, step as StepContext, {
    dom,
    wait: { clock: new FakeClock() },
    begin: () => Promise.resolve(),
    isBegun: () => Promise.resolve(true),
  });
  return remarks;
}

test('that no file system was held still is remarked where whole files were promised', async () => {
  assert.deepEqual(await remarked(2), []);
  assert.match(
    (await remarked(0)).join(),
    /^web-1 was copied as its disks would be after a power cut, and not/,
  );
  assert.deepEqual(await remarked(0, false), []);
});
