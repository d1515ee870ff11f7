import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { openDigest, type Digest } from '../../../main/storage/digest.ts';

const MIB = 1 << 20;
const never = new AbortController().signal;

/** Few bytes are hashed here, many in a thread: both are to tell the same. */
for (const [where, sizeBytes] of [
  ['here', MIB],
  ['in a thread', 1024 * MIB],
] as const)
  suite(`a digest that is computed ${where}`, () => {
    async function withDigest(work: (digest: Digest) => Promise<void>): Promise<void> {
      const digest = openDigest('sha256', sizeBytes, never);
      try {
        await work(digest);
      } finally {
        digest.close();
      }
    }

    test('is that of bytes and runs of zeros in order', () =>
      withDigest(async (digest) => {
        const expected = createHash('sha256');
        // More than the thread's memory holds, in odd pieces; and a run longer than it takes at once.
        for (const length of [3, 7 * MIB + 1, MIB, 5 * MIB - 7, 0, 1]) {
          const bytes = randomBytes(length);
          await digest.add(bytes);
          expected.update(bytes);
        }
        await digest.add({ zeros: 70 * MIB + 5 });
        expected.update(Buffer.alloc(70 * MIB + 5));
        await digest.add(Buffer.from('end'));
        expected.update('end');
        assert.equal(await digest.hex(), expected.digest('hex'));
      }));

    test('forgets what was added since it was kept', () =>
      withDigest(async (digest) => {
        await digest.add(Buffer.from('kept '));
        digest.keep();
        await digest.add(Buffer.from('lost'));
        await digest.add({ zeros: 9 });
        digest.back();
        await digest.add(Buffer.from('again'));
        assert.equal(await digest.hex(), createHash('sha256').update('kept again').digest('hex'));
      }));
  });

test('a digest whose work is cancelled does not wait for its thread', async () => {
  const abort = new AbortController();
  const digest = openDigest('sha256', 1024 * MIB, abort.signal);
  const adding = digest.add({ zeros: 1024 * 1024 * MIB });
  abort.abort();
  await assert.rejects(adding, { name: 'AbortError' });
  await assert.rejects(digest.hex(), { name: 'AbortError' });
  digest.close();
});

test('a digest that nobody asks for takes everything at once, and is empty', async () => {
  const digest = openDigest(null, 1024 * MIB, never);
  digest.back();
  await digest.add(Buffer.from('bytes'));
  await digest.add({ zeros: 1024 * 1024 * MIB });
  digest.keep();
  assert.equal(await digest.hex(), '');
  digest.close();
});
