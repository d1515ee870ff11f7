import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { gptPieces, newGpt, readGpt, type Gpt } from '../../../drivers/formats/disk/gpt.ts';
import {
  extendedBootRecords,
  newProtectiveMbr,
  protectiveMbrFor,
  readMbr,
  type MbrEntry,
} from '../../../drivers/formats/disk/mbr.ts';
import { NTFS_HEAD_BYTES, ntfsBootCopy } from '../../../drivers/formats/disk/ntfs-boot.ts';
import type { Piece } from '../../../drivers/formats/disk/piece.ts';
import { swapHeader } from '../../../drivers/formats/disk/swap-area.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';

const SECTORS = 2048;
const GUID = '0FC63DAF-8483-4772-8E79-3D69D8477DE4';

const table = (lastSector = SECTORS - 1): Gpt =>
  newGpt({
    diskGuid: '1B54E9E0-3F4B-41A2-9D02-6B0A3BF0E1C2',
    firstUsable: 34,
    lastUsable: lastSector - 33,
    lastSector,
    partitions: [
      {
        number: 1,
        type: GUID,
        guid: '2B54E9E0-3F4B-41A2-9D02-6B0A3BF0E1C2',
        start: 64,
        sectors: 100,
        attributes: 1n << 63n,
        name: 'root ä',
      },
      {
        number: 128,
        type: GUID,
        guid: '3B54E9E0-3F4B-41A2-9D02-6B0A3BF0E1C2',
        start: 200,
        sectors: 1,
        attributes: 0n,
        name: '',
      },
    ],
  });

function diskOf(pieces: readonly Piece[], sectors: number, sectorSize: number): Buffer {
  const disk = Buffer.alloc(sectors * sectorSize);
  for (const { offset, data } of pieces) disk.set(data, offset);
  return disk;
}

function readAt(disk: Buffer, lba: number, sectorSize: number): Gpt {
  return readGpt(disk.subarray(lba * sectorSize, (lba + 1) * sectorSize), (at, bytes) =>
    disk.subarray(at * sectorSize, at * sectorSize + bytes),
  );
}

test('rows of GPT that reach into what partitions may have are refused', () => {
  const gpt = table();
  gptPieces({ ...gpt, firstUsable: 34 }, SECTORS, 512);
  const [first, ...others] = gpt.partitions;
  assert.ok(first);
  for (const wrong of [
    { ...gpt, firstUsable: 33 },
    { ...gpt, firstRows: 3 },
    { ...gpt, partitions: [{ ...first, start: 20 }, ...others] },
  ])
    assert.throws(() => gptPieces(wrong, SECTORS, 512), /The rows of GPT end before sector 3[45], and/);
});

for (const sectorSize of [512, 4096])
  test(`both copies of GPT are read as they were written, sectors of ${sectorSize}`, () => {
    const disk = diskOf(gptPieces(table(), SECTORS, sectorSize), SECTORS, sectorSize);
    for (const lba of [1, SECTORS - 1]) {
      const { diskGuid, partitions, firstUsable, lastUsable, lastSector } = readAt(disk, lba, sectorSize);
      assert.deepEqual(
        { diskGuid, partitions, firstUsable, lastUsable, lastSector },
        {
          diskGuid: table().diskGuid,
          partitions: table().partitions,
          firstUsable: 34,
          lastUsable: SECTORS - 34,
          lastSector: SECTORS - 1,
        },
      );
    }
  });

test('a table for a larger disk is used up to its end; for the same size it is as it was, byte for byte', () => {
  const before = diskOf(gptPieces(table(), SECTORS, 512), SECTORS, 512);
  const read = readAt(before, 1, 512);
  assert.ok(diskOf(gptPieces(read, SECTORS, 512), SECTORS, 512).equals(before));
  const larger = diskOf(gptPieces(read, 2 * SECTORS, 512), 2 * SECTORS, 512);
  for (const lba of [1, 2 * SECTORS - 1]) {
    const { lastSector, lastUsable, partitions } = readAt(larger, lba, 512);
    assert.deepEqual([lastSector, lastUsable], [2 * SECTORS - 1, 2 * SECTORS - 34]);
    assert.deepEqual(partitions, table().partitions);
  }
});

test('any changed bit of a header or its rows is found', () => {
  const disk = diskOf(gptPieces(table(), SECTORS, 512), SECTORS, 512);
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 512, max: 603 }), fc.integer({ min: 1024, max: 1024 + 16383 })),
      fc.nat(7),
      (at, bit) => {
        const changed = Buffer.from(disk);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        assert.throws(() => readAt(changed, 1, 512), FormatError);
      },
    ),
  );
});

test('what is cut, or says that it is larger than it may be, is an error of the format', () => {
  const header = Buffer.from(diskOf(gptPieces(table(), SECTORS, 512), SECTORS, 512).subarray(512, 1024));
  for (const [offset, value] of [
    [12, 91],
    [12, 0xffffffff],
    [80, 0xffffffff],
    [84, 64],
  ] as const) {
    const changed = Buffer.from(header);
    changed.writeUInt32LE(value, offset);
    assert.throws(() => readGpt(changed, () => Buffer.alloc(16384)), FormatError);
  }
  for (const length of [0, 8, 91])
    assert.throws(() => readGpt(header.subarray(0, length), () => header), FormatError);
  assert.throws(() => newGpt({ ...table(), partitions: [{ ...TOO_FAR, number: 129 }] }), FormatError);
  assert.throws(() => newGpt({ ...table(), diskGuid: 'x' }), FormatError);
});

test('rows where partitions may be are refused, however right their checksum is', () => {
  const late = { ...table(), firstRows: 100, firstUsable: 132, partitions: [] };
  const disk = diskOf(gptPieces(late, SECTORS, 512), SECTORS, 512);
  const header = disk.subarray(512, 512 + 92);
  header.writeBigUInt64LE(34n, 40);
  header.writeUInt32LE(0, 16);
  header.writeUInt32LE(crc32(header), 16);
  assert.throws(() => readAt(disk, 1, 512), /Rows at 100/);
});

const TOO_FAR = { number: 1, type: GUID, guid: GUID, start: 64, sectors: 1, attributes: 0n, name: '' };

test('a protective MBR covers the new size; a hybrid one stays as it is', () => {
  const made = newProtectiveMbr(SECTORS);
  assert.deepEqual(readMbr(made)[0], { bootable: false, type: 0xee, start: 1, sectors: SECTORS - 1 });
  assert.equal(readMbr(protectiveMbrFor(made, 4096))[0]?.sectors, 4095);
  const full = newProtectiveMbr(2 ** 33);
  assert.equal(readMbr(full)[0]?.sectors, 0xffffffff);
  assert.ok(protectiveMbrFor(full, 2 ** 34).equals(full));
  const hybrid = Buffer.from(made);
  made.copy(hybrid, 462, 446, 462);
  hybrid[466] = 0x83;
  assert.ok(protectiveMbrFor(hybrid, 4096).equals(hybrid));
  assert.throws(() => readMbr(Buffer.alloc(512)), FormatError);
  assert.throws(() => readMbr(made.subarray(0, 511)), FormatError);
});

const row = (start: number, sectors: number, type = 0x83): MbrEntry => ({
  bootable: false,
  type,
  start,
  sectors,
});

test('extended boot records are as sfdisk 2.38.1 wrote them', () => {
  const records = extendedBootRecords(
    row(12288, 100_000, 5),
    [row(14336, 10_000), row(30_000, 20_000, 0x82), row(60_000, 20_000)],
    {
      sectorSize: 512,
      first: null,
    },
  );
  assert.deepEqual(
    records.map(({ offset, data }) => [offset / 512, Buffer.from(data).toString('hex', 446, 478)]),
    [
      [12288, '00e32400838312010008000010270000' + '00bc2c01051c2903303d000020560000'],
      [27952, '00dd0d01821c290300080000204e0000' + '009a380305f9350460b2000020560000'],
      [57952, '00bb190383f9350400080000204e0000' + '00000000000000000000000000000000'],
    ],
  );
});

test('a record never lies in another partition, and there must be room for it', () => {
  const options = { sectorSize: 512, first: null };
  const tight = extendedBootRecords(row(1000, 4000, 5), [row(1063, 937), row(2001, 999)], options);
  assert.deepEqual(
    tight.map(({ offset }) => offset / 512),
    [1000, 2000],
  );
  assert.throws(
    () => extendedBootRecords(row(1000, 4000, 5), [row(1063, 937), row(2000, 999)], options),
    FormatError,
  );
  assert.throws(() => extendedBootRecords(row(1000, 4000, 5), [row(900, 50)], options), FormatError);
  assert.throws(() => extendedBootRecords(row(1000, 4000, 5), [row(4000, 1001)], options), FormatError);
  const boot = Buffer.alloc(512, 0xaa);
  const [first] = extendedBootRecords(row(1000, 4000, 5), [row(1063, 100)], { ...options, first: boot });
  assert.equal(Buffer.from(first?.data ?? []).toString('hex', 440, 446), 'aa'.repeat(6));
  assert.deepEqual(extendedBootRecords(row(1000, 4000, 5), [], { ...options, first: boot })[0]?.data, boot);
});

test('a swap area', () => {
  const uuid = '4ad5b9d4-8d3c-4f0c-9a57-0b1d3c5e7f90';
  const page = swapHeader(40960 + 4095, { uuid, label: 'swap' });
  assert.deepEqual([page.readUInt32LE(1024), page.readUInt32LE(1028)], [1, 9]);
  assert.equal(page.toString('hex', 1036, 1052), uuid.replaceAll('-', ''));
  assert.equal(page.toString('latin1', 1052, 1057), 'swap\0');
  assert.equal(page.toString('latin1', 4086), 'SWAPSPACE2');
  assert.throws(() => swapHeader(40959, { uuid: null, label: null }), FormatError);
});

test('the copy of NTFS’s boot sector lies after its last cluster, never beyond the partition', () => {
  const head = Buffer.alloc(NTFS_HEAD_BYTES, 7);
  head.write('NTFS    ', 3, 'latin1');
  head.writeUInt16LE(512, 11);
  head.writeBigUInt64LE(81919n, 0x28);
  const copy = ntfsBootCopy(head, 81920 * 512);
  assert.deepEqual([copy?.offset, copy?.data.length], [81919 * 512, 512]);
  assert.equal(ntfsBootCopy(head, 81919 * 512), null);
  head.writeBigUInt64LE(2n ** 64n - 1n, 0x28);
  assert.equal(ntfsBootCopy(head, 81920 * 512), null);
  head.writeUInt16LE(0, 11);
  assert.equal(ntfsBootCopy(head, 81920 * 512), null);
  assert.equal(ntfsBootCopy(Buffer.alloc(4096), 81920 * 512), null);
});
