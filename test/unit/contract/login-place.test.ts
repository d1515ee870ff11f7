import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loginPlace } from '../../../main/contract/login-place.ts';

const at = (address: string, jump = false) => ({ user: 'root', host: 'blue', address, jump });

test('the host is called by its name in the list, with its address', () => {
  assert.equal(loginPlace(at('192.0.2.1'), 'kvm1'), 'kvm1 (192.0.2.1)');
});

test('a server on the way is called as ~/.ssh/config calls it', () => {
  assert.equal(loginPlace(at('192.0.2.9:2222', true), 'kvm1'), 'blue (192.0.2.9:2222)');
});

test('an address is not said twice', () => {
  assert.equal(loginPlace(at('192.0.2.1'), '192.0.2.1'), '192.0.2.1');
  assert.equal(loginPlace(at('192.0.2.1:2222'), '192.0.2.1'), '192.0.2.1:2222');
  assert.equal(loginPlace(at('[2001:db8::1]:2222'), '2001:db8::1'), '[2001:db8::1]:2222');
  assert.equal(loginPlace(at('192.0.2.1'), 'root@192.0.2.1'), '192.0.2.1');
  assert.equal(loginPlace(at('192.0.2.1'), 'kvm1 (root@192.0.2.1)'), 'kvm1 (root@192.0.2.1)');
});
