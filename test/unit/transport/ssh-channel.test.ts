import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { suite, test } from 'node:test';
import type { ClientChannel } from 'ssh2';
import { SshChannelStream } from '../../../drivers/transport/ssh-channel.ts';
import { endless, readOn, standsStill } from '../../support/endless.ts';

/** A channel that writes to its link as ssh2 does: three parts for each packet. `packets` are what it was given. */
function opened(): { stream: SshChannelStream; packets: string[]; linkCalls: number[] } {
  const packets: string[] = [];
  const linkCalls: number[] = [];
  const link = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => (linkCalls.push(1), done()),
    writev: (chunks, done) => (linkCalls.push(chunks.length), done()),
  });
  const channel = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      packets.push(chunk.length > 100 ? `${chunk.length} bytes` : chunk.toString());
      for (const part of ['length', 'content', 'check']) link.write(part);
      done();
    },
  });
  const parts = Object.assign(channel, {
    stderr: new Duplex({ read: () => undefined }),
    close: () => undefined,
  });
  return { stream: new SshChannelStream(parts as unknown as ClientChannel, link), packets, linkCalls };
}

const written = (stream: Duplex, chunk: Buffer | string): Promise<void> =>
  new Promise((resolve, reject) => stream.write(chunk, (error) => (error ? reject(error) : resolve())));

suite('writing to an SSH channel', () => {
  test('the parts of a packet take one call of the system', async () => {
    const { stream, linkCalls } = opened();
    await written(stream, 'one');
    await written(stream, 'two');
    assert.deepEqual(linkCalls, [3, 3]);
  });

  test('what is written in one turn is one packet', async () => {
    const { stream, packets, linkCalls } = opened();
    stream.cork();
    const done = Promise.all(['a', 'b', 'c'].map((text) => written(stream, text)));
    stream.uncork();
    await done;
    assert.deepEqual(packets, ['abc']);
    assert.deepEqual(linkCalls, [3]);
  });

  test('what fills packets by itself goes as it is, and the ends of pieces fill packets together', async () => {
    const { stream, packets } = opened();
    stream.cork();
    const done = Promise.all([65_536, 20_000, 20_000].map((size) => written(stream, Buffer.alloc(size))));
    stream.uncork();
    await done;
    assert.deepEqual(packets, ['65536 bytes', '32768 bytes', '7232 bytes']);
  });
});

suite('reading from an SSH channel', () => {
  test('a host that never stops is held while nobody reads, and goes on when somebody does', async (context) => {
    const { stream: channel, said } = endless(32 * 1024);
    const parts = Object.assign(channel, {
      stderr: new Duplex({ read: () => undefined }),
      close: () => channel.destroy(),
    });
    const stream = new SshChannelStream(parts as unknown as ClientChannel, new Duplex());
    context.after(() => stream.destroy());
    const ahead = stream.readableHighWaterMark;
    stream.read(0);
    const held = await standsStill(said, 4 * ahead);
    assert.ok(held >= ahead, `${held}: as far as it may`);
    assert.ok(held < 2 * ahead, `${held}: no further`);
    await readOn(stream, 4 * ahead);
  });
});
