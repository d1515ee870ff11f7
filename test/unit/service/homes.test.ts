import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { usualMigration } from '../../../main/contract/migrate.ts';
import type { TestCore } from '../../support/core.ts';
import { openDemoPair } from '../../support/demo-pair.ts';
import { jobOver } from '../../support/job-watch.ts';

suite('machines that are away from home', { timeout: 60_000 }, () => {
  let core: TestCore;
  let here: string;
  let there: string;

  before(async () => {
    ({ core, here, there } = await openDemoPair());
  });
  after(() => core.close());

  test('one that came back and then goes by itself lives elsewhere', async () => {
    const running = core.mirror.domains.filter(({ host, state }) => host === here && state === 'running');
    const [moved] = running.toSorted((a, b) => a.memoryKiB - b.memoryKiB);
    assert.ok(moved !== undefined);
    const { uuid, name } = moved;
    const out = usualMigration({ host: here, uuid, to: there });
    const { job } = await core.client.migrate.evacuate({ host: here, moves: [out], atOnce: 1 });
    await jobOver(core, job);
    const aways: unknown[] = [];
    for (const move of [null, usualMigration({ host: there, uuid, to: here }), out]) {
      if (move !== null) await jobOver(core, (await core.client.migrate.run(move)).job);
      await core.machine(move?.to ?? there, uuid, ({ state }) => state === 'running');
      aways.push(await core.client.migrate.away({ host: here }));
    }
    assert.deepEqual(aways, [[{ uuid, name, host: there }], [], []]);
  });

  test('one whose definition stayed at home is away while it runs elsewhere, however often that is asked', async () => {
    const running = core.mirror.domains.filter(({ host, state }) => host === here && state === 'running');
    const [moved] = running.toSorted((a, b) => a.memoryKiB - b.memoryKiB);
    assert.ok(moved !== undefined);
    const { uuid, name } = moved;
    const move = { ...usualMigration({ host: here, uuid, to: there }), keepDefinition: true };
    const { job } = await core.client.migrate.evacuate({ host: here, moves: [move], atOnce: 1 });
    assert.equal((await jobOver(core, job)).state, 'done');
    await core.machine(here, uuid, ({ state }) => state === 'shutoff');
    const away = { uuid, name, host: there };
    assert.deepEqual(await core.client.migrate.away({ host: here }), [away]);
    await core.client.domain.destroy({ host: there, uuid });
    await core.client.domain.start({ host: here, uuid });
    await core.machine(here, uuid, ({ state }) => state === 'running');
    assert.deepEqual(await core.client.migrate.away({ host: here }), []);
    await core.client.domain.destroy({ host: here, uuid });
    await core.client.domain.start({ host: there, uuid });
    await core.machine(there, uuid, ({ state }) => state === 'running');
    await core.machine(here, uuid, ({ state }) => state === 'shutoff');
    assert.deepEqual(await core.client.migrate.away({ host: here }), [away]);
  });
});
