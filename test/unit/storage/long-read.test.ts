import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Zeros } from '../../../drivers/formats/zero-runs.ts';
import type { ByteSource } from '../../../main/storage/byte-source.ts';
import { LongRead } from '../../../main/storage/long-read.ts';

const never = new AbortController().signal;
const BYTES = Buffer.from('abcdefghij');

/** Ten letters and ten zeros in parts of four; notes where it is begun and how it ends. */
class Letters implements ByteSource {
  readonly sizeBytes = 20;
  readonly said: string[] = [];
  /** What it has to say at its end. */
  atEnd: () => void = () => undefined;

  async *read(offset: number, length: number): AsyncGenerator<Uint8Array | Zeros> {
    this.said.push(`from ${offset}, ${length}`);
    let isWhole = false;
    try {
      await Promise.resolve();
      for (let at = offset; at < BYTES.length; at += 4) yield BYTES.subarray(at, at + 4);
      yield { zeros: this.sizeBytes - Math.max(offset, BYTES.length) };
      isWhole = true;
      this.atEnd();
    } finally {
      this.said.push(isWhole ? 'end' : 'left');
    }
  }
}

async function text(parts: AsyncIterable<Uint8Array | Zeros>): Promise<string> {
  let all = '';
  for await (const part of parts)
    all += part instanceof Uint8Array ? Buffer.from(part).toString() : '.'.repeat(part.zeros);
  return all;
}

suite('a long read', () => {
  test('begins once for pieces that follow each other', async () => {
    const letters = new Letters();
    const long = new LongRead(letters);
    const pieces = [];
    for (const [at, length] of [
      [0, 6],
      [6, 1],
      [7, 7],
      [14, 6],
    ] as const)
      pieces.push(await text(long.read(at, length, never)));
    assert.deepEqual(pieces, ['abcdef', 'g', 'hij....', '......']);
    assert.deepEqual(letters.said, ['from 0, 20', 'end']);
  });

  test('begins anew for another place', async () => {
    const letters = new Letters();
    const long = new LongRead(letters);
    assert.equal(await text(long.read(0, 6, never)), 'abcdef');
    assert.equal(await text(long.read(2, 4, never)), 'cdef');
    await long.close();
    assert.deepEqual(letters.said, ['from 0, 20', 'left', 'from 2, 18', 'left']);
  });

  test('begins anew where a piece was not read to its end', async () => {
    const letters = new Letters();
    const long = new LongRead(letters);
    for await (const part of long.read(0, 8, never)) {
      assert.ok(part instanceof Uint8Array);
      break;
    }
    assert.deepEqual(letters.said, ['from 0, 20', 'left']);
    assert.equal(await text(long.read(4, 4, never)), 'efgh');
    await long.close();
  });

  test('hears what a source says at its end with the last piece', async () => {
    const letters = new Letters();
    letters.atEnd = () => {
      throw new Error('it was changed');
    };
    const long = new LongRead(letters);
    assert.equal(await text(long.read(0, 10, never)), 'abcdefghij');
    await assert.rejects(text(long.read(10, 10, never)), /it was changed/);
  });

  for (const [what, sizeBytes, message] of [
    ['fewer', 21, '20 bytes came, 21 were told'],
    ['more', 19, 'More than the 19 bytes came that were told'],
  ] as const)
    test(`refuses ${what} bytes than were told`, async () => {
      const letters = new Letters();
      const long = new LongRead({ sizeBytes, read: (offset) => letters.read(offset, 20 - offset) });
      await assert.rejects(text(long.read(0, sizeBytes, never)), { message });
      assert.equal(letters.said.length, 2);
    });
});
