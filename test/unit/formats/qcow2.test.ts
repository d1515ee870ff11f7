import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../../../drivers/formats/errors.ts';
import { readQcow2Header } from '../../../drivers/formats/qcow2.ts';
import { memorySource } from '../../../drivers/formats/random-source.ts';

/** A header of version 3 with a backing file and its format. */
function header(): Buffer {
  const bytes = Buffer.alloc(65536);
  bytes.write('QFI\xfb', 'latin1');
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(16, 20);
  bytes.writeBigUInt64BE(1n << 33n, 24);
  bytes.writeUInt32BE(112, 100);
  bytes.writeUInt32BE(0xe2792aca, 112);
  bytes.writeUInt32BE(5, 116);
  bytes.write('qcow2', 120);
  bytes.writeBigUInt64BE(0x210n, 8);
  bytes.writeUInt32BE(8, 16);
  bytes.write('/a/b.img', 0x210);
  return bytes;
}

const read = (bytes: Buffer) => readQcow2Header(memorySource(bytes));

test('a header is read, with the backing file and its format', async () => {
  const { virtualBytes, backingFile, backingFormat, version } = await read(header());
  assert.deepEqual(
    { virtualBytes, backingFile, backingFormat, version },
    { virtualBytes: 1n << 33n, backingFile: '/a/b.img', backingFormat: 'qcow2', version: 3 },
  );
});

test('a field that would lead out of the header is an error that says where', async () => {
  const cases: [offset: number, value: number, at: number][] = [
    [20, 8, 20],
    [20, 22, 20],
    [16, 1024, 16],
    [8, 0xffff, 8],
    [100, 96, 100],
    [100, 0xffff_ffff, 100],
    [116, 0xffff_ffff, 116],
    [32, 3, 32],
    [4, 4, 4],
  ];
  for (const [offset, value, at] of cases) {
    const bytes = header();
    bytes.writeUInt32BE(value, offset);
    await assert.rejects(read(bytes), (error) => error instanceof FormatError && error.offset === at);
  }
});

test('a feature that is not known is told', async () => {
  const bytes = header();
  bytes.writeBigUInt64BE(0b1000011n | (1n << 40n), 72);
  const { unknownFeatures, dirty, corrupt, externalData } = await read(bytes);
  assert.deepEqual(
    { unknownFeatures, dirty, corrupt, externalData },
    { unknownFeatures: (1n << 40n) | 64n, dirty: true, corrupt: true, externalData: false },
  );
});

test('however a header is damaged or cut, reading ends with an error or a header', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ at: fc.nat(600), value: fc.nat(255) }), { maxLength: 10 }),
      fc.nat(700),
      async (changes, length) => {
        const bytes = header();
        for (const { at, value } of changes) bytes[at] = value;
        try {
          await read(bytes.subarray(0, length));
        } catch (error) {
          assert.ok(error instanceof FormatError, String(error));
        }
      },
    ),
    { numRuns: 500 },
  );
});
