import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Client } from 'ssh2';
import { SshListeners } from '../../../drivers/transport/ssh-listeners.ts';
import type { SshTarget } from '../../../drivers/transport/ssh-target.ts';

/** A login whose server listens on one port after another. `answers`: it says when one is given up. */
function login(answers: boolean) {
  let port = 40_000;
  const client = Object.assign(new EventEmitter(), {
    forwardIn: (_: string, __: number, done: (error: undefined, port: number) => void) =>
      done(undefined, (port += 1)),
    unforwardIn: (_: string, __: number, done: () => void) => {
      if (answers) done();
    },
  });
  const target = { alias: 'kvm-a', port: 22 } as SshTarget;
  return { client, listeners: new SshListeners(target, client as unknown as Client) };
}

const listenersOf = (client: EventEmitter): number[] =>
  client.eventNames().map((event) => client.listenerCount(event));

test('ports that are opened and given up leave nothing at the login, however many there were', async () => {
  const { client, listeners } = login(true);
  const before = listenersOf(client);
  for (let count = 0; count < 50; count += 1) {
    const listener = await listeners.listen(() => undefined);
    await listener.close();
  }
  assert.deepEqual(listenersOf(client), before);
});

test('who waits until ports are given up waits no longer than their login is there', async () => {
  const { client, listeners } = login(false);
  const closing: Promise<void>[] = [];
  for (let count = 0; count < 50; count += 1) closing.push((await listeners.listen(() => undefined)).close());
  client.emit('close');
  await Promise.all(closing);
});
