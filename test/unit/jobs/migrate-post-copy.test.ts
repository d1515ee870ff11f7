import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { usualMigration } from '../../../main/contract/migrate.ts';
import { postCopyAfter } from '../../../main/jobs/migrate/post-copy.ts';
import { until } from '../../support/wait.ts';

const dom = { name: 'web', uuid: new Uint8Array(16), id: 1 };

/** Looks of those rounds, one after the other: how often post-copy was asked for after each, and what the log says. */
async function seen(rounds: number | null, iterations: readonly number[], refusal: Error | null = null) {
  const asked: number[] = [];
  const log: string[] = [];
  let calls = 0;
  const domainMigrateStartPostCopy = (): Promise<void> => {
    calls += 1;
    return refusal === null ? Promise.resolve() : Promise.reject(refusal);
  };
  const client = { remote: { domainMigrateStartPostCopy } } as unknown as LibvirtClient;
  const manner = {
    ...usualMigration({ host: 'a', uuid: 'u', to: 'b' }),
    postCopy: true,
    postCopyAfter: rounds,
  };
  const look = postCopyAfter(manner, { client: () => client, dom, log: (text) => log.push(text) });
  for (const iteration of iterations) {
    look(iteration);
    asked.push(calls);
  }
  if (calls > 0) await until(() => log.length > 0, 'it is told');
  return { asked, log };
}

suite('post-copy after so many rounds', () => {
  test('begins once, when one more has begun', async () => {
    const { asked, log } = await seen(2, [0, 1, 2, 3, 3, 4]);
    assert.deepEqual(asked, [0, 0, 0, 1, 1, 1]);
    assert.match(log.join(), /^Post-copy after 2 rounds/);
  });

  test('not where nobody wants it', async () => {
    assert.deepEqual(await seen(null, [1, 9]), { asked: [0, 0], log: [] });
  });

  test('a refusal is told, and the move goes on', async () => {
    const { asked, log } = await seen(1, [2, 3], new Error('not now'));
    assert.deepEqual(asked, [1, 1]);
    assert.match(log.join(), /Post-copy was not begun: not now/);
  });
});
