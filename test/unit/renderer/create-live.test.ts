import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSourceChosen, newForm, type CreateForm } from '../../../renderer/wizards/create/form.ts';
import { addressOf, withAddress } from '../../../renderer/wizards/create/live-input.ts';
import { sectionOf } from '../../../renderer/wizards/create/problems.ts';
import { sourceOf } from '../../../renderer/wizards/create/source-input.ts';
import { suggestedName } from '../../../renderer/wizards/create/suggested-name.ts';

const AROUND = { pool: 'pool', file: '', cloudInit: null, unattended: null };

test('a machine that runs is looked at when that is asked for, and is known by what its name, key and changes are', () => {
  const live = { ...newForm('h').live, target: ' root@files01 ', keyFile: ' ' };
  const typed: CreateForm = { ...newForm('h', 'live'), live };
  assert.equal(isSourceChosen(typed), false, 'typed alone is not looked at');
  const looked = addressOf(live);
  assert.deepEqual(looked, { target: 'root@files01', keyFile: null });
  const allow = ['snapshot:vg/root'];
  const form: CreateForm = { ...typed, live: { ...live, looked, allow } };
  assert.equal(sourceOf(form, AROUND), null, 'its disks are not known yet');
  assert.deepEqual(sourceOf(form, { ...AROUND, savedDisks: ['sda'] }), {
    kind: 'live',
    target: 'root@files01',
    keyFile: null,
    disks: ['sda'],
    allow,
  });
  assert.deepEqual(
    withAddress({ ...form.live, target: 'root@other' }).allow,
    [],
    'nothing is allowed of another',
  );
  assert.equal(suggestedName(form, { os: null, had: 'Files01' }, new Set()), 'files01');
  assert.equal(sectionOf('source.allow'), 'source');
});
