import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { MoveBench, type Outcome } from './migrate-fault-bench.ts';
import { tear } from './migrate-fault-tear.ts';
import { FAULTS, type Fault, type Strike, type Where } from './migrate-fault-faults.ts';
import {
  diskOf,
  PHASES,
  senseless,
  SHARED,
  stationOf,
  WAYS,
  type Phase,
  type Row,
  type Way,
} from './migrate-fault-rows.ts';
import { shown } from './migrate-lab.ts';
import { moveWithOptions, OPTIONS, type Option } from './migrate-options.ts';

/**
 * Usually every fault meets Finish and Confirm of each way that decides otherwise (TURNS), where it makes sense there, and every other phase of every way
 * meets one fault: a good quarter of the cells. VIRTLANE_FAULTS=all walks all of them, every fault in every phase of every way, which takes half an hour;
 * VIRTLANE_FAULT=power the faults whose title holds the word.
 * Once, without a fault, machines go by what else can be asked of a move (migrate-options.ts).
 * VIRTLANE_FAULTS=none walks the usual cells without their faults, and each must notice that.
 */
const ALL = process.env['VIRTLANE_FAULTS'] === 'all';
const NONE = process.env['VIRTLANE_FAULTS'] === 'none';
/** Nothing is struck. */
const NO_STRIKE: Strike = { begin: () => Promise.resolve() };
const TITLED = process.env['VIRTLANE_FAULT'] ?? '';
/** So many machines at once. */
const AT_ONCE = 10;

type Cell = Omit<Row, 'name'>;
const CELLS: readonly Cell[] = WAYS.flatMap((way) => PHASES.map((phase) => ({ way, phase })));
const DECIDING: readonly Phase[] = ['finish', 'confirm'];
/** Ways that are alike when it is decided: of each line one meets a fault, in turn. */
const TURNS: readonly (readonly Way[])[] = [
  ['copied', 'relay', 'shared', 'tls'],
  ['tunnel', 'peer'],
  ['postCopy'],
  ['offline'],
];
const sensible = CELLS.filter(({ way, phase }) => senseless(way, phase) === null);
const others = sensible.filter(({ phase }) => !DECIDING.includes(phase));

const whyNot = (fault: Fault, cell: Cell): string | null =>
  senseless(cell.way, cell.phase) ?? fault.senseless?.(cell) ?? null;

/** What each fault meets usually, by its number. */
function usual(): readonly (readonly Cell[])[] {
  const found = FAULTS.map((fault, number) => {
    const ways = TURNS.map((turns) => turns[number % turns.length]);
    const deciding = sensible.filter(({ way, phase }) => ways.includes(way) && DECIDING.includes(phase));
    return deciding.filter((cell) => whyNot(fault, cell) === null);
  });
  const whatMeets = (cell: Cell): number[] =>
    FAULTS.flatMap((fault, number) => (whyNot(fault, cell) === null ? [number] : []));
  // The faults take turns. One that has a whole batch is passed over, as a second batch costs as much as many cells: so who has least choice comes first.
  const leastChoice = others.toSorted((a, b) => whatMeets(a).length - whatMeets(b).length);
  for (const [turn, cell] of leastChoice.entries()) {
    const after = (number: number): number => (number - turn + FAULTS.length * others.length) % FAULTS.length;
    const inTurn = whatMeets(cell).toSorted((a, b) => after(a) - after(b));
    const met = inTurn.flatMap((number) => [found[number] ?? []]);
    (met.find(({ length }) => length < AT_ONCE) ?? met[0])?.push(cell);
  }
  return found;
}

const WALKED = ALL ? FAULTS.map((fault) => sensible.filter((cell) => whyNot(fault, cell) === null)) : usual();

/** In batches, so that two cores can run them. */
function batches(number: number): Row[][] {
  const rows = (WALKED[number] ?? []).map((cell, i): Row => ({ ...cell, name: `f${i}` }));
  return rows.flatMap((_, i) => (i % AT_ONCE === 0 ? [rows.slice(i, i + AT_ONCE)] : []));
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

function assertOutcome(row: Row, found: Outcome | undefined, where: Where): void {
  const told = JSON.stringify(found, null, 1);
  assert.ok(found !== undefined, told);
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

  for (const [number, fault] of FAULTS.entries()) {
    if (!fault.title.includes(TITLED)) continue;
    suite(fault.title, () => {
      for (const rows of batches(number)) {
        const found = new Map<Row, Outcome>();
        before(async () => {
          const strike = NONE ? NO_STRIKE : fault.strike;
          const outcomes =
            strike === null ? await bench.kill(rows) : await bench.walk(rows, strike, fault.takes?.at ?? 1);
          for (const [row, outcome] of outcomes) found.set(row, outcome);
          await bench.assertNothingElse(rows);
        });
        for (const row of rows)
          test(`${row.way}: ${row.phase}`, () => {
            const outcome = found.get(row);
            if (NONE) return assert.throws(() => assertMet(row, outcome, fault), assert.AssertionError);
            assertMet(row, outcome, fault);
            assertOutcome(row, outcome, fault.ends(row));
          });
      }
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
  if (!ALL)
    test('the other cells', {
      skip: 'VIRTLANE_FAULTS=all walks them; test/unit/jobs/migrate.test.ts every order of two faults of a model of both hosts',
    });
});
