import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import type { Zeros } from '../../../drivers/formats/zero-runs.ts';
import { writeSparse } from '../../../main/cli/sparse-file.ts';
import { filePartHead } from '../../../main/contract/file-parts.ts';

const MIB = 1 << 20;

/** Bytes of which none is zero. */
function noise(length: number, seed: number): Buffer {
  return Buffer.alloc(
    length,
    Buffer.from(Array.from({ length: 4099 }, (_, at) => 1 + ((at * 31 + seed) % 255))),
  );
}

function sent(parts: readonly (Uint8Array | Zeros)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) =>
      part instanceof Uint8Array
        ? [filePartHead(part.length, false), part]
        : [filePartHead(part.zeros, true)],
    ),
  );
}

function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

suite('a file of parts', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-sparse-'));
  });
  after(() => rm(folder, { recursive: true }));

  const parts = [
    noise(3 * MIB + 5, 1),
    { zeros: 8 * MIB },
    noise(7, 2),
    Buffer.alloc(2 * MIB),
    noise(MIB, 3),
    { zeros: 3 },
  ];
  const whole = Buffer.concat(parts.map((part) => ('zeros' in part ? Buffer.alloc(part.zeros) : part)));

  for (const size of [1021, 32 * 1024, 64 * MIB])
    test(`comes whole in chunks of ${size} bytes, and its zeros are holes`, async () => {
      const file = path.join(folder, `whole-${size}`);
      await writeSparse(file, Readable.from(cut(sent(parts), size), { objectMode: false }), whole.length);
      assert.ok(whole.equals(await readFile(file)));
      assert.ok((await stat(file)).blocks * 512 < 6 * MIB);
    });

  test('that ends early is an error, and nothing is left of it', async () => {
    const file = path.join(folder, 'early');
    const bytes = sent(parts).subarray(0, 2 * MIB);
    const short = Readable.from(cut(bytes, 4096), { objectMode: false });
    await assert.rejects(writeSparse(file, short, whole.length), /of \d+ bytes came/);
    const broken = new Readable({ read: () => broken.push(bytes.subarray(0, 4096)) });
    broken.once('resume', () => setImmediate(() => broken.destroy()));
    await assert.rejects(writeSparse(file, broken, whole.length), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
    const names = await readdir(folder);
    assert.deepEqual(
      names.filter((name) => name.startsWith('early')),
      [],
    );
  });
});
