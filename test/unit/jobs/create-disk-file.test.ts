import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CreateInput } from '../../../main/contract/create.ts';
import type { MachineSpec } from '../../../main/contract/machine-spec.ts';
import type { CreateFacts } from '../../../main/jobs/create/facts.ts';
import { imageDefaults } from '../../../main/jobs/create/image-defaults.ts';
import { virtInstall } from '../../../main/jobs/create/virt-install.ts';
import { diskFileMachine } from '../../../main/jobs/p2v/disk-file-machine.ts';
import type { DiskBytes, SavedMachine } from '../../../main/jobs/p2v/saved-machine.ts';
import { memoryPlace } from '../../support/memory-place.ts';
import { growingVhd } from '../../support/vhd.ts';
import { FACTS, input, planned, POOL } from './create-input.ts';

const MIB = 1 << 20;
const PATH = '/backup/office.vhd';
const HOST = {
  name: 'kvm-a',
  cpus: 4,
  pool: POOL,
  format: 'qcow2',
  nic: { kind: 'user' },
} as const;

/** A disk of 5 MiB with an MBR of one partition of a type, and noise in its second and last MiB. */
function diskOf(type: number): Buffer {
  const disk = Buffer.alloc(5 * MIB);
  disk[446 + 4] = type;
  disk.writeUInt32LE(2048, 446 + 8);
  disk.writeUInt32LE(4096, 446 + 12);
  disk.writeUInt16BE(0x55aa, 510);
  for (let at = 0; at < 1000; at += 1) disk[MIB + 70_000 + at] = disk[4 * MIB + 9 + at] = 1 + (at % 250);
  return disk;
}

const WINDOWS = diskOf(0x07);
const machine = (disk: Buffer): Promise<SavedMachine> =>
  diskFileMachine(memoryPlace({ [PATH]: growingVhd(disk) }), [PATH]);
const known = (saved: CreateFacts['saved']): CreateFacts => ({ ...FACTS, saved });

function inputOf(
  saved: SavedMachine,
  change: (spec: MachineSpec) => MachineSpec = (spec) => spec,
): CreateInput {
  const base = input({ kind: 'diskFile', paths: [PATH] });
  const { spec } = imageDefaults(base.spec, { format: 'raw' }, { saved, host: HOST });
  return { ...base, name: 'office', os: null, spec: change(spec) };
}

async function bytesOf(source: DiskBytes, offset: number, length: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const part of source.read(offset, length, new AbortController().signal))
    pieces.push(part instanceof Uint8Array ? part : Buffer.alloc(part.zeros));
  return Buffer.concat(pieces);
}

suite('a machine of a VHDX or VHD', () => {
  test('has the firmware that its table of partitions tells, SATA and e1000e, and of Windows the clock of its place', async () => {
    const { spec } = input({ kind: 'disk' });
    const of = async (disk: Buffer) =>
      imageDefaults(spec, { format: 'qcow2' }, { saved: await machine(disk), host: HOST });
    const windows = await of(WINDOWS);
    assert.deepEqual(
      [windows.spec.firmware, windows.spec.clock, windows.spec.nics.map(({ model, mac }) => [model, mac])],
      ['bios', 'localtime', [['e1000e', null]]],
    );
    assert.deepEqual(
      windows.spec.disks.map(({ bus, source }) => [bus, source.kind === 'new' && source.sizeBytes]),
      [['sata', 5 * MIB]],
    );
    // Whoever asks may choose others afterwards: no figure is told that may not be the machine's.
    assert.match(windows.warnings.join(), /^Nothing tells the memory, CPUs and MACs[^0-9]*$/);
    assert.equal((await of(diskOf(0x83))).spec.clock, 'utc');
    const bare = await of(Buffer.alloc(5 * MIB, 1));
    assert.match(
      bare.warnings.join(),
      /do not tell what started the machine: where nobody says, BIOS is tried/,
    );
  });

  test('its disk is filled from the file; another size than its own is refused', async () => {
    const saved = await machine(WINDOWS);
    const of = inputOf(saved);
    const { plan, problems, machines } = planned(of, known(saved));
    assert.deepEqual(problems, []);
    assert.deepEqual(
      plan.steps.map(({ kind, title }) => [kind, title]),
      [
        ['p2v.fill', `Restore ${PATH} to office.img in default`],
        ['create.define', 'Define office'],
        ['create.start', 'Start office'],
      ],
    );
    assert.deepEqual(plan.steps[0]?.params, {
      host: 'h',
      pool: POOL,
      poolName: 'default',
      name: 'office.img',
      image: PATH,
      on: null,
      disk: null,
      sizeBytes: 5 * MIB,
      isConverted: false,
    });
    const [first] = machines;
    assert.ok(first);
    assert.match(
      virtInstall(of, first, known(saved)),
      /^virtlane p2v restore \/backup\/office\.vhd --to-raw /,
    );
    const larger = inputOf(saved, (spec) => ({
      ...spec,
      disks: spec.disks.map((disk) =>
        disk.source.kind === 'new' ? { ...disk, source: { ...disk.source, sizeBytes: 6 * MIB } } : disk,
      ),
    }));
    assert.match(
      planned(larger, known(saved))
        .problems.map(({ field, message }) => `${field}: ${message}`)
        .join(),
      /^spec\.disks\.0\.source: \/backup\/office\.vhd cannot be restored\. .* Make that one larger afterwards/,
    );
    assert.deepEqual(
      planned(of, known('/backup/office.vhd is not there.')).problems.map(({ field }) => field),
      ['source.paths'],
    );
  });

  test('sectors of 4 KiB are the new disk’s, too, where its bus has them', async () => {
    const small = await machine(WINDOWS);
    const saved: SavedMachine = {
      ...small,
      disks: small.disks.map((disk) => ({ ...disk, sectorBytes: 4096 })),
    };
    const of = inputOf(saved);
    const { machines, problems, warnings } = planned(of, known(saved));
    assert.deepEqual(problems, []);
    assert.match(
      machines[0]?.xml ?? '',
      /<blockio logical_block_size=.4096. physical_block_size=.4096.\/>\s*<target dev=.vda. bus=.virtio.\/>/,
    );
    assert.match(warnings.join('\n'), /sectors of 4096 bytes.*on virtio.*Windows by itself has not/);
    const sata = inputOf(saved, (spec) => ({
      ...spec,
      disks: spec.disks.map((disk) => ({ ...disk, bus: 'sata' as const })),
    }));
    assert.deepEqual(
      planned(sata, known(saved)).problems.map(({ field }) => field),
      ['spec.disks.0.bus'],
    );
  });

  test('is read from any place of its disk, whatever the order of its blocks in the file', async () => {
    const [disk] = (await machine(WINDOWS)).disks;
    const source = await disk?.open(5 * MIB);
    assert.ok(source);
    for (const [offset, length] of [
      [0, 5 * MIB],
      [MIB + 70_100, 100],
      [MIB - 5, 3 * MIB + 20],
      [2 * MIB, MIB],
      [4 * MIB + 500, MIB - 500],
    ] as const)
      assert.ok(
        (await bytesOf(source, offset, length)).equals(WINDOWS.subarray(offset, offset + length)),
        `${length} bytes from ${offset}`,
      );
    const torn = diskFileMachine(memoryPlace({ [PATH]: growingVhd(WINDOWS).subarray(0, 2 * MIB) }), [PATH]);
    await assert.rejects(torn, /^ClonezillaError: \/backup\/office\.vhd: .*beyond the end of the file/);
  });
});
