import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { serveReads } from '../../../main/cli/serve-file.ts';
import type { Zeros } from '../../../drivers/formats/zero-runs.ts';
import { bytesOf } from '../../../main/storage/zero-bytes.ts';
import { OfferedFiles } from '../../../main/storage/offered-files.ts';

const MIB = 1 << 20;
const never = new AbortController().signal;

/** A file whose byte at `n` is `n mod 251`, cut into odd pieces. */
function serve(files: OfferedFiles, sizeBytes: number) {
  const { file, pipe } = files.offer({ name: 'disk.raw', sizeBytes });
  void serveReads(pipe, async function* (offset, length) {
    for (let at = offset; at < offset + length; at += 100_003)
      yield Buffer.from(
        Array.from({ length: Math.min(100_003, offset + length - at) }, (_, i) => (at + i) % 251),
      );
  });
  return { offered: files.file(file), id: file, pipe };
}

async function read(source: AsyncIterable<Uint8Array | Zeros>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of bytesOf(source)) parts.push(part);
  return Buffer.concat(parts);
}

suite('files of the laptop', () => {
  test('any range, more than once, over the bounds of requests', async () => {
    const { offered, pipe } = serve(new OfferedFiles(), 9 * MIB);
    for (const [offset, length] of [
      [0, 10],
      [3 * MIB + 7, 5 * MIB],
      [9 * MIB - 1, 1],
    ] as const) {
      const bytes = await read(offered.read(offset, length, never));
      assert.equal(bytes.length, length);
      assert.equal(bytes[0], offset % 251);
      assert.equal(bytes.at(-1), (offset + length - 1) % 251);
    }
    pipe.destroy();
  });

  test('who stops in the middle leaves the file readable', async () => {
    const { offered, pipe } = serve(new OfferedFiles(), 9 * MIB);
    for await (const part of offered.read(0, 9 * MIB, never)) {
      assert.ok(part instanceof Uint8Array && part.length > 0);
      break;
    }
    const bytes = await read(offered.read(5, 3, never));
    assert.deepEqual([...bytes], [5, 6, 7]);
    pipe.destroy();
  });

  test('runs of zeros are named, and are zeros wherever a reader begins and stops', async () => {
    const files = new OfferedFiles();
    const { file, pipe } = files.offer({ name: 'sparse.raw', sizeBytes: 40 * MIB });
    const served: number[] = [];
    void serveReads(pipe, async function* (offset, length) {
      served.push(length);
      yield { zeros: length - 3 };
      yield Buffer.from([offset % 251, 2, 3]);
      await Promise.resolve();
    });
    const offered = files.file(file);
    const parts = [];
    for await (const part of offered.read(0, 17 * MIB, never)) parts.push(part);
    const zeros = parts.flatMap((part) => (part instanceof Uint8Array ? [] : part.zeros));
    assert.deepEqual(
      zeros,
      served.map((length) => length - 3),
    );
    for await (const part of offered.read(0, 40 * MIB, never)) {
      assert.ok(!(part instanceof Uint8Array));
      break;
    }
    assert.deepEqual([...(await read(offered.read(7, 5, never)))], [0, 0, 7, 2, 3]);
    pipe.destroy();
  });

  test('an answer that is longer than what was asked for ends the file', async () => {
    const files = new OfferedFiles();
    const { file, pipe } = files.offer({ name: 'disk.raw', sizeBytes: MIB });
    void serveReads(pipe, async function* (_offset, length) {
      yield { zeros: length + 1 };
      await Promise.resolve();
    });
    await assert.rejects(read(files.file(file).read(0, 10, never)), /could not be read to its end/);
  });

  test('a file whose window is closed cannot be read any more', async () => {
    const files = new OfferedFiles();
    const { offered, id, pipe } = serve(files, MIB);
    pipe.destroy();
    await assert.rejects(read(offered.read(0, MIB, never)), /closed it/);
    assert.throws(() => files.file(id), /cannot be read any more/);
  });
});
