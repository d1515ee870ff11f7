import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { usualMigration } from '../../../main/contract/migrate.ts';
import type { TestCore } from '../../support/core.ts';
import { openDemoPair } from '../../support/demo-pair.ts';
import { isFailed } from '../../support/failed.ts';
import { jobOver } from '../../support/storage.ts';

suite('two definitions of one machine', { timeout: 60_000 }, () => {
  let core: TestCore;
  let here: string;
  let there: string;

  before(async () => {
    ({ core, here, there } = await openDemoPair());
  });
  after(() => core.close());

  test('a definition that stays at the source is not started while the machine runs elsewhere', async () => {
    const running = core.mirror.domains.filter(({ host, state }) => host === here && state === 'running');
    const [moved] = running.toSorted((a, b) => a.memoryKiB - b.memoryKiB);
    assert.ok(moved !== undefined);
    const { uuid } = moved;
    const { job } = await core.client.migrate.run({
      ...usualMigration({ host: here, uuid, to: there }),
      keepDefinition: true,
    });
    const over = await jobOver(core, job);
    assert.deepEqual([over.state, over.failure], ['done', null]);
    await core.machine(here, uuid, ({ state }) => state === 'shutoff');
    await core.machine(there, uuid, ({ state }) => state === 'running');
    const refused = await isFailed(core.client.domain.start({ host: here, uuid }));
    assert.equal(refused.code, 'CONFLICT');
    assert.match(refused.message, /runs on kvm-b/);
    await core.client.domain.destroy({ host: there, uuid });
    await core.machine(there, uuid, ({ state }) => state === 'shutoff');
    await core.client.domain.start({ host: here, uuid });
    await core.machine(here, uuid, ({ state }) => state === 'running');
  });
});
