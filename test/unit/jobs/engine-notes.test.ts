import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { readRecord, type JobRecord } from '../../../main/jobs/engine/job-record.ts';
import type { Journal, JournalEntry } from '../../../main/jobs/engine/journal.ts';
import { Runner } from '../../../main/jobs/engine/runner.ts';
import { NothingDone, type Json, type StepKind } from '../../../main/jobs/engine/step.ts';
import { stepKind, StepKinds } from '../../../main/jobs/engine/step-kinds.ts';
import { planOf } from './engine-bench.ts';

const params = z.object({ name: z.string() });
const KIND: StepKind = stepKind({
  name: 'plain',
  params,
  check: () => Promise.resolve(),
  run: () => Promise.resolve(null),
  settle: () => Promise.resolve({ done: false as const }),
  undo: () => Promise.resolve(),
  leaves: () => null,
});
const REFUSED = stepKind({
  ...KIND,
  name: 'refused',
  run: () => Promise.reject(new FailureError({ code: 'CONFLICT', message: 'refused' })),
});

/** A runner of a plan whose steps are of these kinds; what `append` rejects the disk of the laptop has no room for. */
function runnerOf(
  kinds: readonly StepKind[],
  {
    append = () => Promise.resolve(),
    record,
    ifRefused,
  }: {
    append?: (entry: JournalEntry) => Promise<void>;
    record?: Partial<JobRecord>;
    /** The last step is for where this one is refused. */
    ifRefused?: string;
  } = {},
): Runner {
  const nothing = (): undefined => undefined;
  const listener = {
    log: nothing,
    step: nothing,
    progress: nothing,
    goesOn: nothing,
    away: nothing,
    silent: nothing,
    outside: nothing,
    settling: nothing,
    turns: nothing,
    undoing: nothing,
    waiting: nothing,
  };
  const never = new AbortController().signal;
  const steps = kinds.map(({ name }, at) => ({
    id: name,
    kind: name,
    host: 'h',
    title: name,
    params: { name },
    ...(at === kinds.length - 1 ? { ifRefused } : {}),
  }));
  return new Runner(
    {
      plan: planOf({ steps }),
      kinds: new StepKinds(kinds),
      journal: { append } as unknown as Journal,
      listener,
      access: {
        session: () => assert.fail('no step of these asks for it'),
        client: () => assert.fail('no step of these asks for it'),
        secret: () => assert.fail('no step of these asks for it'),
      } as never,
      cancelled: never,
      closing: never,
      givenUp: never,
      isAway: () => false,
      connected: () => Promise.resolve(),
      startOf: () => Promise.resolve('start-1'),
      hostBack: () => Promise.resolve(),
      whenFinal: () => Promise.resolve(),
    },
    record as JobRecord | undefined,
  );
}

/** Its undo tells whether what it made was written to. */
function makerOf(seen: string[]): StepKind {
  return stepKind({
    ...KIND,
    name: 'maker',
    undo: (_params, _result, step) => Promise.resolve(void seen.push(step.written())),
  });
}

suite('what a step is told of itself and of the others', () => {
  for (const writes of [false, true])
    test(`whether a step was begun that ${writes ? 'writes' : 'might have written'} to what it made`, async () => {
      const seen: string[] = [];
      const maker = makerOf(seen);
      const writer: StepKind = { ...KIND, name: 'writer', writes: true };
      const { type } = await runnerOf(writes ? [maker, writer, REFUSED] : [maker, REFUSED, writer]).run();
      assert.equal(type, 'failed');
      assert.deepEqual(seen, [writes ? 'begun' : 'never']);
    });

  test('what libvirt refused to begin, where there was another way, has written nothing', async () => {
    const seen: string[] = [];
    const no = new LibvirtError({ code: 'VIR_ERR_OPERATION_FAILED', message: 'no' });
    const writer: StepKind = {
      ...KIND,
      name: 'writer',
      writes: true,
      run: () => Promise.reject(new NothingDone(no)),
    };
    const kinds = [makerOf(seen), writer, REFUSED];
    assert.equal((await runnerOf(kinds, { ifRefused: 'writer' }).run()).type, 'failed');
    assert.deepEqual(seen, ['refused']);
  });

  test('a step takes back what another one made: that is not the maker’s any more, also after the program died', async () => {
    const seen: (Json | undefined)[] = [];
    const lines: JournalEntry[] = [];
    const maker = stepKind({
      ...KIND,
      name: 'maker',
      run: (_params, step) => step.note('made').then(() => null),
      undo: (_params, _result, step) => Promise.resolve(void seen.push(step.noted())),
    });
    const clearer = stepKind({
      ...KIND,
      name: 'clearer',
      run: (_params, step) => step.note(null, 'maker').then(() => null),
    });
    const append = (line: JournalEntry) => Promise.resolve(void lines.push(line));
    assert.equal((await runnerOf([maker, clearer, REFUSED], { append }).run()).type, 'failed');
    assert.deepEqual(seen, [null]);
    const plan = { type: 'plan', version: 1, startedAt: 0, plan: planOf() } as const;
    assert.equal(readRecord('id', [plan, ...lines])?.noted.get('maker'), null);
  });

  test('a note is of the step’s present begin: an earlier one’s is forgotten', async () => {
    const seen: (Json | undefined)[] = [];
    const kind = stepKind({
      ...KIND,
      name: 'noter',
      settle: (_params, step) => (seen.push(step.noted()), Promise.resolve({ done: false as const })),
      run: (_params, step) => (seen.push(step.noted()), Promise.resolve(null)),
    });
    const record = { begun: new Set(['noter']), noted: new Map([['noter', 'old']]) };
    assert.equal((await runnerOf([kind], { record }).run()).type, 'done');
    assert.deepEqual(seen, ['old', undefined]);
  });

  test('a note that the disk has no room for: the undo of this process knows it all the same', async () => {
    const seen: (Json | undefined)[] = [];
    const kind = stepKind({
      ...KIND,
      name: 'noter',
      run: (_params, step) => step.note('made').then(() => null),
      undo: (_params, _result, step) => (seen.push(step.noted()), Promise.resolve()),
    });
    const append = ({ type }: JournalEntry) =>
      type === 'note' ? Promise.reject(new Error('ENOSPC')) : Promise.resolve();
    assert.equal((await runnerOf([kind], { append }).run()).type, 'failed');
    assert.deepEqual(seen, ['made']);
  });
});
