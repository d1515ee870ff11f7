import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import type { Zeros } from '../../../drivers/formats/zero-runs.ts';
import { DataDigest, holds, holesOf, isWhole, type DataSum } from '../../../main/storage/data-digest.ts';

const MIB = 1 << 20;
const never = new AbortController().signal;
const bytes = (length: number, value: number): Buffer => Buffer.alloc(length, value);

async function sumOf(parts: readonly (Uint8Array | Zeros)[], sizeBytes: number): Promise<DataSum> {
  const digest = new DataDigest('sha256', sizeBytes, never);
  try {
    for (const part of parts) await digest.add(part);
    return { sizeBytes, algorithm: 'sha256', ranges: digest.ranges, digest: await digest.hex() };
  } finally {
    digest.close();
  }
}

function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

suite('a digest of data', () => {
  test('leaves out long runs of zeros, however they come, and hashes short ones', async () => {
    const parts = [
      bytes(5, 1),
      { zeros: 64 },
      bytes(3, 2),
      { zeros: 3 * MIB },
      { zeros: 2 * MIB },
      bytes(7, 3),
      bytes(1, 4),
      { zeros: 9 },
    ];
    const sum = await sumOf(parts, 5 * MIB + 89);
    assert.deepEqual(sum.ranges, [
      { at: 0, length: 72 },
      { at: 72 + 5 * MIB, length: 8 },
    ]);
    assert.equal(sum.digest, sha256(bytes(5, 1), bytes(64, 0), bytes(3, 2), bytes(7, 3), bytes(1, 4)));
    assert.deepEqual(holesOf(sum), [
      { at: 72, length: 5 * MIB },
      { at: 80 + 5 * MIB, length: 9 },
    ]);
    assert.equal(isWhole(sum), false);
  });

  test('is that of the whole file where there is none', async () => {
    const sum = await sumOf([{ zeros: 5 }, bytes(5, 1), { zeros: 6 }, bytes(1, 1)], 17);
    assert.equal(isWhole(sum), true);
    assert.equal(sum.digest, sha256(bytes(5, 0), bytes(5, 1), bytes(6, 0), bytes(1, 1)));
  });

  test('of zeros alone has no ranges', async () => {
    const sum = await sumOf([{ zeros: 100 }], 100);
    assert.deepEqual(sum.ranges, []);
    assert.deepEqual(holesOf(sum), [{ at: 0, length: 100 }]);
  });

  test('leaves short runs in where there would be too many ranges for a host', async () => {
    const sizeBytes = 64 * 1024 * MIB;
    const parts = [bytes(MIB, 1), { zeros: 15 * MIB }, bytes(1, 2), { zeros: 16 * MIB }, bytes(1, 3)];
    const { ranges } = await sumOf(parts, sizeBytes);
    assert.deepEqual(ranges, [
      { at: 0, length: 16 * MIB + 1 },
      { at: 32 * MIB + 1, length: 1 },
    ]);
  });

  test('forgets where data was that was added since it was kept', async (t) => {
    const digest = new DataDigest('sha256', 40 * MIB, never);
    t.after(() => digest.close());
    await digest.add(bytes(4, 1));
    await digest.add({ zeros: 5 * MIB });
    digest.keep();
    await digest.add({ zeros: MIB });
    await digest.add(bytes(4, 2));
    digest.back();
    await digest.add(bytes(4, 3));
    digest.keep();
    await digest.add(bytes(4, 4));
    digest.back();
    assert.deepEqual(digest.ranges, [
      { at: 0, length: 4 },
      { at: 4 + 5 * MIB, length: 4 },
    ]);
    assert.equal(await digest.hex(), sha256(bytes(4, 1), bytes(4, 3)));
  });
});

suite('a file holds what was sent', () => {
  const sizeBytes = 10 * MIB;
  const start = bytes(MIB, 1);
  const end = bytes(MIB, 2);
  const sent = () => sumOf([start, { zeros: 8 * MIB }, end], sizeBytes);
  async function isHeld(...parts: readonly (Uint8Array | Zeros)[]): Promise<boolean> {
    async function* read(): AsyncGenerator<Uint8Array | Zeros> {
      for (const part of parts) yield await Promise.resolve(part);
    }
    return holds(read(), await sent(), never);
  }

  for (const [how, held, parts] of [
    ['with its holes', true, [start, { zeros: 8 * MIB }, end]],
    ['with zeros in its holes, in other pieces', true, [Buffer.concat([start, bytes(8 * MIB, 0)]), end]],
    ['with holes in pieces', true, [start, { zeros: MIB }, bytes(5, 0), { zeros: 7 * MIB - 5 }, end]],
    ['not where a byte in a hole is another', false, [start, { zeros: 8 * MIB - 1 }, bytes(1, 1), end]],
    ['not where a byte of its data is', false, [start, { zeros: 8 * MIB }, bytes(MIB - 1, 2), bytes(1, 3)]],
    ['not where its data is a hole', false, [start, { zeros: 9 * MIB }]],
    ['not where it is shorter', false, [start, { zeros: 8 * MIB }, bytes(MIB - 1, 2)]],
    ['not where it is longer', false, [start, { zeros: 8 * MIB }, end, bytes(1, 0)]],
    ['not where all is a place later', false, [bytes(1, 0), start, { zeros: 8 * MIB }, bytes(MIB - 1, 2)]],
  ] as const)
    test(how, async () => {
      assert.equal(await isHeld(...parts), held);
    });
});
