import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadIdentities } from '../../../drivers/transport/ssh-identities.ts';
import type { SshTarget } from '../../../drivers/transport/ssh-target.ts';

const target: SshTarget = {
  alias: 'kvm1',
  host: 'kvm1',
  port: 22,
  user: 'ann',
  keyFiles: ['/nowhere/id_ed25519'],
  identitiesOnly: true,
  identityAgent: null,
  jumps: [],
};
const noPassphrase = (): Promise<null> => Promise.resolve(null);

test('a key file that a person chose and that is not there is named', async () => {
  await assert.rejects(loadIdentities({ ...target, chosenKeyFile: '/nowhere/id_ed25519' }, noPassphrase), {
    code: 'BAD_CONFIG',
    message: 'There is no key file /nowhere/id_ed25519',
  });
});

test('a key file of the configuration that is not there is passed over, as by OpenSSH', async () => {
  assert.deepEqual((await loadIdentities(target, noPassphrase)).list, []);
});
