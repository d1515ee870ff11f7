import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { MOST_TURNS } from '../../main/jobs/migrate/turns.ts';
import { shown } from '../support/job-watch.ts';
import { within } from '../support/within.ts';
import { MoveBench } from './migrate-fault-bench.ts';
import type { Outcome } from './migrate-fault-met.ts';
import { tear } from './migrate-fault-tear.ts';
import { FAULTS, type Fault, type Strike, type Where } from './migrate-fault-faults.ts';
import { diskOf, PHASES, senseless, SHARED, stationOf, WAYS, type Row } from './migrate-fault-rows.ts';
import { moveWithOptions, OPTIONS, type Option } from './migrate-options.ts';

/**
 * Every fault in every phase of every way, where it makes sense; VIRTLANE_FAULT=power walks the faults whose title holds the word.
 * Once, without a fault, machines go by what else can be asked of a move (migrate-options.ts).
 * VIRTLANE_FAULTS=none walks all cells without their faults, and each must notice that.
 */
const NONE = process.env['VIRTLANE_FAULTS'] === 'none';
/** Nothing is struck. */
const NO_STRIKE: Strike = { begin: () => Promise.resolve() };
const TITLED = process.env['VIRTLANE_FAULT'] ?? '';
/** For a hang, never for speed: a batch takes half a minute. */
const BATCH_LIMIT_MS = 480_000;
/** So many machines at once: as many may leave a host. */
const AT_ONCE = MOST_TURNS;

type Cell = Omit<Row, 'name'>;
const CELLS: readonly Cell[] = WAYS.flatMap((way) => PHASES.map((phase) => ({ way, phase })));
const whyNot = (fault: Fault, cell: Cell): string | null =>
  senseless(cell.way, cell.phase) ?? fault.senseless?.(cell) ?? null;

/** Of a fault what it meets, in batches of one size. */
function batches(fault: Fault): Row[][] {
  const met = CELLS.filter((cell) => whyNot(fault, cell) === null);
  const count = Math.ceil(met.length / AT_ONCE);
  const rows = met.map((cell, i): Row => ({ ...cell, name: `f${i}` }));
  return Array.from({ length: count }, (_, batch) => rows.filter((_row, i) => i % count === batch));
}

/** What each host shows of it then. */
function expected(row: Row, where: Where): { here: string; there: string } {
  const file = `${row.name}.qcow2`;
  const nothing = diskOf(row).startsWith(SHARED) ? `0 ${file}` : '0';
  const isOff = (row.way === 'offline' && where !== 'started') || where === 'off';
  const whole = isOff ? `shut off , autostart 0 ${file}` : `running , autostart 1 ${file}`;
  switch (where) {
    case 'source':
    case 'off':
    case 'started':
      return { here: whole, there: nothing };
    case 'target':
      return { here: nothing, there: whole };
    case 'stopped':
      return { here: `paused 1 ${file}`, there: `running 1 ${file}` };
    case 'lost':
      return { here: `paused 1 ${file}`, there: nothing };
  }
}

function assertOutcome(row: Row, found: Outcome | undefined, ends: Where): void {
  const told = JSON.stringify(found, null, 1);
  assert.ok(found !== undefined, told);
  // Nothing of it is on the target alone where all of it was there before post-copy could begin.
  const where = ends === 'lost' && found.met.paused === 'paused (migrating)' ? 'source' : ends;
  const { here, there } = expected(row, where);
  // A flag is not worth a wait for a host that went after the machine was there: that is told.
  const isTold = found.log.some((line) => /start with .*: not done/.test(line));
  assert.deepEqual(
    [found.on[1], found.on[2]],
    [here, isTold ? there.replace(' , autostart', '') : there],
    told,
  );
  assert.equal(found.state === 'done', where === 'target', told);
  if (where === 'stopped' || where === 'lost') {
    assert.match(
      found.message ?? '',
      where === 'stopped'
        ? /is paused since, and has older disks: force it off there/
        : /its libvirtd gave it up there/,
      told,
    );
    return;
  }
  assert.deepEqual(found.mayBeLeft, [], told);
  if (where === 'target') assert.equal(found.message, null, told);
  else assert.match(found.message ?? '', /was not migrated to lab2/, told);
}

/** It was in its phase when the fault struck, and met it. */
function assertMet(row: Row, found: Outcome | undefined, { takes, met }: Fault): void {
  assert.ok(found !== undefined && (takes !== undefined || met !== undefined));
  const told = JSON.stringify(found.met);
  assert.deepEqual([found.met.at, found.met.isHeld], [stationOf(row), true], told);
  for (const taken of takes?.what(row) ?? []) {
    assert.ok(
      found.met.taken.some(({ is }) => is === taken),
      `${taken}: ${told}`,
    );
    assert.ok(!found.met.kept.some(({ is }) => is === taken), `${taken}: ${told}`);
  }
  if (met === undefined) return;
  const { log, message, detail } = found;
  assert.match([...log, message, detail].join('\n'), met(row));
}

suite('faults in every way of a move, in every phase', { timeout: 3_600_000 }, () => {
  let bench: MoveBench;
  before(async () => {
    bench = await MoveBench.open();
  });
  after(() => bench.close());

  for (const fault of FAULTS) {
    if (!fault.title.includes(TITLED)) continue;
    suite(fault.title, () => {
      for (const [number, rows] of batches(fault).entries())
        suite(`batch ${number + 1}`, () => {
          const found = new Map<Row, Outcome>();
          before(async () => {
            const strike = NONE ? NO_STRIKE : fault.strike;
            const outcomes =
              strike === null ? bench.kill(rows) : bench.walk(rows, strike, fault.takes?.at ?? 1);
            for (const [row, outcome] of await within(BATCH_LIMIT_MS, () => bench.told(), outcomes))
              found.set(row, outcome);
            await bench.assertNothingElse(rows);
          });
          for (const row of rows)
            test(`${row.way}: ${row.phase}`, () => {
              const outcome = found.get(row);
              if (NONE) return assert.throws(() => assertMet(row, outcome, fault), assert.AssertionError);
              assertMet(row, outcome, fault);
              assertOutcome(row, outcome, fault.ends(row));
            });
        });
      for (const cell of CELLS) {
        const skip = fault.senseless?.(cell) ?? null;
        if (skip !== null) test(`${cell.way}: ${cell.phase}`, { skip });
      }
    });
  }

  suite(
    'the hosts lose each other in post-copy: neither copy is touched, and it goes on when they have each other again',
    () => {
      const drives = ['app', 'peer'] as const;
      const rows = new Map(
        drives.map((drive, i) => [{ way: 'postCopy', phase: 'way', name: `f${i}` } satisfies Row, drive]),
      );
      const found = new Map<string, Outcome>();
      before(async () => {
        const outcomes = await tear(bench, rows, async (job) => {
          await shown(bench.core, job, ({ log }) => JSON.stringify(log).includes('have lost each other'));
        });
        for (const [{ name }, outcome] of outcomes) found.set(name, outcome);
        await bench.assertNothingElse([...rows.keys()]);
      });
      for (const [row, drive] of rows)
        test(drive, () => {
          const outcome = found.get(row.name);
          assertOutcome(row, outcome, 'target');
          assert.match(JSON.stringify(outcome?.log), /Post-copy has come to its end/);
        });
    },
  );

  suite(
    'without a fault, by what can be asked of a move: QEMU does it, and its limits are changed meanwhile',
    () => {
      let found = new Map<Option, Outcome>();
      before(async () => {
        found = await moveWithOptions(bench);
        await bench.assertNothingElse(OPTIONS.map(({ row }) => row));
      });
      for (const option of OPTIONS)
        test(option.title, (t) => {
          const outcome = found.get(option);
          if (option.since !== undefined && outcome === undefined)
            return t.skip(`from libvirt ${option.since} on, and the lab has an older one`);
          assertOutcome(option.row, outcome, 'target');
          if (option.says !== undefined) assert.match(JSON.stringify(outcome?.log), option.says);
        });
    },
  );

  for (const { way, phase } of CELLS) {
    const skip = senseless(way, phase);
    if (skip !== null) test(`every fault: ${way}: ${phase}`, { skip });
  }
});
