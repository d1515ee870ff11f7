import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { RpcConnection } from '../../../drivers/rpc/connection.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { FrameEncoder, messageType } from '../../../drivers/rpc/frame.ts';
import { RpcServer } from '../../../drivers/rpc/server.ts';
import type { CallContext } from '../../../drivers/rpc/server.ts';
import type { ServerStream } from '../../../drivers/rpc/server-stream.ts';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { Peer, procedure, program, settle } from './peer.ts';

type Handle = (name: string, args: unknown, context: CallContext) => Promise<unknown>;

function serve(handle: Handle): { connection: RpcConnection; server: RpcServer; events: unknown[] } {
  const [near, far] = memoryPair();
  const events: unknown[] = [];
  const server = new RpcServer(far, { programs: [program], handle });
  const onEvent = ({ name }: { name: string }, msg: unknown): void => void events.push([name, msg]);
  return { server, events, connection: new RpcConnection(near, { programs: [program], onEvent }) };
}

async function rawReply(send: (peer: Peer) => void): Promise<string> {
  const [near, far] = memoryPair();
  const server = new RpcServer(far, { programs: [program], handle: () => Promise.resolve() });
  const peer = new Peer(near);
  send(peer);
  const [frame] = await peer.until(1);
  server.close();
  return `${frame?.type} ${frame?.status} ${frame?.serial} ${frame?.body.toString('latin1')}`;
}

test('a call is decoded, handled by name and answered', async () => {
  const calls: unknown[] = [];
  const { connection } = serve((name, args) => {
    calls.push([name, args]);
    return Promise.resolve({ value: 2 });
  });
  assert.deepEqual(await connection.call(procedure('echo'), { value: 1 }), { value: 2 });
  assert.deepEqual(calls, [['echo', { value: 1 }]]);
  connection.close();
});

test('an error of libvirt goes over as it is', async () => {
  const { connection } = serve(() => {
    throw new LibvirtError({
      code: 'VIR_ERR_OPERATION_INVALID',
      domain: 'VIR_FROM_TEST',
      message: 'is not running',
    });
  });
  await assert.rejects(connection.call(procedure('echo'), { value: 1 }), {
    code: 'VIR_ERR_OPERATION_INVALID',
    domain: 'VIR_FROM_TEST',
    message: 'is not running',
  });
  connection.close();
});

test('any other error goes over as an internal one', async () => {
  const { connection } = serve(() => Promise.reject(new Error('oops')));
  await assert.rejects(connection.call(procedure('echo'), { value: 1 }), {
    code: 'VIR_ERR_INTERNAL_ERROR',
    message: 'internal error: oops',
  });
  connection.close();
});

test('an answer that does not fit the procedure goes over as an error', async () => {
  const { connection } = serve(() => Promise.resolve({ value: 'x' }));
  await assert.rejects(connection.call(procedure('echo'), { value: 1 }), { code: 'VIR_ERR_INTERNAL_ERROR' });
  connection.close();
});

test('an unknown procedure, program and a malformed body are refused in the words of libvirtd', async () => {
  const call = { type: messageType.CALL, serial: 7 };
  const unknown = await rawReply((peer) => peer.send({ ...call, procedure: 99 }));
  assert.match(unknown, /^1 1 7 .*unknown procedure: 99/s);
  const foreign = await rawReply((peer) => peer.send({ ...call, program: 5 }));
  assert.match(foreign, /^1 1 7 .*Cannot find program 5 version 1/s);
  const malformed = await rawReply((peer) => peer.send(call, Buffer.alloc(2)));
  assert.match(malformed, /^1 1 7 .*Unable to decode message payload/s);
});

test('an event arrives at the client', async () => {
  const { connection, server, events } = serve(() => Promise.resolve());
  server.sendEvent(program, 'changed', { text: 'hello' });
  await settle();
  assert.deepEqual(events, [['changed', { text: 'hello' }]]);
  connection.close();
});

test('a client that leaves aborts what its calls do', async () => {
  let signal: AbortSignal | undefined;
  const { connection, server } = serve((_name, _args, context) => {
    signal = context.signal;
    return new Promise(() => undefined);
  });
  const waiting = assert.rejects(connection.call(procedure('echo'), { value: 1 }), { code: 'LINK_CLOSED' });
  await settle();
  connection.close();
  await waiting;
  await server.closed;
  assert.equal(signal?.aborted, true);
});

test('a download of the host arrives whole, after the answer', async () => {
  const { connection } = serve((_name, _args, context) => {
    const stream = context.openStream();
    stream.write('abc');
    stream.end(Buffer.alloc(600_000, 'x'));
    return Promise.resolve();
  });
  const { stream } = await connection.openStream(procedure('download'), undefined);
  let length = 0;
  for await (const chunk of stream) length += (chunk as Buffer).length;
  assert.equal(length, 600_003);
  connection.close();
});

test('a download that the host fails fails with its error', async () => {
  const { connection } = serve((_name, _args, context) => {
    const stream = context.openStream();
    stream.write('abc', () =>
      stream.destroy(new LibvirtError({ code: 'VIR_ERR_SYSTEM_ERROR', message: 'bad disk' })),
    );
    return Promise.resolve();
  });
  const { stream } = await connection.openStream(procedure('download'), undefined);
  stream.resume();
  await assert.rejects(once(stream, 'end'), { code: 'VIR_ERR_SYSTEM_ERROR', message: 'bad disk' });
  connection.close();
});

test('an upload arrives whole and is confirmed when it was read', async () => {
  const received: Buffer[] = [];
  const { connection } = serve((_name, _args, context) => {
    context.openStream().on('data', (chunk: Buffer) => received.push(chunk));
    return Promise.resolve();
  });
  const { stream } = await connection.openStream(procedure('upload'), undefined);
  stream.write('abc');
  stream.end('def');
  await once(stream, 'finish');
  assert.equal(Buffer.concat(received).toString(), 'abcdef');
  connection.close();
});

test('a console speaks both ways and closes at both ends when the client ends it', async () => {
  let host: ServerStream | undefined;
  const { connection } = serve((_name, _args, context) => {
    const stream = context.openStream();
    stream.on('data', (chunk: Buffer) => stream.write(chunk.toString().toUpperCase()));
    host = stream;
    return Promise.resolve({ value: 0 });
  });
  const { stream } = await connection.openStream(procedure('console'), { value: 1 });
  stream.write('hello');
  assert.equal(String((await once(stream, 'data'))[0]), 'HELLO');
  stream.end();
  await once(stream, 'close');
  assert.ok(host?.closed === true || (await once(host as ServerStream, 'close')));
  connection.close();
});

test('a console that the client aborts is closed at the host', async () => {
  let closed: Promise<unknown> | undefined;
  const { connection } = serve((_name, _args, context) => {
    closed = once(context.openStream(), 'close');
    return Promise.resolve({ value: 0 });
  });
  const { stream } = await connection.openStream(procedure('console'), { value: 1 });
  stream.destroy();
  await closed;
  assert.ok(connection.isOpen);
  connection.close();
});

test('a client that leaves closes the streams of the host', async () => {
  let closed: Promise<unknown> | undefined;
  const { connection } = serve((_name, _args, context) => {
    closed = once(context.openStream(), 'close');
    return Promise.resolve({ value: 0 });
  });
  const { stream } = await connection.openStream(procedure('console'), { value: 1 });
  stream.on('error', () => undefined);
  connection.close();
  await closed;
});

test('a client that calls and does not read is not read from', async () => {
  const [near, far] = memoryPair();
  let calls = 0;
  const handle = (): Promise<unknown> => {
    calls += 1;
    return Promise.resolve({ value: 1 });
  };
  const server = new RpcServer(far, { programs: [program], handle });
  const encoder = new FrameEncoder();
  const header = { program: 77, version: 1, procedure: 1, type: messageType.CALL, status: 0 };
  const rounds = 200;
  for (let round = 0; round < rounds; round++) {
    const packets = Array.from({ length: 100 }, (_, at) =>
      encoder.encodeRaw({ ...header, serial: round * 100 + at + 1 }, Buffer.alloc(4)),
    );
    near.write(Buffer.concat(packets));
  }
  await settle();
  await settle();
  assert.ok(calls < (rounds * 100) / 2, `${calls} calls were served`);
  const peer = new Peer(near);
  await peer.until(rounds * 100);
  assert.equal(calls, rounds * 100);
  server.close();
});
