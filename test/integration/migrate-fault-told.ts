import assert from 'node:assert/strict';
import { usualMigration } from '../../main/contract/migrate.ts';
import { until } from '../support/wait.ts';
import type { Batch, MoveBench } from './migrate-fault-bench.ts';
import type { Row } from './migrate-fault-rows.ts';

/** What a job is while the target is away, once it has noticed that; null: that is another one's to decide, or there is nothing to take back. */
function stateWithoutTarget({ way, phase }: Row): 'settling' | 'waiting' | null {
  // The machine is the source's, and the target may have its definition and volume.
  if (way === 'offline') return phase === 'finish' ? 'waiting' : null;
  // All of the memory is there: only the target knows whether it was told Finish.
  return phase === 'performed' || phase === 'finish' ? 'settling' : null;
}

/** What is only taken back says where its machine is, and on which host something may be left; and nobody is kept from the machine. */
export async function tellsWhere(bench: MoveBench, { rows, jobs }: Batch): Promise<void> {
  const { client } = bench.core;
  for (const row of rows) {
    const wanted = stateWithoutTarget(row);
    if (wanted === null) continue;
    const stateOf = async () => (await bench.jobs()).find(({ id }) => id === jobs.get(row.name))?.state;
    await until(async () => (await stateOf()) === wanted, `${row.way}: ${row.phase} is ${wanted}`);
  }
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
    assert.match(because, /is on lab1 as before\./, told);
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
    await assert.rejects(client.domain.suspend(machine), refused);
    await assert.rejects(client.migrate.run(move), isOnItsWay);
  }
}
