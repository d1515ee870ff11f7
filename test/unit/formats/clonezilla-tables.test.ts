import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageDisk } from '../../../drivers/formats/clonezilla/image.ts';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import { gptPieces, newGpt } from '../../../drivers/formats/disk/gpt.ts';
import { newProtectiveMbr } from '../../../drivers/formats/disk/mbr.ts';
import { memoryFiles } from '../../support/image-files.ts';

const SECTORS = 4096;
const TYPE = '0FC63DAF-8483-4772-8E79-3D69D8477DE4';
const GUID = '2B54E9E0-3F4B-41A2-9D02-6B0A3BF0E1C2';
const DISK = '1B54E9E0-3F4B-41A2-9D02-6B0A3BF0E1C2';
const DUMP = `label: gpt
label-id: ${DISK}
device: /dev/sda
unit: sectors
first-lba: 34
last-lba: ${SECTORS - 34}
sector-size: 512

/dev/sda1 : start=        2048, size=        1024, type=${TYPE}, uuid=${GUID}
`;

function disk(): Buffer {
  const bytes = Buffer.alloc(SECTORS * 512);
  newProtectiveMbr(SECTORS).copy(bytes);
  const gpt = newGpt({
    diskGuid: DISK,
    firstUsable: 34,
    lastUsable: SECTORS - 34,
    lastSector: SECTORS - 1,
    partitions: [{ number: 1, type: TYPE, guid: GUID, start: 2048, sectors: 1024, attributes: 0n, name: '' }],
  });
  for (const { offset, data } of gptPieces(gpt, SECTORS, 512)) bytes.set(data, offset);
  return bytes;
}

const sectors = (from: number, count: number): Buffer => disk().subarray(from * 512, (from + count) * 512);
const first = (change = false): Buffer => {
  const bytes = Buffer.from(sectors(0, 34));
  if (change) bytes[1024 + 5] = 7;
  return bytes;
};

async function read(files: Readonly<Record<string, string | Uint8Array>>): Promise<ImageDisk> {
  const image = await readImage(
    memoryFiles({ disk: 'sda', 'sda-pt.sf': DUMP, 'sda-mbr': sectors(0, 1), ...files }),
  );
  const [found] = image.disks;
  assert.ok(found);
  return found;
}

test('GPT is read from its first copy, and the size of the disk from it where nothing else tells it', async () => {
  const { table, sizeBytes, problems, warnings } = await read({ 'sda-gpt-1st': first() });
  assert.equal(table?.gpt?.lastSector, SECTORS - 1);
  assert.deepEqual([sizeBytes, problems], [SECTORS * 512, []]);
  assert.deepEqual(warnings, ['sda1 will be empty: Clonezilla did not save it.']);
});

test('where the first copy is damaged, from the second one, if that is whole', async () => {
  const whole = await read({ 'sda-gpt-1st': first(true), 'sda-gpt-2nd': sectors(SECTORS - 33, 33) });
  assert.equal(whole.table?.gpt?.partitions.length, 1);
  assert.match(whole.warnings.join(), /sda-gpt-1st is not used: The checksum of the rows is wrong/);
  // As Clonezilla cuts it, without the first rows.
  const late = await read({ 'sda-gpt-1st': first(true), 'sda-gpt-2nd': sectors(SECTORS - 32, 32) });
  assert.equal(late.table?.gpt, null);
  assert.match(late.warnings.join(), /sda-gpt-2nd is not used: The first rows are not in it/);
  assert.deepEqual([late.sizeBytes, late.problems], [SECTORS * 512, []]);
});

test('a first sector that is not of this disk is not used', async () => {
  const other = Buffer.alloc(512);
  other[446 + 4] = 0x83;
  other.writeUInt32LE(2048, 446 + 8);
  other.writeUInt32LE(1024, 446 + 12);
  other.writeUInt16BE(0x55aa, 510);
  for (const [mbr, why] of [
    [other, /sda-mbr is not used: It is of no disk with GPT/],
    [sectors(0, 1).subarray(0, 100), /sda-mbr is not used: An MBR has 512 bytes/],
  ] as const) {
    const { table, warnings } = await read({ 'sda-mbr': mbr, 'sda-gpt-1st': first() });
    assert.ok(table?.mbr?.equals(sectors(0, 1)), 'the first copy of GPT begins with it, too');
    assert.match(warnings.join(), why);
    assert.equal((await read({ 'sda-mbr': mbr })).table?.mbr, null, 'it is made anew');
  }
  const boots = Buffer.from(sectors(0, 1));
  boots[0] = 0xeb;
  const { table, warnings } = await read({ 'sda-mbr': boots, 'sda-gpt-1st': first() });
  assert.ok(table?.mbr?.equals(boots));
  assert.match(warnings.join(), /sda-mbr and sda-gpt-1st begin with different sectors/);
});

test('a copy that tells other partitions than the dump, or nothing of a table, is said', async () => {
  const other = await read({ 'sda-gpt-1st': first(), 'sda-pt.sf': DUMP.replace('1024,', '1023,') });
  assert.match(other.problems.join(), /sda-gpt-1st and sda-pt\.sf tell different partitions/);
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(600), first().subarray(0, 1060)]) {
    const { table, warnings } = await read({ 'sda-gpt-1st': bytes, 'sda-gpt-2nd': bytes });
    assert.equal(table?.gpt, null);
    assert.match(warnings.join(), /sda-gpt-1st is not used[^]*sda-gpt-2nd is not used/);
  }
});
