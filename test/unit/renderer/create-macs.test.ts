import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NicSpec } from '../../../main/contract/machine-spec.ts';
import { macsChoice, withMacs } from '../../../renderer/wizards/create/saved-input.ts';

const MACS = ['3c:ec:ef:00:00:01', '3c:ec:ef:00:00:02'];
const card = (mac: string): NicSpec => ({
  source: { kind: 'user' },
  model: 'e1000e',
  mac,
  vlan: null,
  filter: null,
  linkUp: true,
});
const BEFORE = MACS.map(card);
const TYPED = card('52:54:00:00:00:01');
const fresh = withMacs([...BEFORE, TYPED], BEFORE, { keep: false, macs: MACS });

test('MACs of a saved machine are kept or made anew, and those that were typed stay', () => {
  const macsOf = (nics: readonly NicSpec[]) => nics.map(({ mac }) => mac);
  assert.deepEqual(macsOf(fresh), [null, null, TYPED.mac]);
  assert.deepEqual(macsOf(withMacs(fresh, BEFORE, { keep: true, macs: MACS })), [...MACS, TYPED.mac]);
});

test('as long as what the machine gets of the saved one is not there, nobody has chosen new ones', () => {
  const [kept, anew] = [{ nics: BEFORE }, { nics: fresh }];
  assert.equal(macsChoice(kept, kept, MACS), 'keep');
  assert.equal(macsChoice(anew, kept, MACS), 'fresh');
  assert.equal(macsChoice(anew, anew, MACS), 'keep');
});
