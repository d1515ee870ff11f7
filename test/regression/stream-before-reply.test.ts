import assert from 'node:assert/strict';
import test from 'node:test';
import { messageStatus, messageType } from '../../drivers/rpc/frame.ts';
import { connect, procedure, settle } from '../unit/rpc/peer.ts';

const STREAM = { procedure: 5, type: messageType.STREAM };

// libvirtd watches a stream in its event loop before the worker has answered the call (daemonAddClientStream), so the
// first data can overtake the answer. libvirt's own client adds the stream before it calls, and loses none of it.
test('stream data that overtakes the answer of its call is kept', async () => {
  const { connection, peer } = connect();
  const opening = connection.openStream(procedure('download'), undefined);
  await peer.until(1);
  peer.send({ ...STREAM, status: messageStatus.CONTINUE }, Buffer.from('early '));
  await settle();
  peer.send({ procedure: 5 });
  peer.send({ ...STREAM, status: messageStatus.CONTINUE }, Buffer.from('late'));
  peer.send({ ...STREAM, status: messageStatus.CONTINUE });
  const { stream } = await opening;
  await peer.until(2);
  peer.send({ ...STREAM, status: messageStatus.OK });
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  assert.equal(Buffer.concat(parts).toString(), 'early late');
  connection.close();
});

test('a host that sends stream data for ever and never answers ends the link', async () => {
  const { connection, peer } = connect();
  const opening = connection.openStream(procedure('download'), undefined);
  await peer.until(1);
  peer.duplex.on('error', () => undefined);
  for (let count = 0; count < 600; count++) {
    peer.send({ ...STREAM, status: messageStatus.CONTINUE }, Buffer.alloc(1000));
  }
  await assert.rejects(opening, { name: 'LinkError', code: 'PROTOCOL' });
});
