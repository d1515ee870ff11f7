import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lvmCrc, physicalVolumePieces } from '../../../drivers/formats/disk/lvm-label.ts';
import { readLvmText } from '../../../drivers/formats/disk/lvm-text.ts';
import { readVolumeGroup, type VolumeGroup } from '../../../drivers/formats/disk/volume-group.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';
import { volumeGroupText } from '../../support/volume-group.ts';

const PV = '0qJmDA-3Kxm-vXRe-5aZH-0oDb-bUT1-Kw2x3p';

function group(text = volumeGroupText()): VolumeGroup {
  return readVolumeGroup(text);
}

test('a backup of a volume group: sizes in bytes, linear and striped segments', () => {
  const { name, extentBytes, physical, logical } = group();
  assert.deepEqual([name, extentBytes], ['vg0', 1 << 20]);
  assert.deepEqual(physical.get('pv0'), {
    id: PV,
    bytes: 24 << 20,
    dataOffset: 1 << 20,
    extents: 23,
    bootArea: false,
  });
  assert.deepEqual(
    logical.map(({ name: volume, bytes, segments }) => [
      volume,
      bytes,
      segments?.map(({ stripes }) => stripes),
    ]),
    [
      ['root', 12 << 20, [[{ physical: 'pv0', extent: 0 }], [{ physical: 'pv1', extent: 10 }]]],
      [
        'fast',
        8 << 20,
        [
          [
            { physical: 'pv0', extent: 10 },
            { physical: 'pv1', extent: 0 },
          ],
        ],
      ],
      ['swap', 2 << 20, [[{ physical: 'pv0', extent: 16 }]]],
    ],
  );
});

test('the group’s text begins with its name, as LVM looks for it, and is read back as the same', () => {
  const { metadata } = group();
  assert.equal(metadata.toString('latin1', 0, 5), 'vg0 {');
  assert.equal(metadata.at(-1), 0);
  const again = readVolumeGroup(metadata.toString('utf8', 0, metadata.length - 1));
  assert.deepEqual(again.logical, group().logical);
});

test('the label is what pvcreate of LVM 2.03.16 wrote for the same volume', () => {
  const bytes = 64 << 20;
  const volume = { id: PV, bytes, dataOffset: 1 << 20, extents: 15, bootArea: false };
  const [label, area, text] = physicalVolumePieces(group(), volume, bytes);
  const recorded =
    '4c4142454c4f4e4501000000000000000da05749200000004c564d3220303031' +
    '30714a6d4441334b786d7658526535615a48306f4462625554314b7732783370' +
    '0000000400000000000010000000000000000000000000000000000000000000' +
    '00000000000000000010000000000000' +
    '00f00f00000000000000000000000000000000000000000002000000' +
    '01000000';
  assert.equal(Buffer.from(label?.data ?? []).toString('hex', 0, recorded.length / 2), recorded);
  const header = Buffer.from(area?.data ?? []);
  assert.deepEqual([label?.offset, area?.offset, text?.offset], [512, 4096, 4608]);
  assert.equal(header.readUInt32LE(0), lvmCrc(header.subarray(4)));
  assert.equal(header.readUInt32LE(56), lvmCrc(text?.data ?? new Uint8Array()));
});

test('LVM’s checksum of a recorded header', () => {
  const header = Buffer.alloc(512);
  Buffer.from(
    '204c564d3220785b35412572304e2a3e01000000001000000000000000f00f00000000000002000000000000ee0300000000000078c32be3',
    'hex',
  ).copy(header, 4);
  assert.equal(lvmCrc(header.subarray(4)).toString(16), '9a2733f5');
});

test('a text that does not fit before the data is refused', () => {
  const volume = { id: PV, bytes: 1 << 20, dataOffset: 8192, extents: 1, bootArea: false };
  assert.throws(() => physicalVolumePieces(group(), volume, 1 << 20), FormatError);
});

test('a volume that lies where no extent is, or whose numbers cannot be, is an error', () => {
  const text = volumeGroupText();
  for (const [from, to] of [
    ['"pv1", 10', '"pv1", 20'],
    ['"pv1", 10', '"pv9", 10'],
    ['"pv1", 10', '"pv1", -1'],
    ['"pv1", 10', '"pv1"'],
    ['stripe_count = 2', 'stripe_count = 3'],
    ['stripe_count = 2', 'stripe_count = 0'],
    ['stripe_size = 128', 'stripe_size = 0'],
    ['stripe_size = 128', 'stripe_size = 96'],
    ['start_extent = 8', 'start_extent = 7'],
    ['pe_count = 23', 'pe_count = 4000000000000'],
    ['extent_count = 4', 'extent_count = 1.5'],
    ['extent_count = 4', 'extent_count = 99999999999999999999'],
    ['extent_size = 2048', 'extent_size = 0'],
    ['segment_count = 2', 'segment_count = 3'],
    [PV, '../../etc'],
    ['contents = "Text Format Volume Group"', 'contents = "x"'],
    ['version = 1\n', 'version = 2\n'],
  ] as const) {
    assert.ok(text.includes(from), from);
    assert.throws(() => group(text.replace(from, to)), FormatError, `${from} -> ${to}`);
  }
});

test('a volume of another kind is told by it', () => {
  const { logical } = group(volumeGroupText().replace('type = "striped"', 'type = "thin-pool"'));
  assert.deepEqual([logical[0]?.segments, logical[0]?.kind], [null, 'thin-pool']);
});

test('a text that is cut or garbled ends in an error of the format, or in a group; never otherwise', () => {
  const text = volumeGroupText();
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(text.length), fc.string({ maxLength: 8 }), (a, b, between) => {
      try {
        group(text.slice(0, Math.min(a, b)) + between + text.slice(Math.max(a, b)));
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }),
  );
  for (const bad of [
    'a { '.repeat(100),
    'a = ' + '['.repeat(100),
    'a = "',
    'a = 1 a = 2',
    'a {} a {}',
    'a',
    '= 1',
    '}',
  ])
    assert.throws(() => readLvmText(bad), FormatError, bad.slice(0, 20));
});

test('volumes that share an extent are refused', () => {
  const text = volumeGroupText().replace('"pv0", 16', '"pv0", 17');
  assert.equal(readVolumeGroup(text).logical.length, 3);
  assert.throws(
    () => readVolumeGroup(volumeGroupText().replace('"pv0", 16', '"pv0", 13')),
    /swap and fast share extents of pv0|fast and swap share extents of pv0/,
  );
});
