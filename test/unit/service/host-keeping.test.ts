import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepHost } from '../../../main/service/host-keeping.ts';

test('a host that leaves the list while it is written: that it was saved is no failure', async () => {
  const list = new Set(['a']);
  let written: () => void = () => undefined;
  const settings = { keepHost: () => new Promise<void>((resolve) => (written = resolve)) };
  const hosts = {
    has: (id: string) => list.has(id),
    connection: () => assert.fail('it is asked for although it is gone'),
  };
  const kept = keepHost('a', { settings, fleet: { hosts } });
  list.delete('a');
  written();
  await kept;
});
