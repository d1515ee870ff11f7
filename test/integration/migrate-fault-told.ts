import assert from 'node:assert/strict';
import { usualMigration } from '../../main/contract/migrate.ts';
import type { Batch, MoveBench } from './migrate-fault-bench.ts';

/** What is only taken back says where its machine is, and on which host something may be left; and nobody is kept from the machine. */
export async function tellsWhere(bench: MoveBench, { rows, jobs }: Batch): Promise<void> {
  const { client } = bench.core;
  const all = await bench.jobs();
  for (const { name, way, phase } of rows) {
    const job = all.find(({ id }) => id === jobs.get(name));
    if (job?.state !== 'waiting') continue;
    const told = JSON.stringify(job);
    const { because = '', stayed, waitsFor, mayBeLeft } = job;
    assert.deepEqual([stayed, waitsFor], [true, ['lab2']], told);
    assert.ok(because.startsWith(`${name} was not migrated to lab2.`), told);
    if (way === 'relay' && phase === 'way') assert.match(because, /The link to lab2 was lost\./, told);
    for (const thing of mayBeLeft) assert.match(thing, / on lab[12]$/, told);
    if (way === 'offline') continue;
    assert.match(because, /It runs on lab1 as before\./, told);
    const machine = { host: bench.host(1), uuid: job.uuid ?? '' };
    await client.domain.suspend(machine);
    await client.domain.resume(machine);
  }
}

/** While it is not known which host has it, nothing starts a second copy, whoever asks. */
export async function refusesWhileSettling(bench: MoveBench, { rows, jobs }: Batch): Promise<void> {
  const { client } = bench.core;
  const all = await bench.jobs();
  const settling = rows.flatMap(({ name, way }) => {
    const uuid = all.find((job) => job.id === jobs.get(name) && job.state === 'settling')?.uuid ?? null;
    return uuid === null ? [] : [{ way, machine: { host: bench.host(1), uuid } }];
  });
  for (const { way, machine } of settling) {
    const isOnItsWay = /is on its way from lab1 to lab2 and is not/;
    const move = { ...usualMigration({ ...machine, to: bench.host(2) }) };
    await assert.rejects(client.domain.start(machine), isOnItsWay);
    await assert.rejects(client.domain.resume(machine), isOnItsWay);
    await assert.rejects(client.domain.restore(machine), isOnItsWay);
    await assert.rejects(client.domain.save(machine), isOnItsWay);
    // Where its memory is on both, that is said.
    const refused = way === 'postCopy' ? /is on its way from lab1 to lab2|moves by post-copy/ : isOnItsWay;
    await assert.rejects(client.domain.destroy(machine), refused);
    await assert.rejects(client.migrate.run(move), isOnItsWay);
  }
}
