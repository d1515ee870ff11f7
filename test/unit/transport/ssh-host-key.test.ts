import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KnownHosts } from '../../../drivers/transport/known-hosts.ts';
import { HostKeyCheck } from '../../../drivers/transport/ssh-host-key.ts';

const target = {
  alias: 'kvm1',
  host: 'kvm1',
  port: 22,
  user: 'ann',
  keyFiles: [],
  identitiesOnly: false,
  identityAgent: null,
  jumps: [],
};
const nobody = new KnownHosts({ ownFile: null, readFiles: [] });
const { signal } = new AbortController();

describe('a new key exchange within a session', () => {
  test('takes the same key without a question, and no other one', async () => {
    const check = await HostKeyCheck.for(target, nobody);
    let asked = 0;
    const asks = {
      hostKey: () => {
        asked++;
        return Promise.resolve('once' as const);
      },
    };
    await check.check(Buffer.from('first'), asks, signal);
    await check.check(Buffer.from('first'), asks, signal);
    assert.equal(asked, 1);
    await assert.rejects(check.check(Buffer.from('second'), asks, signal), { code: 'HOST_KEY_CHANGED' });
  });
});

describe('algorithms for host keys', () => {
  test('signatures with SHA-1 are taken only where the configuration says so', async () => {
    assert.ok(!(await HostKeyCheck.for(target, nobody)).algorithms.includes('ssh-rsa'));
    const check = await HostKeyCheck.for({ ...target, sha1HostKeys: true }, nobody);
    assert.equal(check.algorithms.at(-1), 'ssh-rsa');
  });
});
