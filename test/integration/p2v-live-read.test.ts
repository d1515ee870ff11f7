import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { Piece } from '../../drivers/formats/disk/piece.ts';
import type { Exec } from '../../drivers/transport/exec.ts';
import { execLocal } from '../../drivers/transport/exec-local.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import type { UsedBlocks } from '../../drivers/formats/used-blocks/used-blocks.ts';
import { systemClock } from '../../main/hosts/clock.ts';
import { FailureError } from '../../main/hosts/failures.ts';
import { DeviceReader } from '../../main/jobs/p2v/live/device-reader.ts';
import type { Device, Packing } from '../../main/jobs/source/devices.ts';
import { deviceUsed, type Mapper } from '../../main/jobs/p2v/live/device-used.ts';
import { diskLayout, type LayoutPart } from '../../main/jobs/p2v/live/disk-layout.ts';
import { SourceDiskReader } from '../../main/jobs/p2v/live/disk-reader.ts';
import { layoutFactsOf, type LayoutFacts } from '../../main/jobs/p2v/live/layout-facts.ts';
import type { SourceDisk, SourceGroup } from '../../main/jobs/p2v/live/model.ts';
import { firstBoot, type SourceHost } from '../../main/jobs/source/source-host.ts';
import { bytesOf } from '../../main/storage/zero-bytes.ts';
import { missing } from '../support/commands.ts';

const skip = missing('mkfs.ext4', 'e2fsck', 'sfdisk', 'mkswap', 'zstd', 'lz4', 'setsid', 'timeout');
const run = promisify(execFile);
const MIB = 1024 ** 2;
const never = new AbortController().signal;
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C' };
let folder: string;
const file = (name: string): string => path.join(folder, name);
const sh = async (script: string): Promise<string> =>
  (await run('sh', ['-ec', script], { cwd: folder, env, maxBuffer: 2 ** 24 })).stdout;

/** A machine whose programs run here. */
function sourceHost(exec: Exec, onAway: (isAway: boolean) => void = () => undefined): SourceHost {
  return {
    name: 'cellar',
    clock: systemClock,
    boot: firstBoot('cellar'),
    use: (_signal, work) => work(exec),
    onAway,
  };
}

const SWAP_ID = '4ad5b9d4-8d3c-4f0c-9a57-0b1d3c5e7f91';

/** MBR; ext4 that is not mounted; swap; LVM with a volume of two pieces in the other order, of which there is a snapshot, and one in use. */
async function makeDisk(): Promise<void> {
  await sh(`mkdir content; head -c 3000000 /dev/urandom > content/random; seq 300000 > content/numbers
    truncate -s 128M disk
    printf 'label: dos\\n2048,32M,L,*\\n,16M,S\\n,70M,V\\n' | sfdisk -q disk
    head -c 440 /dev/urandom | dd of=disk conv=notrunc status=none
    head -c 100000 /dev/urandom | dd of=disk bs=512 seek=1 conv=notrunc status=none
    truncate -s 32M boot; mkfs.ext4 -q -b 4096 -d content boot
    head -c 16M /dev/urandom > swap; mkswap -q -U ${SWAP_ID} -L old swap >/dev/null
    truncate -s 24M root; mkfs.ext4 -q -b 1024 -d content root
    truncate -s 12M data; mkfs.ext4 -q -b 1024 data
    head -c 70M /dev/urandom > pv
    dd if=root of=pv bs=1M skip=8 count=16 seek=1 conv=notrunc status=none
    dd if=data of=pv bs=1M seek=17 conv=notrunc status=none
    dd if=root of=pv bs=1M count=8 seek=40 conv=notrunc status=none
    dd if=boot of=disk bs=1M seek=1 conv=notrunc status=none
    dd if=swap of=disk bs=1M seek=33 conv=notrunc status=none
    dd if=pv of=disk bs=1M seek=49 conv=notrunc status=none
    cp root snapshot; echo changed | dd of=disk bs=1M seek=50 conv=notrunc status=none`);
}

function fileSystem(mountpoints: readonly string[]) {
  return {
    kind: 'fileSystem',
    type: 'ext4',
    uuid: null,
    label: null,
    mountpoints,
    usedBytes: null,
    readOnly: false,
  } as const;
}

function facts(): LayoutFacts {
  const partition = { path: file('disk'), sizeBytes: 0, type: null, partUuid: null };
  const disk: SourceDisk = {
    name: 'sda',
    path: file('disk'),
    sizeBytes: 128 * MIB,
    sectorBytes: 512,
    table: 'mbr',
    model: null,
    transport: null,
    removable: false,
    content: { kind: 'unknown' },
    partitions: [
      { ...partition, number: 1, path: '/dev/sda1', at: MIB, sizeBytes: 32 * MIB, content: fileSystem([]) },
      {
        ...partition,
        number: 2,
        path: '/dev/sda2',
        at: 33 * MIB,
        sizeBytes: 16 * MIB,
        content: { kind: 'swap', uuid: SWAP_ID, label: 'old', active: true },
      },
      {
        ...partition,
        number: 3,
        path: '/dev/sda3',
        at: 49 * MIB,
        sizeBytes: 70 * MIB,
        content: { kind: 'physicalVolume', group: 'vg', uuid: 'pv', dataOffset: MIB, dataBytes: null },
      },
    ],
  };
  const volume = { active: true, open: true, kind: 'linear', origin: null, content: fileSystem(['/']) };
  const segment = (at: number, bytes: number, deviceAt: number) => ({
    at: at * MIB,
    bytes: bytes * MIB,
    stripeBytes: 0,
    stripes: [{ device: '/dev/sda3', at: deviceAt * MIB }],
  });
  const groups: SourceGroup[] = [
    {
      name: 'vg',
      extentBytes: MIB,
      freeBytes: 0,
      complete: true,
      devices: [{ path: '/dev/sda3', uuid: 'pv' }],
      volumes: [
        {
          ...volume,
          name: 'root',
          path: '/dev/vg/root',
          sizeBytes: 24 * MIB,
          segments: [segment(0, 8, 40), segment(8, 16, 1)],
        },
        {
          ...volume,
          name: 'data',
          path: '/dev/vg/data',
          sizeBytes: 12 * MIB,
          segments: [segment(0, 12, 17)],
        },
      ],
    },
  ];
  return layoutFactsOf({ hostname: 'cellar', disks: [disk], groups }, 'sda');
}

const METADATA: readonly Piece[] = [{ offset: 4096, data: Buffer.from('what LVM knew before') }];

async function usedOf(
  reader: DeviceReader,
  { path, sizeBytes, mapper = null }: { path: string; sizeBytes: number; mapper?: Mapper | null },
): Promise<UsedBlocks> {
  const device: Device = { path, live: false };
  const used = await deviceUsed(sourceHost(execLocal), reader, { device, sizeBytes, mapper }, never);
  assert.ok(used !== null && typeof used !== 'string', JSON.stringify(used));
  return used;
}

/** As a job would read the disk. */
async function layoutOf(reader: DeviceReader): Promise<LayoutPart[]> {
  return diskLayout(facts(), {
    snapshots: new Map([['/dev/vg/root', file('snapshot')]]),
    used: new Map([['/dev/vg/root', await usedOf(reader, { path: file('snapshot'), sizeBytes: 24 * MIB })]]),
    metadata: new Map([['/dev/sda3', METADATA]]),
  });
}

async function copyOf(source: SourceDiskReader, from = 0): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const bytes of bytesOf(source.read(from, source.sizeBytes - from, never))) parts.push(bytes);
  return Buffer.concat(parts);
}

/** Programs of which one is cut off after so many bytes, by `cut`, as often as it says. */
function faulty(afterBytes: number, times: number, cut: () => Promise<void>): Exec {
  let left = times;
  return async (argv, options) => {
    const { onStdout } = options;
    if (onStdout === undefined) return execLocal(argv, options);
    let seen = 0;
    let isCut = false;
    return execLocal(argv, {
      ...options,
      onStdout: async (bytes) => {
        await onStdout(bytes);
        seen += bytes.length;
        if (isCut || left === 0 || seen < afterBytes) return;
        isCut = true;
        left -= 1;
        await cut();
      },
    });
  };
}

suite('a disk of a running machine is read', { skip, timeout: 300_000 }, () => {
  let expected: Buffer;
  let plan: LayoutPart[];
  /** Of the devices, for all of the disk. */
  let wanted: number;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-live-read-'));
    await makeDisk();
    const reader = new DeviceReader(sourceHost(execLocal), 'none');
    plan = await layoutOf(reader);
    const maps = reader.readBytes;
    expected = await copyOf(new SourceDiskReader(reader, plan));
    wanted = reader.readBytes - maps;
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('as it is, except for what a snapshot holds, swap and what is free', async () => {
    assert.equal(expected.length, 128 * MIB);
    const disk = await readFile(file('disk'));
    const part = (bytes: Buffer, at: number, length: number): Buffer =>
      bytes.subarray(at * MIB, (at + length) * MIB);
    assert.ok(part(expected, 0, 1).equals(part(disk, 0, 1)), 'what is before the first partition');
    assert.ok(part(expected, 119, 9).equals(part(disk, 119, 9)), 'what is behind the last one');
    assert.equal(expected.toString('latin1', 49 * MIB + 4096, 49 * MIB + 4116), 'what LVM knew before');
    assert.ok(
      part(expected, 49 + 17, 12).equals(await readFile(file('data'))),
      'a volume without a snapshot',
    );
    for (const [what, at, length] of [
      ['between the volumes', 49 + 29, 11],
      ['behind the volumes', 49 + 48, 22],
    ] as const)
      assert.ok(part(expected, at, length).equals(Buffer.alloc(length * MIB)), what);
    await writeFile(file('boot.copy'), part(expected, 1, 32));
    await writeFile(file('swap.copy'), part(expected, 33, 16));
    await writeFile(
      file('root.copy'),
      Buffer.concat([part(expected, 49 + 40, 8), part(expected, 49 + 1, 16)]),
    );
    assert.match(await sh('blkid -p swap.copy'), new RegExp(`LABEL="old".*UUID="${SWAP_ID}"`));
    assert.ok(part(expected, 34, 15).equals(Buffer.alloc(15 * MIB)), 'nothing of what was swapped out');
    for (const name of ['boot', 'root']) {
      await sh(`e2fsck -fn ${name}.copy`);
      const files = (
        await sh(
          `for f in random numbers; do debugfs -R "cat $f" ${name}.copy 2>/dev/null | sha256sum; sha256sum < content/$f; done`,
        )
      ).split('\n');
      assert.equal(files[0], files[1]);
      assert.equal(files[2], files[3]);
    }
  });

  test('and what is free is not asked for', () => {
    // Of 128 MiB: 16 of swap, and 33 of LVM's, are not there; of root (24), whose snapshot nobody writes to, is about the half free.
    assert.ok(wanted < 70 * MIB, `${wanted} bytes were read`);
  });

  for (const packing of ['zstd', 'lz4', 'gzip'] as const)
    test(`packed with ${packing} on the way, from any offset`, async () => {
      const source = new SourceDiskReader(new DeviceReader(sourceHost(execLocal), packing), plan);
      const from = 30 * MIB + 12_345;
      assert.ok((await copyOf(source, from)).equals(expected.subarray(from)));
      assert.ok((await copyOf(source)).equals(expected), 'and then from the beginning');
    });

  /** All of the disk while something goes wrong now and then; nothing is read twice. */
  async function readThrough(packing: Packing, exec: Exec): Promise<boolean[]> {
    const away: boolean[] = [];
    const reader = new DeviceReader(
      sourceHost(exec, (isAway) => away.push(isAway)),
      packing,
    );
    assert.ok((await copyOf(new SourceDiskReader(reader, plan))).equals(expected));
    assert.equal(reader.readBytes, wanted);
    return away;
  }

  for (const packing of ['none', 'zstd'] as const) {
    test(`after a lost link it goes on where it was (${packing})`, async () => {
      const lost = () => Promise.reject(new TransportError('CLOSED', 'the link is gone'));
      assert.deepEqual(await readThrough(packing, faulty(3 * MIB, 3, lost)), []);
    });

    test(`when its program is killed there, too (${packing})`, async () => {
      const kill = async (): Promise<void> => {
        const { stdout } = await run('pgrep', ['-f', `dd if=${folder}`]);
        for (const pid of stdout.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
      };
      assert.deepEqual(await readThrough(packing, faulty(2 * MIB, 2, kill)), []);
    });
  }

  test('a source that is away is waited for', async () => {
    const away: boolean[] = [];
    let isAway = true;
    const host: SourceHost = {
      ...sourceHost(execLocal, (now) => {
        away.push(now);
        isAway = false;
      }),
      use: (_signal, work) =>
        isAway
          ? Promise.reject(new FailureError({ code: 'HOST_UNREACHABLE', message: 'cellar is away.' }))
          : work(execLocal),
    };
    const source = new SourceDiskReader(new DeviceReader(host, 'none'), plan);
    assert.ok((await copyOf(source, 100 * MIB)).equals(expected.subarray(100 * MIB)));
    assert.deepEqual(away, [true, false]);
  });

  test('a device that cannot be read is named, with the place', async () => {
    const { disk, groups } = facts();
    const parts = diskLayout(
      { disk: { ...disk, path: file('gone') }, groups },
      { snapshots: new Map(), used: new Map(), metadata: new Map() },
    );
    const source = new SourceDiskReader(new DeviceReader(sourceHost(execLocal), 'gzip'), parts);
    await assert.rejects(copyOf(source), (error) => {
      assert.ok(error instanceof FailureError);
      assert.match(error.failure.message, /gone of cellar cannot be read at byte 0\./);
      assert.match(error.failure.detail ?? '', /No such file/);
      return true;
    });
  });

  test('a device that ends early is named, too', async () => {
    await writeFile(file('short'), Buffer.alloc(5 * MIB, 1));
    const device = { path: file('short'), live: true };
    const source = new SourceDiskReader(new DeviceReader(sourceHost(execLocal), 'zstd'), [
      { at: 0, length: 8 * MIB, from: { kind: 'device', device, deviceAt: 0, used: null, fileSystemAt: 0 } },
    ]);
    await assert.rejects(copyOf(source), (error) => {
      assert.ok(error instanceof FailureError);
      return /has only 5242880 bytes/.test(error.failure.detail ?? '');
    });
  });

  test('a cancel ends the program at the source', async () => {
    const cancel = new AbortController();
    const source = new SourceDiskReader(new DeviceReader(sourceHost(execLocal), 'none'), plan);
    await assert.rejects(async () => {
      for await (const _ of source.read(0, source.sizeBytes, cancel.signal)) cancel.abort();
    });
    await assert.rejects(run('pgrep', ['-f', `dd if=${folder}`]), 'a reader still runs');
  });

  const noPartclone = missing(
    'partclone.btrfs',
    'partclone.vfat',
    'mkfs.btrfs',
    'btrfs',
    'mkfs.vfat',
    'mcopy',
  );
  for (const [what, sizeMiB, mapper, make, look] of [
    [
      'btrfs',
      192,
      'partclone.btrfs',
      'mkfs.btrfs -q -f --rootdir content old >/dev/null',
      'btrfs check --readonly NAME >/dev/null 2>&1; mkdir out; btrfs restore NAME out >/dev/null; cd out',
    ],
    [
      'FAT',
      64,
      'partclone.vfat',
      'mkfs.vfat old >/dev/null; mcopy -i old content/random content/numbers ::',
      'fsck.vfat -n NAME >/dev/null; mkdir out; mcopy -i NAME ::random ::numbers out; cd out',
    ],
  ] as const)
    test(`of ${what} only what partclone tells that it uses`, { skip: noPartclone }, async () => {
      // What is free holds something.
      await sh(`head -c ${sizeMiB}M /dev/urandom > old; ${make}`);
      const sizeBytes = sizeMiB * MIB;
      const reader = new DeviceReader(sourceHost(execLocal), 'none');
      const used = await usedOf(reader, { path: file('old'), sizeBytes, mapper });
      const device: Device = { path: file('old'), live: false };
      const from = { kind: 'device' as const, device, deviceAt: 0, used, fileSystemAt: 0 };
      const copy = await copyOf(new SourceDiskReader(reader, [{ at: 0, length: sizeBytes, from }]));
      assert.ok(reader.readBytes < sizeBytes / 2, `${reader.readBytes} bytes were read`);
      await writeFile(file('new'), copy);
      const sums = await sh(`${look.replaceAll('NAME', 'new')}; sha256sum random numbers; cd ..; rm -r out`);
      assert.equal(sums, await sh('cd content; sha256sum random numbers'));
    });

  test('where partclone tells nothing, that is said, and all is read', { skip: noPartclone }, async () => {
    await writeFile(file('none'), Buffer.alloc(MIB, 1));
    const still = {
      device: { path: file('none'), live: false },
      sizeBytes: MIB,
      mapper: 'partclone.btrfs' as const,
    };
    const host = sourceHost(execLocal);
    const said = await deviceUsed(host, new DeviceReader(host, 'none'), still, never);
    assert.match(JSON.stringify(said), /^"partclone\.btrfs tells nothing of what it uses: /);
  });
});
