import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ZeroRunSplitter, type Zeros } from '../../../drivers/formats/zero-runs.ts';

const BLOCK = 64 * 1024;

function split(bytes: Uint8Array, cuts: readonly number[]): (Uint8Array | Zeros)[] {
  const splitter = new ZeroRunSplitter();
  const bounds = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  const out = bounds.slice(1).flatMap((end, index) => splitter.push(bytes.subarray(bounds[index], end)));
  return [...out, ...splitter.end()];
}

function join(parts: readonly (Uint8Array | Zeros)[]): Buffer {
  return Buffer.concat(parts.map((part) => (part instanceof Uint8Array ? part : Buffer.alloc(part.zeros))));
}

/** Blocks that are zeros, data, or zeros with one byte in them, and a tail. */
const content = fc
  .array(fc.oneof(fc.constant('zero'), fc.constant('data'), fc.nat(BLOCK - 1)), { maxLength: 6 })
  .chain((blocks) => fc.tuple(fc.constant(blocks), fc.nat(BLOCK - 1), fc.boolean()))
  .map(([blocks, tail, tailIsZero]) => {
    const bytes = Buffer.alloc(blocks.length * BLOCK + tail);
    blocks.forEach((block, index) => {
      if (block === 'data') bytes.fill(0xa5, index * BLOCK, (index + 1) * BLOCK);
      if (typeof block === 'number') bytes[index * BLOCK + block] = 1;
    });
    if (!tailIsZero) bytes.fill(7, blocks.length * BLOCK);
    return bytes;
  });

test('however a stream is cut, its bytes come out as they were, and whole blocks of zeros as runs', () => {
  fc.assert(
    fc.property(content, fc.array(fc.nat(7 * BLOCK), { maxLength: 8 }), (bytes, cuts) => {
      const parts = split(bytes, cuts);
      assert.ok(join(parts).equals(bytes));
      const zeros = parts.reduce((sum, part) => (part instanceof Uint8Array ? sum : sum + part.zeros), 0);
      const empty = Buffer.alloc(BLOCK);
      let expected = 0;
      for (let at = 0; at < bytes.length; at += BLOCK) {
        const block = bytes.subarray(at, at + BLOCK);
        if (block.equals(empty.subarray(0, block.length))) expected += block.length;
      }
      assert.equal(zeros, expected);
    }),
    { numRuns: 300 },
  );
});

test('runs that touch are one run', () => {
  const parts = split(Buffer.alloc(10 * BLOCK), [5, 3 * BLOCK, 3 * BLOCK + 1, 9 * BLOCK]);
  assert.deepEqual(parts, [{ zeros: 10 * BLOCK }]);
});

test('a run that is named is the same as its zeros', () => {
  const piece = fc.oneof(
    fc.nat(3 * BLOCK).map((zeros) => ({ zeros })),
    fc.tuple(fc.nat(2 * BLOCK), fc.boolean()).map(([length, filled]) => Buffer.alloc(length, filled ? 5 : 0)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const splitter = new ZeroRunSplitter();
      const out = pieces.flatMap((one) =>
        one instanceof Uint8Array ? splitter.push(one) : splitter.pushZeros(one.zeros),
      );
      const named = [...out, ...splitter.end()];
      const bytes = join(pieces);
      assert.ok(join(named).equals(bytes));
      const zerosOf = (parts: readonly (Uint8Array | Zeros)[]): number =>
        parts.reduce((sum, part) => (part instanceof Uint8Array ? sum : sum + part.zeros), 0);
      assert.equal(zerosOf(named), zerosOf(split(bytes, [])));
    }),
    { numRuns: 200 },
  );
});
