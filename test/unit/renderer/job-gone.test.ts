import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobStep } from '../../../main/contract/activity.ts';
import { planMigration } from '../../../main/jobs/migrate/plan.ts';
import { hasGone } from '../../../main/contract/migrate-steps.ts';
import { isOnBoth } from '../../../renderer/state/activity.ts';
import { factsOf, input, sourceOf, WEB } from '../jobs/migrate-facts.ts';

const step = (id: string, state: JobStep['state']): JobStep => ({
  id,
  title: id,
  state,
  startedAt: null,
  finishedAt: null,
});

test('what was moved is not taken back: by the step that there is no way back from', () => {
  const volume = step('volume-1', 'done');
  assert.equal(hasGone({ kind: 'migrate', steps: [volume, step('move', 'waiting')] }), false);
  assert.equal(
    hasGone({ kind: 'migrate', steps: [volume, step('move', 'done'), step('delete-1', 'waiting')] }),
    true,
  );
  assert.equal(hasGone({ kind: 'migrate', steps: [step('define', 'done'), step('undefine', 'done')] }), true);
  assert.equal(hasGone({ kind: 'create', steps: [step('move', 'done')] }), false);
});

test('a machine that was off is on both hosts from its definition on, for good where that stays at the source', () => {
  const define = step('define', 'done');
  assert.equal(isOnBoth({ kind: 'migrate', steps: [step('define', 'waiting')] }), false);
  assert.equal(isOnBoth({ kind: 'migrate', steps: [define, step('undefine', 'waiting')] }), true);
  assert.equal(isOnBoth({ kind: 'migrate', steps: [define, step('undefine', 'done')] }), false);
  assert.equal(isOnBoth({ kind: 'migrate', steps: [define, step('autostart', 'running')] }), true);
  assert.equal(isOnBoth({ kind: 'create', steps: [define] }), false);
});

test('the window tells where an interrupted move has the machine by the steps that are planned', () => {
  const whole = (state: 'running' | 'shutoff', keepDefinition: boolean) => {
    const facts = factsOf({ source: sourceOf(WEB, { state }), definition: WEB });
    const { steps } = planMigration(input({ keepDefinition }), facts).plan;
    const done = { state: 'done', startedAt: null, finishedAt: null } as const;
    const job = { kind: 'migrate', steps: steps.map(({ id, title }) => ({ id, title, ...done })) };
    return [hasGone(job), isOnBoth(job)];
  };
  for (const keep of [true, false]) assert.deepEqual(whole('running', keep), [true, false]);
  assert.deepEqual(whole('shutoff', false), [true, false]);
  assert.deepEqual(whole('shutoff', true), [false, true]);
});
