import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lvmCrc, physicalVolumePieces } from '../../../drivers/formats/disk/lvm-label.ts';
import { readVolumeGroup } from '../../../drivers/formats/disk/volume-group.ts';
import { memorySource } from '../../../drivers/formats/random-source.ts';
import { nearSource } from '../../../drivers/formats/used-blocks/ranges.ts';
import { readLvmMetadata } from '../../../main/jobs/p2v/live/lvm-metadata.ts';
import { volumeGroupText } from '../../support/volume-group.ts';

const AREA = 4096;
const AREA_BYTES = 2048 * 512 - AREA;

/** The beginning of a physical volume, as it is after a few changes: older texts lie before and behind. */
function physicalVolume(): { bytes: Buffer; text: Buffer } {
  const group = readVolumeGroup(volumeGroupText());
  const volume = group.physical.get('pv0') ?? assert.fail();
  const bytes = Buffer.alloc(2048 * 512, 'an older text');
  bytes.fill(0, 0, AREA);
  for (const { offset, data } of physicalVolumePieces(group, volume, volume.bytes)) bytes.set(data, offset);
  return { bytes, text: group.metadata };
}

/** The text begins so many bytes before the end of its ring. */
function wrapped(before: number): { bytes: Buffer; text: Buffer } {
  const { bytes, text } = physicalVolume();
  bytes.fill('x', AREA + 512, AREA + 512 + text.length);
  bytes.set(text.subarray(0, before), AREA + AREA_BYTES - before);
  bytes.set(text.subarray(before), AREA + 512);
  bytes.writeBigUInt64LE(BigInt(AREA_BYTES - before), AREA + 40);
  bytes.writeUInt32LE(lvmCrc(bytes.subarray(AREA + 4, AREA + 512)), AREA);
  return { bytes, text };
}

const read = (bytes: Buffer) => readLvmMetadata(nearSource(memorySource(bytes)));

test('of a physical volume its label, the header of its metadata and the text of now are read, and no older one', async () => {
  const { bytes, text } = physicalVolume();
  const [label, header, now, ...others] = await read(bytes);
  assert.equal(label?.offset, 0);
  assert.deepEqual(Buffer.from(label.data), bytes.subarray(0, 2048));
  assert.equal(header?.offset, AREA);
  assert.equal(now?.offset, AREA + 512);
  assert.deepEqual(Buffer.from(now.data), text);
  assert.deepEqual(others, []);
});

test('a text that goes over the end of its ring is read whole, from both places', async () => {
  const { bytes, text } = wrapped(1024);
  const [, , first, second] = await read(bytes);
  assert.deepEqual([first?.offset, second?.offset], [AREA + AREA_BYTES - 1024, AREA + 512]);
  assert.deepEqual(Buffer.concat([first?.data ?? Buffer.alloc(0), second?.data ?? Buffer.alloc(0)]), text);
});

test('a boot loader in its first sector and in an area of its own is read, and each of two texts', async () => {
  const { bytes, text } = physicalVolume();
  const two = Buffer.concat([bytes, Buffer.alloc(8192), bytes.subarray(AREA)]);
  const second = bytes.length + 8192;
  two.write('GRUB', 0);
  two.write('core.img', bytes.length + 4096);
  // The lists of places of the label: data, metadata, and then the area of a boot loader.
  const label = two.subarray(512, 1024);
  const places: [number, number][] = [
    [2048 * 512, 0],
    [0, 0],
    [AREA, AREA_BYTES],
    [second, AREA_BYTES],
    [0, 0],
  ];
  for (const [index, [at, length]] of places.entries()) {
    label.writeBigUInt64LE(BigInt(at), 72 + index * 16);
    label.writeBigUInt64LE(BigInt(length), 80 + index * 16);
  }
  label.writeUInt32LE(2, 152);
  label.writeBigUInt64LE(BigInt(bytes.length + 4096), 160);
  label.writeBigUInt64LE(4096n, 168);
  const pieces = await read(two);
  assert.deepEqual(
    pieces.map(({ offset }) => offset),
    [0, bytes.length + 4096, AREA, AREA + 512, second, second + 512],
  );
  const [head, boot, , first, , last] = pieces.map(({ data }) => Buffer.from(data));
  assert.equal(head?.toString('latin1', 0, 4), 'GRUB');
  assert.equal(boot?.toString('latin1', 0, 8), 'core.img');
  assert.deepEqual([first, last], [text, text]);
});

test('a text that LVM was writing is not taken', async () => {
  const { bytes } = physicalVolume();
  bytes.writeUInt8(0x7e, AREA + 512 + 40);
  await assert.rejects(read(bytes), /checksum of the text/);
  bytes.writeUInt8(0x7e, AREA + 100);
  await assert.rejects(read(bytes), /header of its metadata is damaged/);
});

test('what is no physical volume has no label', async () => {
  await assert.rejects(read(Buffer.alloc(8192)), /no label of LVM/);
});
