import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ejectsOf } from '../../../main/contract/migrate-ejects.ts';
import { usualMigration } from '../../../main/contract/migrate.ts';
import { cloneInput } from '../../support/clone-input.ts';
import type { TestCore } from '../../support/core.ts';
import { openDemoPair } from '../../support/demo-pair.ts';
import { isFailed } from '../../support/failed.ts';
import { until } from '../../support/wait.ts';
import { jobOver } from '../../support/job-watch.ts';

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
    // Nor does it go anywhere.
    const { items } = await core.client.migrate.plan(usualMigration({ host: here, uuid, to: there }));
    const state = items.find(({ id }) => id === 'state');
    assert.equal(state?.level, 'stop');
    assert.match(state?.message ?? '', /runs on kvm-b: what is off on kvm-a is a definition/);
    await core.client.domain.destroy({ host: there, uuid });
    await core.machine(there, uuid, ({ state }) => state === 'shutoff');
    await core.client.domain.start({ host: here, uuid });
    await core.machine(here, uuid, ({ state }) => state === 'running');
  });

  test('while a machine is on its way nothing ends it, keeps it or copies it, and why is said', async () => {
    const machine = core.mirror.domains.find(
      ({ host, state, persistent }) => host === here && state === 'running' && persistent,
    );
    assert.ok(machine !== undefined);
    const { uuid, memoryKiB } = machine;
    const { job } = await core.client.migrate.run({
      ...usualMigration({ host: here, uuid, to: there }),
      // Slow enough that it does not end by itself.
      bandwidthMiBs: 1,
    });
    assert.ok(memoryKiB > 60 * 1024);
    const ref = { host: here, uuid };
    const shown = { managedSave: false, snapshots: 9, checkpoints: 9, nvram: true, tpm: true };
    const { client } = core;
    const calls = {
      deleted: () => client.domain.delete({ ...ref, volumes: [], force: true, shown }),
      'forced off': () => client.domain.destroy(ref),
      saved: () => client.domain.save(ref),
      'kept as a template': () => client.template.keep(ref),
      // Whatever else stands against it.
      'moved again': () => client.migrate.run(usualMigration({ ...ref, to: 'nowhere' })),
    };
    for (const [done, call] of Object.entries(calls)) {
      const refused = await isFailed(call());
      assert.equal(refused.code, 'CONFLICT');
      assert.match(refused.message, new RegExp(`on its way from kvm-a to kvm-b and is not ${done}`));
    }
    // The plan of what is refused says so, too.
    const clone = cloneInput({ host: here, machine: uuid, to: here, name: 'twin' });
    const why = (await client.clone.plan(clone)).problems.map(({ message }) => message);
    assert.match(why[0] ?? '', /on its way from kvm-a to kvm-b and is not cloned/);
    await client.activity.cancelJob({ job });
    await jobOver(core, job);
    await core.machine(here, uuid, ({ state }) => state === 'running');
    assert.deepEqual((await client.clone.plan(clone)).problems, []);
  });

  test('a machine whose disks would go otherwise than was shown stays, and which and how is said', async () => {
    const { client } = core;
    const machine = core.mirror.domains.find(
      ({ host, state }) => host === here && (state === 'running' || state === 'shutoff'),
    );
    assert.ok(machine !== undefined);
    const { uuid, name, state } = machine;
    const input = usualMigration({ host: here, uuid, to: there });
    const { disks } = await client.migrate.plan(input);
    const shown = disks.map(({ target, way }) => ({
      target,
      way: way === 'copy' ? ('shared' as const) : ('copy' as const),
    }));
    const refused = await isFailed(client.migrate.run({ ...input, shown }));
    assert.equal(refused.code, 'CONFLICT');
    assert.match(refused.message, new RegExp(`^${name} is not moved, .*${disks[0]?.target} was to `));
    assert.equal((await core.machine(here, uuid, () => true)).state, state);
    const [evacuated] = (await client.migrate.evacuation({ host: here, to: [there] })).machines.flatMap(
      (one) => (one.uuid === uuid ? one.targets : []),
    );
    assert.deepEqual(
      evacuated?.disks,
      disks.map(({ target, way }) => ({ target, way })),
    );
  });

  test('no CD is taken out of its drive for a move that is refused', async () => {
    const { client } = core;
    const { pools } = await client.create.options({ host: here });
    const pool = pools.find(({ name }) => name === 'default')?.uuid ?? '';
    const url = 'https://example.org/some.iso';
    const source = { kind: 'iso', medium: { kind: 'url', url, pool, checksum: 'a'.repeat(64) } } as const;
    const { spec } = await client.create.defaults({ host: here, os: null, source: 'iso' });
    const rest = { count: 1, title: null, description: null, os: null, autostart: false, xml: null };
    const made = { host: here, name: 'from-cd', source, spec, start: false, ...rest };
    const over = await jobOver(core, (await client.create.run(made)).job);
    assert.deepEqual([over.state, over.failure], ['done', null]);
    const find = () => core.mirror.domains.find(({ host, name }) => host === here && name === 'from-cd');
    const machine = await until(find, 'the new machine in the list');
    const input = { ...usualMigration({ host: here, uuid: machine.uuid, to: there }), eject: true };
    const { items, disks } = await client.migrate.plan(input);
    const media = ejectsOf(items);
    assert.equal(media.length, 1, JSON.stringify(items));
    const shown = disks.map(({ target, way }) => ({
      target,
      way: way === 'copy' ? ('shared' as const) : ('copy' as const),
    }));
    const refused = await isFailed(client.migrate.run({ ...input, shown }));
    assert.match(refused.message, /^from-cd is not moved, as its disks would not go as was shown/);
    assert.deepEqual(ejectsOf((await client.migrate.plan(input)).items), media);
  });

  test('a machine that is not on its way has no migration that could be changed', async () => {
    const machine = core.mirror.domains.find(({ host, state }) => host === here && state === 'running');
    assert.ok(machine !== undefined);
    const refused = await isFailed(
      core.client.migrate.tune({ host: here, uuid: machine.uuid, bandwidthMiBs: 5 }),
    );
    assert.equal(refused.code, 'CONFLICT');
    assert.match(refused.message, /is not being moved/);
  });
});
