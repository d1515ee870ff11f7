import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fleet } from '../../../main/service/fleet.ts';
import { suggestHosts } from '../../../main/service/suggest.ts';

const services = (uris: string[] = []) => ({
  fleet: { store: { hosts: () => uris.map((uri) => ({ uri })) } } as unknown as Fleet,
  sshNames: () =>
    Promise.resolve({
      config: ['kvm-a', 'backup'],
      known: [
        { host: 'kvm-a', port: 22 },
        { host: '192.0.2.1', port: 2222 },
        { host: '2001:db8::1', port: 2222 },
        { host: 'bad name', port: 22 },
      ],
    }),
});

const targets = async (text: string, uris: string[] = []): Promise<string[]> =>
  (await suggestHosts(text, services(uris)))
    .filter(({ source }) => source !== 'local')
    .map(({ target }) => target);

test('hosts that ssh knows are offered once', async () => {
  assert.deepEqual(await targets(''), ['kvm-a', 'backup', '192.0.2.1:2222', '[2001:db8::1]:2222']);
});

test('what is typed narrows them, and the user is kept', async () => {
  assert.deepEqual(await targets('root@kvm'), ['root@kvm-a']);
  assert.deepEqual(await targets('2222'), ['192.0.2.1:2222', '[2001:db8::1]:2222']);
});

test('a host that is in the list already is not offered', async () => {
  assert.deepEqual(await targets('k', ['qemu+ssh://kvm-a/system']), ['backup']);
});
