import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveLayout } from '../../../main/jobs/p2v/live/disk-layout.ts';
import type { LayoutContent, LayoutFacts } from '../../../main/jobs/p2v/live/layout-facts.ts';

const MIB = 1024 ** 2;
const linear = (name: string, at: number, mib: number, content: LayoutContent) => ({
  name,
  path: `/dev/vg/${name}`,
  sizeBytes: mib * MIB,
  kind: 'linear',
  content,
  segments: [{ at: 0, bytes: mib * MIB, stripes: [{ device: '/dev/sda1', at: at * MIB }] }],
});

/** Of MiB: a physical volume from 1 to 63, its extents from 2 to 61: root from 2, swap from 12; the rest of them is nobody's. */
function factsOf(dataBytes: number | null, kind = 'linear'): LayoutFacts {
  return {
    disk: {
      name: 'sda',
      path: '/dev/sda',
      sizeBytes: 64 * MIB,
      table: 'gpt',
      content: { kind: 'other' },
      partitions: [
        {
          path: '/dev/sda1',
          at: MIB,
          sizeBytes: 62 * MIB,
          content: { kind: 'physicalVolume', group: 'vg', dataOffset: MIB, dataBytes },
        },
      ],
    },
    groups: [
      {
        name: 'vg',
        volumes: [
          { ...linear('root', 1, 10, { kind: 'other' }), kind },
          linear('swap', 11, 8, { kind: 'swap', uuid: null, label: null }),
        ],
      },
    ],
  };
}

/** `FROM-END kind`, of which those that are the disk itself are read at the same place. */
function partsOf(facts: LayoutFacts, snapshotted: string[] = []): string[] {
  const parts = liveLayout(facts, snapshotted);
  for (const [index, { at, from }] of parts.entries()) {
    const before = parts[index - 1];
    assert.equal(at, before === undefined ? 0 : before.at + before.length);
    if (from.kind === 'device') assert.equal(from.deviceAt, at);
  }
  return parts.map(({ at, length, from }) => `${at / MIB}-${(at + length) / MIB} ${from.kind}`);
}

test('of LVM without a snapshot its text and volumes are read, swap is made anew, and what is nobody’s is empty', () => {
  const page = 4096 / MIB;
  assert.deepEqual(partsOf(factsOf(59 * MIB)), [
    '0-1 device',
    '1-2 device',
    '2-12 device',
    `12-${12 + page} bytes`,
    `${12 + page}-20 zeros`,
    '20-61 zeros',
    // A second copy of the text may lie there.
    '61-63 device',
    '63-64 device',
  ]);
});

test('where it is not known what is whose, all of it is read', () => {
  const whole = ['0-1 device', '1-63 device', '63-64 device'];
  assert.deepEqual(partsOf(factsOf(null)), whole);
  assert.deepEqual(partsOf(factsOf(59 * MIB, 'thin')), whole);
  assert.deepEqual(partsOf(factsOf(62 * MIB)), whole);
});

test('of LVM with a snapshot nothing is read before there is that', () => {
  assert.deepEqual(
    partsOf(factsOf(59 * MIB), ['/dev/vg/root']).filter((part) => part.endsWith('device')),
    ['0-1 device', '63-64 device'],
  );
});
