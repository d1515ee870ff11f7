import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planClone } from '../../../main/jobs/clone/plan.ts';
import { makeIdentities } from '../../../main/jobs/create/identity.ts';
import { FACTS, FAR, INPUT, LIVE } from './clone-facts.ts';

const TPM = { model: 'tpm-crb', backend: 'emulator', version: '2.0' };
const withTpm = (change: Partial<typeof TPM> = {}, inner = ''): typeof FACTS => ({
  ...FACTS,
  model: { ...FACTS.model, tpm: { ...TPM, ...change } },
  xml: FACTS.xml.replace(
    '</devices>',
    `<tpm model='tpm-crb'><backend type='emulator'>${inner}</backend></tpm></devices>`,
  ),
});
const KEEP = { ...INPUT, tpm: 'keep' as const };
const said = (facts: typeof FACTS): string =>
  planClone(KEEP, facts, null)
    .problems.map(({ field, message }) => `${field}: ${message}`)
    .join('\n');

test('what the TPM holds is copied after the machine is defined, between folders that are pools for that time', () => {
  const { plan, warnings, problems } = planClone(KEEP, withTpm(), makeIdentities(1, 1, new Set()));
  assert.deepEqual(problems, []);
  assert.ok(warnings.some((text) => text.includes('takes the two for one')));
  const kinds = plan.steps.slice(plan.steps.findIndex(({ kind }) => kind === 'create.define'));
  assert.deepEqual(
    kinds.slice(0, 6).map(({ kind }) => kind),
    [
      'create.define',
      'clone.openFolder',
      'clone.openFolder',
      'clone.send',
      'clone.closeFolder',
      'clone.closeFolder',
    ],
  );
  const [from, to] = kinds
    .filter(({ kind }) => kind === 'clone.openFolder')
    .map(({ params }) => params as { path: string; uuid: string });
  assert.equal(from?.path, `/var/lib/libvirt/swtpm/${FACTS.model.uuid}/tpm2`);
  assert.match(to?.path ?? '', /^\/var\/lib\/libvirt\/swtpm\/[0-9a-f-]{36}\/tpm2$/);
  assert.equal(new Set([from?.uuid, to?.uuid, plan.uuid]).size, 3);
  const old = planClone(KEEP, withTpm({ version: '1.2' }), null).plan.steps;
  assert.match(JSON.stringify(old), /swtpm\/[^"]+\/tpm1\.2".+"tpm-00\.permall"/);
});

test('where nobody asks for it, it begins empty, and that is said', () => {
  const { plan, warnings } = planClone(INPUT, withTpm(), null);
  assert.ok(!plan.steps.some(({ id }) => id.startsWith('tpm')));
  assert.ok(warnings.some((text) => text.startsWith('The TPM begins empty')));
});

test('what cannot be copied is refused with the reason', () => {
  assert.match(said({ ...withTpm(), ...LIVE }), /^tpm: db runs and writes to its TPM/);
  assert.match(said(withTpm({ backend: 'passthrough' })), /^tpm: The TPM of db is not emulated/);
  assert.match(said(withTpm({}, "<source type='dir' path='/x'/>")), /^tpm: .+ at a place of its own/);
  const secret = withTpm({}, "<encryption secret='u'/>");
  assert.doesNotMatch(said(secret), /^tpm/m);
  assert.match(said({ ...secret, ...FAR }), /^tpm: .+ encrypted by a secret of kvm-a/m);
  const session = { ...withTpm(), host: { ...FACTS.host, uri: 'qemu+ssh://kvm-a/session' } };
  assert.match(said(session), /^tpm: Where kvm-a keeps TPMs is not known/);
});
