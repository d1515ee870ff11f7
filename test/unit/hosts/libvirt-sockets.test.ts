import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { openFirst, systemSockets } from '../../../main/hosts/libvirt-sockets.ts';

const missing = (path: string) => new TransportError('NO_SUCH_SOCKET', `no ${path}`);

test('the first socket that somebody listens on is taken', async () => {
  const tried: string[] = [];
  const found = await openFirst(systemSockets('qemu'), (path) => {
    tried.push(path);
    return path.endsWith('virtqemud-sock')
      ? Promise.resolve(new PassThrough())
      : Promise.reject(missing(path));
  });
  assert.equal(found.path, '/run/libvirt/virtqemud-sock');
  assert.deepEqual(tried, systemSockets('qemu').slice(0, 3));
});

test('a socket that may not be opened is the reason, and no other is tried', async () => {
  let tries = 0;
  const opening = openFirst(systemSockets('qemu'), () => {
    tries += 1;
    return Promise.reject(new TransportError('PERMISSION', 'no'));
  });
  await assert.rejects(opening, { code: 'PERMISSION' });
  assert.equal(tries, 1);
});

test('when none is there, all that were tried are named', async () => {
  const opening = openFirst(['/a', '/b'], (path) => Promise.reject(missing(path)));
  await assert.rejects(opening, { code: 'NO_SUCH_SOCKET', message: 'No libvirt daemon listens on /a, /b' });
});
