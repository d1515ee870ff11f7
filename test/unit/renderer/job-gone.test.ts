import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobStep } from '../../../main/contract/activity.ts';
import { hasGone } from '../../../renderer/state/activity.ts';

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
