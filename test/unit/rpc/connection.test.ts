import assert from 'node:assert/strict';
import test from 'node:test';
import { bodyFromError, errorBody } from '../../../drivers/rpc/error-body.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { messageStatus, messageType } from '../../../drivers/rpc/frame.ts';
import { KEEPALIVE_PROGRAM } from '../../../drivers/rpc/keepalive.ts';
import { encodeBody, string } from '../../../drivers/xdr/xdr.ts';
import { connect, procedure, settle, word } from './peer.ts';

const echo = procedure('echo');

test('calls are written without waiting and matched by serial, in any order', async () => {
  const { connection, peer } = connect();
  const answers = Promise.all([1, 2, 3].map((value) => connection.call(echo, { value })));
  const frames = await peer.until(3);
  assert.deepEqual(
    frames.map(({ procedure: number, serial, type, status }) => ({ number, serial, type, status })),
    [1, 2, 3].map((serial) => ({ number: 1, serial, type: messageType.CALL, status: 0 })),
  );
  for (const serial of [3, 1, 2]) peer.answer(serial, serial * 10);
  assert.deepEqual(await answers, [{ value: 10 }, { value: 20 }, { value: 30 }]);
  connection.close();
});

test('no more than four calls are under way, as libvirtd reads no keepalive beside five; the next goes when one is answered', async () => {
  const { connection, peer } = connect();
  const answers = Promise.all(Array.from({ length: 8 }, (_, value) => connection.call(echo, { value })));
  await settle();
  assert.equal(peer.frames.length, 4);
  assert.deepEqual(connection.load, { inFlight: 4, queued: 4 });
  peer.answer(2);
  await peer.until(5);
  for (const serial of [1, 3, 4, 5]) peer.answer(serial);
  await peer.until(8);
  peer.answer(6);
  peer.answer(7);
  peer.answer(8);
  assert.equal((await answers).length, 8);
  assert.deepEqual(connection.load, { inFlight: 0, queued: 0 });
  connection.close();
});

test('a fifth place is for a brief call alone, and never for a sixth', async () => {
  const { connection, peer } = connect();
  const long = Array.from({ length: 4 }, (_, value) => connection.call(echo, { value }));
  const brief = [5, 6].map((value) => connection.call(echo, { value }, { brief: true }));
  await settle();
  assert.deepEqual(connection.load, { inFlight: 5, queued: 1 });
  peer.answer(5);
  await peer.until(6);
  for (const serial of [1, 2, 3, 4, 6]) peer.answer(serial);
  await Promise.all([...long, ...brief]);
  connection.close();
});

test('a call without arguments or answer has empty bodies', async () => {
  const { connection, peer } = connect();
  const answer = connection.call(procedure('nothing'), undefined);
  const [frame] = await peer.until(1);
  assert.equal(frame?.body.length, 0);
  peer.send({ procedure: 2 });
  assert.equal(await answer, undefined);
  connection.close();
});

test('an error of the host keeps all its fields', async () => {
  const { connection, peer } = connect();
  const answer = connection.call(echo, { value: 1 });
  await peer.until(1);
  const error = new LibvirtError({
    code: 'VIR_ERR_NO_DOMAIN',
    domain: 'VIR_FROM_QEMU',
    message: 'Domain not found: no domain with matching name',
    level: 'warning',
    str1: 'one',
    str2: null,
    str3: 'three',
    int1: -1,
    int2: 7,
  });
  peer.send({ status: messageStatus.ERROR }, encodeBody(errorBody, bodyFromError(error)));
  await assert.rejects(answer, {
    name: 'LibvirtError',
    code: 'VIR_ERR_NO_DOMAIN',
    codeNumber: 42,
    domain: 'VIR_FROM_QEMU',
    domainNumber: 10,
    message: 'Domain not found: no domain with matching name',
    level: 'warning',
    str1: 'one',
    str2: null,
    str3: 'three',
    int1: -1,
    int2: 7,
    procedure: 'echo',
  });
  assert.ok(connection.isOpen);
  connection.close();
});

test('a malformed reply fails its call by name and nothing else', async () => {
  const { connection, peer } = connect();
  const bad = connection.call(echo, { value: 1 });
  const good = connection.call(echo, { value: 2 });
  await peer.until(2);
  peer.send({ serial: 1 }, Buffer.alloc(8));
  peer.answer(2);
  await assert.rejects(bad, { name: 'LinkError', code: 'PROTOCOL', procedure: 'echo' });
  assert.deepEqual(await good, { value: 2 });
  connection.close();
});

const breaches: [string, Parameters<ReturnType<typeof connect>['peer']['send']>][] = [
  ['a reply to no call', [{ serial: 9 }]],
  ['a reply of another procedure', [{ serial: 1, procedure: 2 }]],
  ['a reply of an unknown program', [{ serial: 1, program: 78 }]],
  ['a reply of another version', [{ serial: 1, version: 2 }]],
  ['a reply with the status of a stream', [{ serial: 1, status: messageStatus.CONTINUE }]],
  ['a call by the server', [{ serial: 1, type: messageType.CALL }]],
  ['a packet of no type', [{ serial: 1, type: 12 }]],
  ['a reply with file descriptors', [{ serial: 1, type: messageType.REPLY_WITH_FDS }]],
  ['data of a stream that was not opened', [{ serial: 9, type: messageType.STREAM, status: 2 }]],
];
for (const [what, packet] of breaches) {
  test(`${what} ends the connection as a breach of the protocol`, async () => {
    const { connection, peer } = connect();
    const waiting = connection.call(echo, { value: 1 });
    await peer.until(1);
    peer.send(...packet);
    await assert.rejects(waiting, { name: 'LinkError', code: 'PROTOCOL', procedure: 'echo' });
    assert.equal((await connection.closed).code, 'PROTOCOL');
    assert.equal(connection.isOpen, false);
  });
}

test('a length that cannot be ends the connection as a breach of the protocol', async () => {
  const { connection, peer } = connect();
  const waiting = connection.call(echo, { value: 1 });
  await peer.until(1);
  peer.duplex.write('HTTP/1.1 400 Bad Request\r\n\r\n');
  await assert.rejects(waiting, { code: 'PROTOCOL', procedure: 'echo' });
});

test('when the link goes every waiter fails at once, by name, sent or queued', async () => {
  const { connection, peer } = connect();
  const names = ['echo', 'echo', 'echo', 'nothing', 'echo', 'nothing', 'echo'] as const;
  const waiting = Promise.allSettled(
    names.map((name) => connection.call(procedure(name), name === 'echo' ? { value: 1 } : undefined)),
  );
  await peer.until(4);
  peer.duplex.destroy();
  const reasons = (await waiting).map((result) =>
    result.status === 'rejected' ? (result.reason as unknown) : null,
  );
  assert.deepEqual(
    reasons.map((reason) => {
      const { code, procedure: name } = reason as { code: string; procedure: string };
      return { code, name };
    }),
    names.map((name) => ({ code: 'LINK_CLOSED', name })),
  );
  assert.equal((await connection.closed).code, 'LINK_CLOSED');
});

test('a call on a connection that is over fails at once', async () => {
  const { connection } = connect();
  connection.close();
  await assert.rejects(connection.call(echo, { value: 1 }), { code: 'LINK_CLOSED', procedure: 'echo' });
});

test('arguments that do not fit are refused before anything is sent', async () => {
  const { connection, peer } = connect();
  await assert.rejects(connection.call(echo, { value: 0.5 }), { name: 'XdrError', code: 'BAD_VALUE' });
  const answer = connection.call(echo, { value: 5 });
  await peer.until(1);
  peer.answer(peer.frames[0]?.serial ?? 0);
  await answer;
  connection.close();
});

test('a cancelled call that was sent keeps its place until its answer comes, which is dropped', async () => {
  const { connection, peer } = connect();
  const abort = new AbortController();
  const cancelled = connection.call(echo, { value: 1 }, { signal: abort.signal });
  const others = Array.from({ length: 4 }, (_, value) => connection.call(echo, { value }));
  await peer.until(4);
  abort.abort(new Error('the page was left'));
  await assert.rejects(cancelled, { code: 'CANCELLED', procedure: 'echo', cause: abort.signal.reason });
  await settle();
  assert.equal(peer.frames.length, 4);
  peer.answer(1);
  await peer.until(5);
  for (const serial of [2, 3, 4, 5]) peer.answer(serial);
  await Promise.all(others);
  connection.close();
});

test('a cancelled call that was not sent is never sent', async () => {
  const { connection, peer } = connect();
  const abort = new AbortController();
  const others = Array.from({ length: 4 }, (_, value) => connection.call(echo, { value }));
  const cancelled = connection.call(echo, { value: 99 }, { signal: abort.signal });
  abort.abort();
  await assert.rejects(cancelled, { code: 'CANCELLED' });
  await peer.until(4);
  for (const serial of [1, 2, 3, 4]) peer.answer(serial);
  await Promise.all(others);
  await settle();
  assert.equal(peer.frames.length, 4);
  connection.close();
});

test('a signal that was given up before the call sends nothing', async () => {
  const { connection, peer } = connect();
  await assert.rejects(connection.call(echo, { value: 1 }, { signal: AbortSignal.abort() }), {
    code: 'CANCELLED',
  });
  await settle();
  assert.equal(peer.frames.length, 0);
  connection.close();
});

test('a call without an answer in time fails by name; its late answer is dropped', async () => {
  const { connection, peer } = connect();
  await assert.rejects(connection.call(echo, { value: 1 }, { timeoutMs: 5 }), {
    code: 'TIMEOUT',
    procedure: 'echo',
  });
  peer.answer(1);
  const next = connection.call(echo, { value: 2 });
  await peer.until(2);
  peer.answer(2);
  assert.deepEqual(await next, { value: 2 });
  connection.close();
});

test('a signal that outlives its calls keeps no listener of them', async () => {
  const { connection, peer } = connect();
  const abort = new AbortController();
  const removed: string[] = [];
  const { signal } = abort;
  const remove = signal.removeEventListener.bind(signal);
  signal.removeEventListener = (type: string, listener: EventListenerOrEventListenerObject) => {
    removed.push(type);
    remove(type, listener);
  };
  const answer = connection.call(echo, { value: 1 }, { signal });
  await peer.until(1);
  peer.answer(1);
  await answer;
  assert.deepEqual(removed, ['abort']);
  connection.close();
});

test('events come in order; those of a newer libvirt are let pass', async () => {
  const { connection, peer, events } = connect();
  const event = { procedure: 3, serial: 0, type: messageType.MESSAGE };
  peer.send(event, encodeBody(string(100), 'one'));
  peer.send({ ...event, procedure: 99 }, word(1));
  peer.send(event, encodeBody(string(100), 'two'));
  await settle();
  assert.deepEqual(events, [
    ['changed', { text: 'one' }],
    ['changed', { text: 'two' }],
  ]);
  connection.close();
});

test('pings are answered, also while all four places are taken', async () => {
  const { connection, peer } = connect();
  const calls = Promise.allSettled(Array.from({ length: 6 }, (_, value) => connection.call(echo, { value })));
  await peer.until(4);
  peer.send({ program: KEEPALIVE_PROGRAM, procedure: 1, type: messageType.MESSAGE, serial: 0 });
  const pong = (await peer.until(5))[4];
  assert.deepEqual(
    { ...pong, body: pong?.body.length },
    { program: KEEPALIVE_PROGRAM, version: 1, procedure: 2, type: 2, serial: 0, status: 0, body: 0 },
  );
  connection.close();
  await calls;
});

test('an event that does not decode is passed over and told of; the connection goes on', async () => {
  const { connection, peer, events, faults } = connect();
  const event = { procedure: 3, serial: 0, type: messageType.MESSAGE };
  peer.send(event, word(99));
  peer.send(event, encodeBody(string(100), 'after'));
  await settle();
  assert.deepEqual(events, [['changed', { text: 'after' }]]);
  assert.deepEqual(
    faults.map(({ code, procedure: name }) => [code, name]),
    [['PROTOCOL', 'changed']],
  );
  assert.equal(connection.isOpen, true);
  connection.close();
});
