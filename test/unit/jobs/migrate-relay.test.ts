import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { localLink } from '../../../main/hosts/direct-links.ts';
import { parseTarget } from '../../../main/hosts/target.ts';
import { openRelay } from '../../../main/jobs/migrate/relay.ts';
import { until } from '../../support/wait.ts';

/** This computer, twice: a port of it leads to another. */
async function relayTo(serve: (socket: Socket) => void) {
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const target = parseTarget('qemu:///system');
  assert.ok(target.kind === 'local');
  const links = { source: localLink(target), target: localLink(target) };
  const faults: unknown[] = [];
  const relay = await openRelay(links, address.port, (error) => faults.push(error));
  const close = async (): Promise<void> => {
    await relay.close();
    server.close();
  };
  return { relay, faults, server, close };
}

async function bytesOf(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

test('both ways, for several connections; the end of one is its end alone', async () => {
  const { relay, close } = await relayTo((socket) => {
    socket.on('data', (chunk: Buffer) => socket.end(`echo ${chunk.toString()}`));
  });
  const [first, second] = [connect(relay.port, '127.0.0.1'), connect(relay.port, '127.0.0.1')];
  first.write('a');
  assert.equal(await bytesOf(first), 'echo a');
  second.write('b');
  assert.equal(await bytesOf(second), 'echo b');
  await close();
});

test('a connection that is cut takes no other with it', async () => {
  const served: Socket[] = [];
  const { relay, close } = await relayTo((socket) => {
    served.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  const [cut, kept] = [connect(relay.port, '127.0.0.1'), connect(relay.port, '127.0.0.1')];
  cut.on('error', () => undefined);
  await until(() => served.length === 2, 'both arrived');
  const closed = once(cut, 'close');
  served[0]?.resetAndDestroy();
  kept.write('still');
  const [echoed] = (await once(kept, 'data')) as [Buffer];
  assert.equal(echoed.toString(), 'still');
  kept.destroy();
  cut.destroy();
  await closed;
  await close();
});

test('a target that does not listen is told of, and the source’s end is closed', async () => {
  const { relay, faults, server, close } = await relayTo(() => undefined);
  server.close();
  await once(server, 'close');
  const socket = connect(relay.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'close');
  assert.equal(faults.length, 1);
  await close();
});

test('a reader that does not read holds the writer', async () => {
  const held: Socket[] = [];
  const { relay, close } = await relayTo((socket) => {
    socket.pause();
    socket.on('error', () => undefined);
    held.push(socket);
  });
  const writer = connect(relay.port, '127.0.0.1');
  writer.on('error', () => undefined);
  const chunk = Buffer.alloc(1024 ** 2);
  let sent = 0;
  const limit = 256;
  while (sent < limit) {
    sent += 1;
    if (writer.write(chunk)) continue;
    const drained = await Promise.race([
      once(writer, 'drain').then(() => true),
      new Promise((resolve) => setTimeout(resolve, 300)).then(() => false),
    ]);
    if (!drained) break;
  }
  assert.ok(sent < limit, `${sent} MiB were taken`);
  writer.destroy();
  for (const socket of held) socket.destroy();
  await close();
});
