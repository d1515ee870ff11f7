import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  FrameEncoder,
  FrameSplitter,
  messageStatus,
  messageType,
  PACKET_MAX,
  PACKET_MIN,
} from '../../../drivers/rpc/frame.ts';
import type { Frame, Header } from '../../../drivers/rpc/frame.ts';
import { string } from '../../../drivers/xdr/xdr.ts';

const header: Header = {
  program: 0x20008086,
  version: 1,
  procedure: 9,
  type: 1,
  serial: 4294967295,
  status: 2,
};
const encoder = new FrameEncoder();
const packets = [
  encoder.encodeRaw(header, Buffer.alloc(0)),
  encoder.encode({ ...header, serial: 1 }, string(100), 'hello world'),
  encoder.encodeRaw({ ...header, serial: 2 }, Buffer.alloc(5, 7)),
];
const glued = Buffer.concat(packets);
const expected = packets.map((packet, index) => ({
  ...header,
  serial: [header.serial, 1, 2][index],
  body: packet.subarray(PACKET_MIN).toString('hex'),
}));

function split(chunks: Uint8Array[]): unknown[] {
  const splitter = new FrameSplitter();
  const frames: Frame[] = [];
  for (const chunk of chunks) splitter.push(Buffer.from(chunk), (frame) => frames.push(frame));
  assert.equal(splitter.isMidFrame, false);
  return frames.map((frame) => ({ ...frame, body: Buffer.from(frame.body).toString('hex') }));
}

test('the header is as the protocol writes it', () => {
  assert.equal(packets[0]?.toString('hex'), '0000001c200080860000000100000009' + '00000001ffffffff00000002');
});

test('packets glued together come apart', () => {
  assert.deepEqual(split([glued]), expected);
});

test('packets cut at any one byte come whole', () => {
  for (let at = 0; at <= glued.length; at++) {
    assert.deepEqual(split([glued.subarray(0, at), glued.subarray(at)]), expected, `cut at ${at}`);
  }
});

test('packets that come byte by byte come whole', () => {
  assert.deepEqual(split(Array.from(glued, (byte) => Uint8Array.of(byte))), expected);
});

test('packets cut anywhere come whole', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(glued.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.sort((left, right) => left - right), glued.length];
      const chunks = places.slice(1).map((end, index) => glued.subarray(places[index], end));
      assert.deepEqual(split(chunks), expected);
    }),
  );
});

test('a packet larger than what comes at once is gathered', () => {
  const body = Buffer.alloc(1_000_000, 'abc');
  const packet = encoder.encodeRaw(header, body);
  const chunks: Buffer[] = [];
  for (let at = 0; at < packet.length; at += 65_536) chunks.push(packet.subarray(at, at + 65_536));
  assert.deepEqual(split(chunks), [{ ...header, body: body.toString('hex') }]);
});

test('the bytes of a stream come as they are cut, between packets that come whole', () => {
  const stream = { ...header, type: messageType.STREAM, status: messageStatus.CONTINUE };
  const body = Buffer.from('the bytes of a stream');
  const sent = Buffer.concat([
    glued,
    encoder.encodeRaw(stream, body),
    encoder.encodeRaw(stream, Buffer.alloc(0)),
    glued,
  ]);
  for (let at = 0; at <= sent.length; at++) {
    const splitter = new FrameSplitter();
    const frames: Frame[] = [];
    const chunks = [sent.subarray(0, at), sent.subarray(at)];
    for (const chunk of chunks) splitter.push(chunk, (frame) => frames.push(frame));
    const parts = frames.filter(({ type }) => type === messageType.STREAM);
    const bytes = Buffer.concat(parts.map((part) => part.body)).toString();
    assert.equal(bytes, body.toString(), `cut at ${at}`);
    // The empty one, which says that no more comes, is one of its own.
    assert.equal(parts.filter((part) => part.body.length === 0).length, 1, `cut at ${at}`);
    assert.equal(frames.length - parts.length, 2 * packets.length);
    assert.ok(
      parts.every((part) => part.body.length === 0 || part.body.buffer === sent.buffer),
      'nothing is copied',
    );
  }
});

for (const length of [0, 4, PACKET_MIN - 1, PACKET_MAX + 1, 0xffffffff]) {
  test(`a packet that says it has ${length} bytes is refused as soon as that is known`, () => {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(length);
    const refused = { name: 'LinkError', code: 'PROTOCOL' };
    assert.throws(() => split([word]), refused);
    assert.throws(() => split([...word].map((byte) => Uint8Array.of(byte))), refused);
    assert.throws(() => split([Buffer.concat([glued, word])]), refused);
  });
}

test('the longest packet is as long as libvirt’s own, the length word not counted', () => {
  const packet = encoder.encodeRaw(header, Buffer.alloc(33_554_432 + 4 - PACKET_MIN));
  const lengths: number[] = [];
  new FrameSplitter().push(packet, ({ body }) => lengths.push(body.length));
  assert.deepEqual(lengths, [33_554_408]);
});

test('a packet that announces much and brings little takes little memory', () => {
  const splitter = new FrameSplitter();
  const word = Buffer.alloc(4);
  word.writeUInt32BE(PACKET_MAX);
  const before = process.memoryUsage().arrayBuffers;
  const splitters = Array.from({ length: 20 }, () => new FrameSplitter());
  for (const each of [splitter, ...splitters]) each.push(word, () => assert.fail('no packet is whole'));
  assert.ok(process.memoryUsage().arrayBuffers - before < PACKET_MAX);
});

test('a value too long for a packet is refused when it is written', () => {
  assert.throws(() => encoder.encode(header, string(PACKET_MAX), 'x'.repeat(PACKET_MAX)), {
    code: 'PROTOCOL',
  });
});

test('after a value that could not be written the encoder writes the next one right', () => {
  assert.throws(() => encoder.encode(header, string(1), 'long'));
  assert.deepEqual(encoder.encodeRaw(header, Buffer.alloc(0)), packets[0]);
  assert.deepEqual(encoder.encode({ ...header, serial: 1 }, string(100), 'hello world'), packets[1]);
});
