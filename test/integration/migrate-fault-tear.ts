import assert from 'node:assert/strict';
import type { MigrateInput } from '../../main/contract/migrate.ts';
import { Forward } from '../support/forward.ts';
import type { MoveBench } from './migrate-fault-bench.ts';
import type { Outcome } from './migrate-fault-met.ts';
import { beginRow, LARGE, uuidOf, type Row } from './migrate-fault-rows.ts';

/** Where QEMUs take in what comes: the first of libvirt's range. */
const DATA_PORTS = [0, 1, 2, 3].map((more) => 49_152 + more);

/**
 * By post-copy, with much of their memory still here, the hosts lose each other, and have each other again when `meanwhile` is over.
 * @param drives who drives each row's move
 */
export async function tear(
  bench: MoveBench,
  drives: ReadonlyMap<Row, MigrateInput['drive']>,
  meanwhile: (job: string) => Promise<void>,
): Promise<Map<Row, Outcome>> {
  const rows = [...drives.keys()];
  await bench.prepare(rows, () => LARGE);
  const between = bench.lab.gateway;
  const open = () => Forward.open(between, bench.lab.address(2), DATA_PORTS);
  let way = await open();
  try {
    const peerUri = `qemu+tcp://${bench.lab.address(2)}/system`;
    const place = { ...bench.place(), address: between };
    const jobs = new Map<string, string>();
    for (const [row, drive] of drives) {
      jobs.set(row.name, await beginRow(row, place, { drive, peerUri }));
      await bench.sh(1, `virsh -q migrate-setspeed ${row.name} 1 --postcopy`);
      const machine = { host: bench.host(1), uuid: uuidOf(row.name) };
      await bench.core.client.migrate.tune({ ...machine, postCopy: true });
    }
    await bench.runsThere(rows);
    way.close();
    for (const job of jobs.values()) await meanwhile(job);
    for (const { name } of rows) await refusesToEnd(bench, uuidOf(name));
    way = await open();
    return await bench.outcomes(rows, jobs);
  } finally {
    way.close();
  }
}

async function refusesToEnd(bench: MoveBench, uuid: string): Promise<void> {
  for (const host of [bench.host(1), bench.host(2)])
    await assert.rejects(bench.core.client.domain.destroy({ host, uuid }), /moves by post-copy/);
}
