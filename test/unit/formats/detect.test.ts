import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { detectFormat } from '../../../drivers/formats/detect.ts';
import { writeIso } from '../../../drivers/formats/iso9660/index.ts';

test('a partition table is told from the boot sector of a file system', () => {
  const disk = Buffer.alloc(4096);
  disk.writeUInt16LE(0xaa55, 510);
  assert.deepEqual(detectFormat(disk), { format: 'raw', partitions: null });
  disk[446 + 4] = 0x83;
  disk.writeUInt32LE(2048, 446 + 12);
  assert.deepEqual(detectFormat(disk), { format: 'raw', partitions: 'mbr' });
  disk.fill('no boot loader is to be found on this disk', 440, 500);
  assert.deepEqual(detectFormat(disk), { format: 'raw', partitions: null });
});

test('an ISO is one, with the partition table that lets it boot from a stick', () => {
  const iso = writeIso({ volumeId: 'X', files: [] });
  assert.deepEqual(detectFormat(iso), { format: 'iso', partitions: null });
  iso.write('EFI PART', 512);
  assert.deepEqual(detectFormat(iso), { format: 'iso', partitions: 'gpt' });
});

test('any bytes have a format, however few they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.uint8Array({ maxLength: 512 }), (head, tail) => {
      detectFormat(head, tail);
    }),
  );
  assert.deepEqual(detectFormat(new Uint8Array()), { format: 'raw', partitions: null });
});
