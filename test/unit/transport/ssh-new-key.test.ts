import assert from 'node:assert/strict';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import { newSshKey } from '../../../drivers/transport/ssh-new-key.ts';

test('a new key is of OpenSSH’s format, and its two halves are one', () => {
  const seen = new Set<string>();
  for (let count = 0; count < 20; count += 1) {
    const made = newSshKey();
    seen.add(made.public);
    const [secret, open] = [made.private, made.public].map((text) => ssh2.utils.parseKey(text));
    assert.ok(secret !== undefined && !(secret instanceof Error), 'it is read');
    assert.ok(open !== undefined && !(open instanceof Error), 'its other half is read');
    assert.deepEqual([secret.type, secret.isPrivateKey()], ['ssh-ed25519', true]);
    assert.deepEqual(secret.getPublicSSH(), open.getPublicSSH());
    const data = Buffer.from('what is signed');
    const signature = secret.sign(data);
    assert.ok(!(signature instanceof Error));
    assert.equal(open.verify(data, signature), true);
    assert.match(made.private, /^-----BEGIN OPENSSH PRIVATE KEY-----\n(?:[A-Za-z0-9+/=]{1,70}\n)+-----END /);
  }
  assert.equal(seen.size, 20);
});
