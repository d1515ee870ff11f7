import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestCore } from '../../support/core.ts';
import { isFailed } from '../../support/failed.ts';
import { input } from '../jobs/create-input.ts';

test('a MAC that a machine of another host has is refused, with the name of both', async (context) => {
  const core = await TestCore.open();
  context.after(() => core.close());
  const hosts = await core.client.host.openDemo();
  for (const id of hosts) await core.inState(id, 'connected');
  const [here = '', there = ''] = hosts;
  const other = core.mirror.domains.find(({ host }) => host === there);
  assert.ok(other !== undefined);
  const { nics } = await core.client.domain.get({ host: there, uuid: other.uuid });
  const mac = nics[0]?.mac ?? '';
  const plain = input({ kind: 'disk' }, { host: here });
  const [nic] = plain.spec.nics;
  assert.ok(nic !== undefined);
  const wanted = { ...plain, spec: { ...plain.spec, nics: [{ ...nic, mac: mac.toUpperCase() }] } };
  const name = core.mirror.host(there)?.name ?? '';
  const message = `${other.name} on ${name} has this MAC already.`;
  const { problems } = await core.client.create.plan(wanted);
  const ofMac = problems.filter(({ field }) => field === 'spec.nics.0.mac');
  assert.deepEqual(ofMac, [{ field: 'spec.nics.0.mac', message }]);
  const refused = await isFailed(core.client.create.run(wanted));
  assert.ok(refused.problems?.some((problem) => problem.message === message));
});
