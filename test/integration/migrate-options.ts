import assert from 'node:assert/strict';
import type { MigrateInput } from '../../main/contract/migrate.ts';
import { until } from '../support/wait.ts';
import type { MoveBench } from './migrate-fault-bench.ts';
import type { Outcome } from './migrate-fault-met.ts';
import { beginRow, jobGateOf, PULSING, uuidOf, type Row } from './migrate-fault-rows.ts';

/** What QEMU shows of a move that it sends. */
interface Sending {
  /** Its capabilities that are on. */
  readonly on: ReadonlySet<string>;
  /** QEMU's MigrationParameters. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** QEMU's MigrationInfo. */
  readonly figures: {
    readonly ram?: { readonly 'multifd-bytes': number };
    readonly 'xbzrle-cache'?: { readonly pages: number };
    readonly compression?: { readonly pages: number };
    readonly 'cpu-throttle-percentage'?: number;
  };
}

/** What can be asked of a move beside its way. */
export interface Option {
  readonly title: string;
  readonly row: Row;
  readonly asked: Partial<MigrateInput>;
  /** libvirt that has it, `9.4.0`; left out: every one. */
  readonly since?: string;
  /** QEMU does it, as it shows on its way (phase `way`), or has done it, as it shows when all is sent; left out: the job's log says it. */
  readonly does?: (sending: Sending) => boolean;
  readonly says?: RegExp;
}

/** A guest that changes half a MiB with each tick of its clock comes to no end with these, as long as its pages go over whole. */
const SLOWLY = { bandwidthMiBs: 1, downtimeMs: 10 };
const MIB = 1024 ** 2;

const row = (number: number, way: Row['way'] = 'copied', phase: Row['phase'] = 'performed'): Row => ({
  name: `f${number}`,
  way,
  phase,
});

export const OPTIONS: readonly Option[] = [
  {
    title: 'a guest is slowed down that changes its memory faster than it is sent (auto-converge)',
    row: row(0, 'copied', 'way'),
    asked: { ...SLOWLY, autoConverge: true },
    does: ({ on, figures }) => on.has('auto-converge') && (figures['cpu-throttle-percentage'] ?? 0) > 0,
  },
  {
    title: 'pages are compressed against what they were (xbzrle)',
    row: row(1),
    asked: { ...SLOWLY, compression: 'xbzrle' },
    does: ({ on, figures }) => on.has('xbzrle') && (figures['xbzrle-cache']?.pages ?? 0) > 0,
  },
  {
    title: 'pages are compressed by threads (mt)',
    row: row(2),
    asked: { ...SLOWLY, compression: 'mt' },
    does: ({ on, figures }) => on.has('compress') && (figures.compression?.pages ?? 0) > 0,
  },
  {
    title: 'two connections, encrypted by the hosts’ certificates',
    row: row(3, 'tls'),
    asked: { parallel: 2 },
    does: ({ on, parameters, figures }) =>
      on.has('multifd') &&
      parameters['multifd-channels'] === 2 &&
      typeof parameters['tls-creds'] === 'string' &&
      parameters['tls-creds'] !== '' &&
      (figures.ram?.['multifd-bytes'] ?? 0) > 0,
  },
  {
    title: 'post-copy by itself, after a round over the memory',
    row: row(4, 'shared', 'prepared'),
    asked: { ...SLOWLY, postCopy: true, postCopyAfter: 1 },
    says: /Post-copy after a round: it goes on on the target/,
  },
  ...(['zlib', 'zstd'] as const).map((compression, i): Option => ({
    title: `two connections, compressed with ${compression}`,
    row: row(5 + i),
    asked: { parallel: 2, compression },
    since: '9.4.0',
    does: ({ on, parameters }) => on.has('multifd') && parameters['multifd-compression'] === compression,
  })),
];

/**
 * Moves a machine with each, at once, and waits until QEMU is seen to do it; of one that is on its way the limits are changed meanwhile.
 * @returns how each ended; what the hosts' libvirt has not is left out
 */
export async function moveWithOptions(bench: MoveBench): Promise<Map<Option, Outcome>> {
  const version = await versionOf(bench);
  const has = OPTIONS.filter(({ since }) => since === undefined || numberOf(since) <= version);
  const rows = has.map((option) => option.row);
  await bench.prepare(rows, () => PULSING);
  const place = bench.place();
  const sent = rows.filter(({ phase }) => phase === 'performed');
  const gate = jobGateOf(sent);
  const jobs = new Map<string, string>();
  try {
    await Promise.all(
      has.map(async (option) => jobs.set(option.row.name, await beginRow(option.row, place, option.asked))),
    );
    for (const { title, row: one, does } of has) {
      if (does === undefined) continue;
      if (sent.includes(one)) await until(() => gate.holds(one.name), `all is sent: ${title}`);
      await until(async () => does(await sendingOf(bench, one.name)), title);
      if (one.phase === 'way') await changesLimits(bench, one);
    }
  } finally {
    gate.letGo();
  }
  const outcomes = await bench.outcomes(rows, jobs);
  for (const { name } of rows) await countsOn(bench, name);
  return new Map(
    has.flatMap((option) => {
      const outcome = outcomes.get(option.row);
      return outcome === undefined ? [] : [[option, outcome] as const];
    }),
  );
}

/** Of a move that is on its way: QEMU has those that it was begun with, and then the others, with which it comes to its end. */
async function changesLimits(bench: MoveBench, { name }: Row): Promise<void> {
  const { migrate } = bench.core.client;
  const machine = { host: bench.host(1), uuid: uuidOf(name) };
  assert.deepEqual(await limitsOf(bench, name), SLOWLY);
  const others = { bandwidthMiBs: 2, downtimeMs: 15 };
  await migrate.tune({ ...machine, ...others });
  assert.deepEqual(await limitsOf(bench, name), others);
  await migrate.tune({ ...machine, bandwidthMiBs: 1000, downtimeMs: 2000 });
}

async function versionOf(bench: MoveBench): Promise<number> {
  const said = await bench.sh(1, 'virsh version');
  return numberOf(/library: libvirt ([\d.]+)/.exec(said)?.[1] ?? assert.fail(said));
}

/** 9.4.0 is 9004000. */
function numberOf(version: string): number {
  const [major = 0, minor = 0, micro = 0] = version.split('.').map(Number);
  return major * 1_000_000 + minor * 1000 + micro;
}

/** As QEMU has them. */
async function limitsOf(bench: MoveBench, name: string): Promise<Record<string, unknown>> {
  const { parameters } = await sendingOf(bench, name);
  return {
    bandwidthMiBs: Number(parameters['max-bandwidth']) / MIB,
    downtimeMs: parameters['downtime-limit'],
  };
}

async function sendingOf(bench: MoveBench, name: string): Promise<Sending> {
  const asked = ['query-migrate-capabilities', 'query-migrate-parameters', 'query-migrate'];
  const ask = asked.map(
    (execute) => `virsh -q qemu-monitor-command ${name} '${JSON.stringify({ execute })}'`,
  );
  const said = (await bench.sh(1, ask.join('; '))).split('\n').filter((line) => line !== '');
  const [capabilities, parameters, figures] = said.map(
    (line) => (JSON.parse(line) as { return: unknown }).return,
  );
  const all = capabilities as { capability: string; state: boolean }[];
  return {
    on: new Set(all.flatMap(({ capability, state }) => (state ? [capability] : []))),
    parameters: parameters as Sending['parameters'],
    figures: figures as Sending['figures'],
  };
}

/** The guest changes a word of its memory on the target (migrate-fault-rows.ts). */
async function countsOn(bench: MoveBench, name: string): Promise<void> {
  const word = () => bench.sh(2, `virsh qemu-monitor-command ${name} --hmp 'xp /1hx 0x10000'`);
  const first = await word();
  await until(async () => (await word()) !== first, `${name} goes on on the target`);
}
