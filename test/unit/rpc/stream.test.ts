import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { bodyFromError, errorBody } from '../../../drivers/rpc/error-body.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { messageStatus, messageType, STREAM_CHUNK_BYTES } from '../../../drivers/rpc/frame.ts';
import type { Header } from '../../../drivers/rpc/frame.ts';
import { StreamHole } from '../../../drivers/rpc/stream.ts';
import type { RpcStream } from '../../../drivers/rpc/stream.ts';
import { encodeBody } from '../../../drivers/xdr/xdr.ts';
import { connect, procedure, settle, word } from './peer.ts';
import type { Pair } from './peer.ts';

type Kind = 'console' | 'download' | 'upload';

async function open(kind: Kind, options = {}): Promise<Pair & { stream: RpcStream; send: SendPart }> {
  const pair = connect();
  const row = procedure(kind);
  const opening = pair.connection.openStream(row, kind === 'console' ? { value: 1 } : undefined, options);
  await pair.peer.until(1);
  pair.peer.send({ procedure: row.number }, kind === 'console' ? word(5) : Buffer.alloc(0));
  const { stream } = await opening;
  const send: SendPart = (status, body, type = messageType.STREAM) => {
    pair.peer.send({ procedure: row.number, type, status }, body);
  };
  return { ...pair, stream, send };
}
type SendPart = (status: number, body?: Uint8Array, type?: number) => void;

const { OK, ERROR, CONTINUE } = messageStatus;
const summary = (frames: (Header & { body: Uint8Array })[]): unknown[] =>
  frames.slice(1).map(({ type, status, serial, body }) => [type, status, serial, body.length]);
const hostError = (message: string): Uint8Array =>
  encodeBody(errorBody, bodyFromError(new LibvirtError({ code: 'VIR_ERR_OPERATION_FAILED', message })));

test('a stream is opened with the answer of its call', async () => {
  const { connection, peer } = connect();
  const opening = connection.openStream(procedure('console'), { value: 1 });
  await peer.until(1);
  peer.send({ procedure: 4 }, word(5));
  // In the same breath as the answer: it must not be lost.
  peer.send({ procedure: 4, type: messageType.STREAM, status: CONTINUE }, Buffer.from('login: '));
  const { ret, stream } = await opening;
  assert.deepEqual(ret, { value: 5 });
  assert.equal(String((await once(stream, 'data'))[0]), 'login: ');
  connection.close();
});

test('a call that is refused opens no stream', async () => {
  const { connection, peer } = connect();
  const opening = connection.openStream(procedure('console'), { value: 1 });
  await peer.until(1);
  peer.send({ procedure: 4, status: ERROR }, hostError('cannot find character device'));
  await assert.rejects(opening, { name: 'LibvirtError', procedure: 'console' });
  connection.close();
});

test('a download ends when the host has confirmed it', async () => {
  const { connection, peer, stream, send } = await open('download');
  const chunks: string[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(String(chunk)));
  send(CONTINUE, Buffer.from('abc'));
  send(CONTINUE, Buffer.from('def'));
  send(CONTINUE);
  await peer.until(2);
  assert.deepEqual(summary(peer.frames), [[messageType.STREAM, OK, 1, 0]]);
  assert.equal(stream.readableEnded, false);
  send(OK);
  await once(stream, 'close');
  assert.deepEqual(chunks, ['abc', 'def']);
  assert.equal(stream.readableEnded, true);
  connection.close();
});

test('a download that fails at its end fails, whatever came before', async () => {
  const { connection, stream, send } = await open('download');
  stream.resume();
  send(CONTINUE, Buffer.from('abc'));
  send(ERROR, hostError('I/O error'));
  await assert.rejects(once(stream, 'end'), {
    name: 'LibvirtError',
    code: 'VIR_ERR_OPERATION_FAILED',
    message: 'I/O error',
    procedure: 'download',
  });
  assert.ok(connection.isOpen);
  connection.close();
});

test('an upload goes in packets of the size every libvirtd takes, and finishes when the host confirmed', async () => {
  const { connection, peer, stream, send } = await open('upload');
  stream.end(Buffer.alloc(STREAM_CHUNK_BYTES + 3));
  await peer.until(4);
  assert.deepEqual(summary(peer.frames), [
    [messageType.STREAM, CONTINUE, 1, STREAM_CHUNK_BYTES],
    [messageType.STREAM, CONTINUE, 1, 3],
    [messageType.STREAM, OK, 1, 0],
  ]);
  assert.equal(stream.writableFinished, false);
  send(OK);
  await once(stream, 'finish');
  connection.close();
});

test('an upload that the host refuses at its end fails with its words', async () => {
  const { connection, peer, stream, send } = await open('upload');
  stream.end(Buffer.from('abc'));
  await peer.until(3);
  send(ERROR, hostError('No space left on device'));
  await assert.rejects(once(stream, 'finish'), { message: 'No space left on device' });
  connection.close();
});

test('an empty write is no end', async () => {
  const { connection, peer, stream } = await open('upload');
  stream.write(Buffer.alloc(0));
  stream.write(Buffer.from('x'));
  await peer.until(2);
  assert.deepEqual(summary(peer.frames), [[messageType.STREAM, CONTINUE, 1, 1]]);
  connection.close();
});

test('destroy aborts the stream; what was under way is dropped; the connection lives', async () => {
  const { connection, peer, stream, send } = await open('console');
  stream.destroy();
  send(CONTINUE, Buffer.from('late'));
  await peer.until(2);
  assert.deepEqual(summary(peer.frames), [[messageType.STREAM, ERROR, 1, 0]]);
  send(OK);
  send(CONTINUE, Buffer.from('later'));
  const call = connection.call(procedure('echo'), { value: 1 });
  await peer.until(3);
  peer.answer(2);
  assert.deepEqual(await call, { value: 2 });
});

test('end of a console finishes it in both directions', async () => {
  const { connection, peer, stream, send } = await open('console');
  stream.resume();
  stream.end('exit\n');
  await peer.until(3);
  send(OK);
  await once(stream, 'close');
  assert.ok(stream.writableFinished && stream.readableEnded);
  connection.close();
});

test('a console that the host ends is finished and closed', async () => {
  const { connection, peer, stream, send } = await open('console');
  stream.resume();
  send(CONTINUE);
  await peer.until(2);
  assert.deepEqual(summary(peer.frames), [[messageType.STREAM, OK, 1, 0]]);
  send(OK);
  await once(stream, 'close');
  connection.close();
});

test('a lost link fails open streams', async () => {
  const { peer, stream } = await open('console');
  peer.duplex.destroy();
  const [error] = (await once(stream, 'error')) as [Error];
  assert.deepEqual([error.name, 'code' in error && error.code], ['LinkError', 'LINK_CLOSED']);
});

test('a call that was given up leaves no stream behind on the host', async () => {
  const { connection, peer } = connect();
  const abort = new AbortController();
  const opening = connection.openStream(procedure('console'), { value: 1 }, { signal: abort.signal });
  await peer.until(1);
  abort.abort();
  await assert.rejects(opening, { code: 'CANCELLED' });
  peer.send({ procedure: 4 }, word(5));
  await peer.until(2);
  assert.deepEqual(summary(peer.frames), [[messageType.STREAM, ERROR, 1, 0]]);
  connection.close();
});

test('a reader that does not read holds up the connection, and lets it go when it reads', async () => {
  const { connection, peer, stream, send } = await open('download');
  const block = Buffer.alloc(1 << 20);
  for (let count = 0; count < 12; count++) send(CONTINUE, block);
  await settle();
  await settle();
  assert.ok(stream.readableLength >= 8 << 20 && stream.readableLength < 10 << 20);
  const call = connection.call(procedure('echo'), { value: 1 });
  await peer.until(2);
  peer.answer(2);
  stream.resume();
  assert.deepEqual(await call, { value: 2 });
  connection.close();
});

test('writing waits for the socket', async () => {
  const { connection, peer, stream } = await open('upload');
  peer.duplex.pause();
  let written = 0;
  const write = (): void => {
    stream.write(Buffer.alloc(64_000), () => {
      written += 1;
      if (written < 100) write();
    });
  };
  write();
  await settle();
  assert.ok(written < 100, `${written} blocks were taken`);
  peer.duplex.resume();
  while (written < 100) await settle();
  connection.close();
});

const HOLE = Buffer.from('000000000001000000000000', 'hex');

test('holes are read in their place when they were asked for', async () => {
  const { connection, stream, send } = await open('download', { sparse: true });
  const items: unknown[] = [];
  stream.on('data', (item: unknown) => items.push(item instanceof StreamHole ? item.length : String(item)));
  send(CONTINUE, Buffer.from('a'));
  send(CONTINUE, HOLE, messageType.STREAM_HOLE);
  send(CONTINUE, Buffer.from('b'));
  send(OK);
  await once(stream, 'close');
  assert.deepEqual(items, ['a', 65_536n, 'b']);
  connection.close();
});

test('holes are written in their place', async () => {
  const { connection, peer, stream } = await open('upload', { sparse: true });
  stream.write(Buffer.from('a'));
  stream.write(new StreamHole(65_536n));
  stream.write(Buffer.from('b'));
  const frames = await peer.until(4);
  assert.deepEqual(
    frames.slice(1).map(({ type, status, body }) => [type, status, body.toString()]),
    [
      [messageType.STREAM, CONTINUE, 'a'],
      [messageType.STREAM_HOLE, CONTINUE, HOLE.toString()],
      [messageType.STREAM, CONTINUE, 'b'],
    ],
  );
  connection.close();
});

test('a hole that was not asked for fails the stream alone', async () => {
  const { connection, stream, send } = await open('download');
  send(CONTINUE, HOLE, messageType.STREAM_HOLE);
  await assert.rejects(once(stream, 'end'), { code: 'PROTOCOL', procedure: 'download' });
  assert.ok(connection.isOpen);
  connection.close();
});

test('data on an upload fails the stream alone', async () => {
  const { connection, stream, send } = await open('upload');
  send(CONTINUE, Buffer.from('?'));
  await assert.rejects(once(stream, 'finish'), { code: 'PROTOCOL', procedure: 'upload' });
  assert.ok(connection.isOpen);
  connection.close();
});

test('a listener of the data that throws ends the stream alone', async () => {
  const { connection, peer, stream, send } = await open('console');
  stream.on('data', () => {
    throw new Error('a bug');
  });
  const failed = once(stream, 'error');
  await settle();
  send(CONTINUE, Buffer.from('x'));
  assert.equal(String((await failed)[0]), 'Error: a bug');
  const frames = await peer.until(2);
  assert.deepEqual(summary(frames), [[messageType.STREAM, ERROR, 1, 0]]);
  assert.ok(connection.isOpen);
  connection.close();
});

test('a failure in one chunk with the answer is heard by whoever opened the stream', async () => {
  const { connection, peer } = connect();
  const opening = connection.openStream(procedure('download'), undefined);
  await peer.until(1);
  peer.duplex.cork();
  peer.send({ procedure: 5 });
  peer.send(
    { procedure: 5, type: messageType.STREAM, status: ERROR },
    hostError('the console is in use already'),
  );
  peer.duplex.uncork();
  const { stream } = await opening;
  const [error] = (await once(stream, 'error')) as [Error];
  assert.equal(error.message, 'the console is in use already');
  connection.close();
});
