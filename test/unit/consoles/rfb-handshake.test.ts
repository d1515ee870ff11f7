import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { suite, test } from 'node:test';
import { createSecureContext, TLSSocket } from 'node:tls';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { ByteReader } from '../../../main/consoles/byte-reader.ts';
import { prepareRfb, RfbError } from '../../../main/consoles/rfb-handshake.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.ts';

const never = new AbortController().signal;
const VERSION = Buffer.from('RFB 003.008\n');

function u32(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number, index * 4);
  return bytes;
}

/** Writes `bytes` in pieces as small as they come. */
async function trickle(stream: Duplex, bytes: Uint8Array): Promise<void> {
  for (const byte of bytes) {
    stream.write(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
}

/** Plays a QEMU that demands TLS with a certificate, then goes on as the subtype says. */
async function vencryptServer(
  stream: Duplex,
  subtypes: number[],
): Promise<{ secured: Duplex; chosen: number }> {
  // When the viewer leaves, TLS says goodbye to a stream that has ended already.
  stream.on('error', () => undefined);
  const reader = new ByteReader(stream, never);
  stream.write(VERSION);
  assert.deepEqual(await reader.read(12), VERSION);
  stream.write(Buffer.from([1, 19]));
  assert.equal(await reader.readByte(), 19);
  stream.write(Buffer.from([0, 2]));
  assert.deepEqual([...(await reader.read(2))], [0, 2]);
  stream.write(Buffer.concat([Buffer.from([0, subtypes.length]), u32(...subtypes)]));
  const chosen = (await reader.read(4)).readUInt32BE();
  stream.write(Buffer.from([1]));
  reader.release();
  const secureContext = createSecureContext({ key: TEST_KEY, cert: TEST_CERTIFICATE });
  const secured = new TLSSocket(stream as never, { isServer: true, secureContext });
  secured.on('error', () => undefined);
  return { secured, chosen };
}

suite('preparing a VNC server for a viewer without TLS', () => {
  for (const { types, told } of [
    { types: [1], told: [1] },
    { types: [2], told: [2] },
    { types: [19, 2], told: [2] },
    { types: [16, 1, 2], told: [1, 2] },
  ])
    test(`types ${types.join(', ')}: the viewer is told ${told.join(', ')} once it has said its version`, async () => {
      const [server, near] = memoryPair();
      const handing = prepareRfb(near);
      await trickle(server, VERSION);
      const reader = new ByteReader(server, never);
      assert.deepEqual(await reader.read(12), VERSION);
      await trickle(server, Buffer.from([types.length, ...types, 0xaa]));
      const viewer = await handing;
      assert.deepEqual(viewer.read(), VERSION, 'the version comes by itself');
      viewer.write(VERSION.subarray(0, 5));
      await new Promise(setImmediate);
      assert.equal(viewer.read(), null, 'nothing more before the viewer has said its version');
      viewer.write(Buffer.concat([VERSION.subarray(5), Buffer.from([told[0] ?? 0])]));
      const seen = new ByteReader(viewer, never);
      assert.deepEqual([...(await seen.read(told.length + 2))], [told.length, ...told, 0xaa]);
      // The viewer's version was dropped: the server has had one.
      assert.equal(await reader.readByte(), told[0]);
      viewer.destroy();
    });

  test('an old server (3.3) decides alone', async () => {
    const [server, near] = memoryPair();
    server.write('RFB 003.003\n');
    const viewer = await prepareRfb(near);
    const seen = new ByteReader(viewer, never);
    assert.equal((await seen.read(12)).toString(), 'RFB 003.003\n');
    viewer.write('RFB 003.003\n');
    assert.equal((await new ByteReader(server, never).read(12)).toString(), 'RFB 003.003\n');
    viewer.destroy();
  });

  for (const { subtypes, type } of [
    { subtypes: [260], type: 1 },
    { subtypes: [259, 261], type: 2 },
  ])
    test(`VeNCrypt ${subtypes.join(', ')}: TLS ends here, the viewer sees type ${type}`, async () => {
      const [server, near] = memoryPair();
      const serving = vencryptServer(server, subtypes);
      const preparing = prepareRfb(near);
      const { secured, chosen } = await serving;
      assert.equal(chosen, subtypes.at(-1));
      secured.write('!');
      const viewer = await preparing;
      const seen = new ByteReader(viewer, never);
      assert.deepEqual(await seen.read(12), VERSION);
      viewer.write(VERSION);
      assert.deepEqual([...(await seen.read(2))], [1, type]);
      viewer.write(Buffer.concat([Buffer.from([type]), Buffer.from('response')]));
      assert.equal((await new ByteReader(secured, never).read(8)).toString(), 'response');
      secured.write('challenge of 16b');
      assert.equal((await seen.read(17)).toString(), '!challenge of 16b');
      const big = Buffer.alloc(3 << 20, 7);
      secured.write(big);
      assert.ok((await seen.read(big.length)).equals(big));
      viewer.destroy();
      if (!server.closed) await new Promise((resolve) => server.once('close', resolve));
      assert.ok(near.destroyed);
    });

  test('the end of the server is the end of the viewer', async () => {
    const [server, near] = memoryPair();
    server.write(Buffer.concat([VERSION, Buffer.from([1, 1])]));
    server.resume();
    const viewer = await prepareRfb(near);
    viewer.resume();
    server.end();
    await once(viewer, 'end');
    assert.equal(viewer.errored, null);
  });

  test('closing the viewer frees the server', async () => {
    const [server, near] = memoryPair();
    server.write(Buffer.concat([VERSION, Buffer.from([1, 1])]));
    server.resume();
    const viewer = await prepareRfb(near);
    viewer.destroy();
    await once(server, 'end');
  });

  const refusals: [name: string, said: Buffer, words: RegExp][] = [
    ['SASL', Buffer.from([1, 20]), /SASL/],
    ['unknown types', Buffer.from([2, 5, 30]), /only security types 5, 30/],
    ['a reason', Buffer.concat([Buffer.from([0]), u32(8), Buffer.from('too many')]), /too many/],
  ];
  for (const [name, said, words] of refusals)
    test(`refuses with a sentence: ${name}`, async () => {
      const [server, near] = memoryPair();
      server.resume();
      server.write(Buffer.concat([VERSION, said]));
      await assert.rejects(
        prepareRfb(near),
        (error) => error instanceof RfbError && words.test(error.message),
      );
      assert.ok(near.destroyed);
    });

  test('VeNCrypt with SASL inside is refused with a sentence', async () => {
    const [server, near] = memoryPair();
    vencryptServer(server, [263, 264]).catch(() => undefined);
    await assert.rejects(prepareRfb(near), /SASL inside TLS/);
  });

  test('what is no VNC server is refused', async () => {
    const [server, near] = memoryPair();
    server.write('SSH-2.0-OpenSSH_9.2\r\n');
    await assert.rejects(prepareRfb(near), /does not speak VNC/);
  });

  test('a server that ends in the handshake is an error, not a hang', async () => {
    const [server, near] = memoryPair();
    server.end('RFB');
    await assert.rejects(
      prepareRfb(near),
      (error) =>
        error instanceof RfbError && error.kind === 'gone' && /closed the connection/.test(error.message),
    );
  });

  test('a server that says nothing is given up', async (context) => {
    context.mock.method(AbortSignal, 'timeout', () =>
      AbortSignal.abort(new DOMException('slow', 'TimeoutError')),
    );
    const [, near] = memoryPair();
    await assert.rejects(prepareRfb(near), (error) => error instanceof RfbError && error.kind === 'silent');
    assert.ok(near.destroyed);
  });

  test('a server that hangs up inside TLS may demand a certificate', async () => {
    const [server, near] = memoryPair();
    const serving = vencryptServer(server, [260]);
    const preparing = prepareRfb(near);
    const { secured } = await serving;
    secured.once('secure', () => secured.end());
    await assert.rejects(
      preparing,
      (error) => error instanceof RfbError && /demand a certificate/.test(error.message),
    );
  });

  test('a signal ends the handshake and closes the stream', async () => {
    const [, near] = memoryPair();
    const abort = new AbortController();
    const preparing = prepareRfb(near, abort.signal);
    abort.abort(new Error('mine'));
    await assert.rejects(preparing, /mine/);
    assert.ok(near.destroyed);
  });
});
