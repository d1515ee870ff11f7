import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { readProbe } from '../../../main/jobs/p2v/live/probe/read-probe.ts';
import { SECTION_BYTES } from '../../../main/jobs/p2v/live/probe/script.ts';
import { ALPINE, DEBIAN, factsOf, mbrHex, probed, ROCKY } from './p2v-source-samples.ts';

const fileSystem = { kind: 'fileSystem', label: null, usedBytes: null, readOnly: false } as const;

test('a unit that has ended is a service that runs where the kernel does its work', () => {
  const services = [
    'nfs-server.service loaded active exited NFS server and services',
    'keyboard-setup.service loaded active exited Set the console keyboard layout',
    'mariadb.service loaded active running MariaDB',
    'cron.service',
  ].join('\n');
  assert.deepEqual(factsOf({ ...DEBIAN, services }).services, ['nfs-server', 'mariadb', 'cron']);
});

test('Debian with LVM in a logical partition', () => {
  const { disks, groups, deviceTables, nics, ...facts } = factsOf(DEBIAN);
  assert.deepEqual(
    [
      facts.hostname,
      facts.system,
      facts.systemId,
      facts.kernel,
      facts.arch,
      facts.firmware,
      facts.virtualization,
    ],
    ['files01', 'Debian GNU/Linux 12 (bookworm)', 'debian', '6.1.0-25-amd64', 'x86_64', 'bios', null],
  );
  assert.deepEqual([facts.memoryBytes, facts.cpus, facts.efi, facts.gaps], [8 * 1024 ** 3, 4, null, []]);
  assert.deepEqual(facts.clock, { at: 1795725983000, zone: 'Europe/Berlin', rtc: 'utc' });
  assert.deepEqual(facts.bootDevices, ['/dev/mapper/files01--vg-root']);
  assert.deepEqual(facts.services, ['cron', 'mariadb', 'ssh']);
  assert.deepEqual(facts.stacks, []);
  assert.equal(disks.length, 1);
  const [disk] = disks;
  assert.deepEqual(
    [disk?.path, disk?.sizeBytes, disk?.table, disk?.transport, disk?.model],
    ['/dev/sda', 41943040 * 512, 'mbr', 'sata', 'Samsung SSD 860'],
  );
  assert.deepEqual(disk?.partitions, [
    {
      number: 1,
      path: '/dev/sda1',
      at: 2048 * 512,
      sizeBytes: 999424 * 512,
      type: '83',
      partUuid: '0b4f6cd2-01',
      content: {
        ...fileSystem,
        type: 'ext2',
        uuid: 'ce4b7c48-72a3-4f41-8d1f-c0a4a2ff2cbb',
        mountpoints: ['/boot'],
        usedBytes: 101024 * 1024,
      },
    },
    {
      number: 2,
      path: '/dev/sda2',
      at: 1003518 * 512,
      sizeBytes: 1024,
      type: '05',
      partUuid: null,
      content: { kind: 'extended' },
    },
    {
      number: 5,
      path: '/dev/sda5',
      at: 1003520 * 512,
      sizeBytes: 40937472 * 512,
      type: '8e',
      partUuid: null,
      content: {
        kind: 'physicalVolume',
        group: 'files01-vg',
        uuid: 'WCx3mN-6r1y-MhgJ-1Kbm-i6cR-4cBh-l0c1Ya',
        dataOffset: 1048576,
        dataBytes: 4989 * 4194304,
      },
    },
  ]);
  const [group] = groups;
  assert.deepEqual([group?.name, group?.extentBytes, group?.freeBytes], ['files01-vg', 4194304, 9147777024]);
  const [root, swap] = group?.volumes ?? [];
  assert.deepEqual([root?.kind, root?.active, root?.path], ['linear', true, '/dev/files01-vg/root']);
  assert.deepEqual(root?.segments, [
    { at: 0, bytes: 8589934592, stripeBytes: 0, stripes: [{ device: '/dev/sda5', at: 1048576 }] },
    {
      at: 8589934592,
      bytes: 2147483648,
      stripeBytes: 0,
      stripes: [{ device: '/dev/sda5', at: 1048576 + 2304 * 4194304 }],
    },
  ]);
  assert.deepEqual(root?.content, {
    ...fileSystem,
    type: 'ext4',
    uuid: '3f1c26f5-9cd8-44b3-8a6d-2d3b1f0a5c11',
    label: 'the root',
    mountpoints: ['/'],
    usedBytes: 3145728 * 1024,
  });
  assert.deepEqual(swap?.content, {
    kind: 'swap',
    uuid: '7c1f0f3e-7b35-4c6b-b9a6-0df0a1f7f2aa',
    label: null,
    active: true,
  });
  assert.deepEqual(
    deviceTables.map(({ path, rows }) => [path, rows]),
    [
      [
        '/etc/fstab',
        [
          { line: 1, word: 0, device: '/dev/mapper/files01--vg-root', use: '/', leadsTo: '/dev/dm-0' },
          { line: 3, word: 0, device: '/dev/mapper/files01--vg-swap_1', use: 'none', leadsTo: null },
        ],
      ],
    ],
  );
  assert.deepEqual(nics, [
    {
      name: 'enp3s0',
      mac: '3c:ec:ef:01:02:03',
      addresses: ['192.0.2.7/24'],
      up: true,
      nameScheme: 'slot',
      namedIn: ['/etc/network/interfaces'],
    },
  ]);
  assert.deepEqual(facts.initramfs, {
    file: '/boot/initrd.img-6.1.0-25-amd64',
    drivers: {
      virtio_blk: 'initramfs',
      virtio_scsi: 'initramfs',
      virtio_pci: 'initramfs',
      virtio_net: 'initramfs',
      ahci: 'initramfs',
      e1000e: 'installed',
    },
  });
});

test('Rocky with UEFI, and XFS striped over a partition and a whole disk', () => {
  const { disks, groups, efi, firmware, secureBoot, initramfs } = factsOf(ROCKY);
  assert.deepEqual([firmware, secureBoot], ['uefi', true]);
  assert.deepEqual(efi, {
    mountpoint: '/boot/efi',
    files: ['EFI/rocky/shimx64.efi', 'EFI/rocky/grubx64.efi'],
    fallback: false,
    loader: '\\EFI\\rocky\\shimx64.efi',
  });
  assert.deepEqual(
    disks.map(({ name, table, content }) => [name, table, content.kind]),
    [
      ['sda', 'gpt', 'unknown'],
      ['sdb', 'none', 'physicalVolume'],
    ],
  );
  assert.equal(disks[0]?.partitions[0]?.type, 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B');
  assert.deepEqual(groups[0]?.volumes[0]?.segments, [
    {
      at: 0,
      bytes: 17179869184,
      stripeBytes: 65536,
      stripes: [
        { device: '/dev/sda3', at: 1048576 },
        { device: '/dev/sdb', at: 1048576 + 16 * 4194304 },
      ],
    },
  ]);
  assert.deepEqual(initramfs.drivers, {
    virtio_blk: 'installed',
    virtio_scsi: 'installed',
    virtio_pci: 'builtin',
    virtio_net: 'installed',
    ahci: 'installed',
    e1000e: 'installed',
  });
});

test('Alpine with busybox’s programs alone', () => {
  const { disks, memoryBytes, cpus, services, clock, nics, gaps } = factsOf(ALPINE);
  assert.deepEqual([memoryBytes, cpus, services, gaps], [8034356 * 1024, 1, null, []]);
  assert.deepEqual(
    disks[0]?.partitions.map(({ type, content }) => [type, content]),
    [
      [
        null,
        {
          ...fileSystem,
          type: 'ext4',
          uuid: 'aa11',
          label: 'boot',
          mountpoints: ['/boot'],
          usedBytes: 101024 * 1024,
          readOnly: true,
        },
      ],
      [null, { ...fileSystem, type: 'ext4', uuid: 'bb22', mountpoints: ['/'], usedBytes: 3145728 * 1024 }],
    ],
  );
  assert.deepEqual([clock.zone, clock.rtc], ['Etc/UTC', 'local']);
  assert.deepEqual(
    nics.map(({ name, nameScheme }) => [name, nameScheme]),
    [
      ['eth0', 'kernel'],
      ['eth1', 'kernel'],
    ],
  );
});

test('what is not there, or not whole, is told as a gap or refused', () => {
  const long = 'x'.repeat(SECTION_BYTES);
  const { gaps, unknown } = factsOf({
    ...DEBIAN,
    blkid: 'TYPE=LVM2_member',
    lvs: null,
    'in-initramfs': null,
    addresses: null,
    fstab: long,
  });
  assert.deepEqual(gaps, [
    'There is no lsinitramfs or lsinitrd: what is in the initramfs is unknown.',
    'There is no ip: addresses are unknown.',
    'The list of fstab is longer than is read: its end is unknown.',
  ]);
  assert.deepEqual(unknown, ['There is LVM, and its programs (pvs, vgs, lvs) do not tell of it.']);
  // Counted in bytes, as it was cut.
  const mounts = `${DEBIAN['mounts']}\n${'ü'.repeat(SECTION_BYTES / 2)}`;
  assert.deepEqual(factsOf({ ...DEBIAN, mounts }).unknown, ['The list of mounts is longer than is read.']);
  const text = probed(DEBIAN);
  const cut = text.slice(0, text.lastIndexOf('@5f0c end'));
  assert.throws(() => readProbe(cut, '5f0c'), { message: /ended before all was told/ });
  assert.throws(() => factsOf({ ...DEBIAN, cpus: 'many' }), { message: /CPUs/ });
});

test('what a file of the source says cannot pass for another section', () => {
  const { hostname } = factsOf({ ...DEBIAN, fstab: '\n@0000 hostname\nevil' });
  assert.equal(hostname, 'files01');
});

test('stacks, whole disks, card readers and parts of flash', () => {
  const row = (fields: string): string => fields.replaceAll('|', '\t');
  const { disks, stacks } = factsOf({
    ...DEBIAN,
    block: [
      row('sda|8:0|1000||||0||512|||||block|/sys/x/sda|'),
      row('sda1|8:1|500|100|1||0||512|||||sda|/sys/x/sda/sda1|'),
      row('nvme0n1|259:0|2000||||0||4096||||KXG|nvme0|/sys/x/nvme0n1|'),
      row('nvme0c0n1|259:9|2000||||0|1|512|||||nvme0|/sys/x|'),
      row('mmcblk0boot0|179:8|8192||||0||512|||||block|/sys/x|'),
      row('sdb|8:16|0||||1||512|||||block|/sys/x|'),
      row('cciss!c0d0|104:0|900||||0||512|||||block|/sys/x|'),
      row('md0|9:0|900||||0||512|||raid1||block|/sys/x|sda1 sdc1 '),
      row('dm-3|254:3|900||||0||512|crypt|CRYPT-LUKS2-a-crypt|||block|/sys/x|md0 '),
    ].join('\n'),
    tables: `sda\t${mbrHex(0xfd)}\nnvme0n1\t\ncciss!c0d0\t`,
    lvs: null,
  });
  assert.deepEqual(
    disks.map(({ path, sectorBytes, transport, table }) => [path, sectorBytes, transport, table]),
    [
      ['/dev/sda', 512, null, 'mbr'],
      ['/dev/nvme0n1', 4096, 'nvme', 'none'],
      ['/dev/cciss/c0d0', 512, null, 'none'],
    ],
  );
  assert.deepEqual(
    stacks.map(({ path, type, over }) => [path, type, over]),
    [
      ['/dev/md0', 'raid1', ['/dev/sda1', '/dev/sdc1']],
      ['/dev/mapper/crypt', 'crypt', ['/dev/md0']],
    ],
  );
});

test('what a real machine printed: Debian under QEMU, its root on LVM', async () => {
  const file = path.join(import.meta.dirname, '../../fixtures/p2v/probe-debian-lvm.txt');
  const { hostname, disks, groups, initramfs, gaps, virtualization } = readProbe(
    await readFile(file, 'utf8'),
    '5f0c',
  );
  assert.deepEqual([hostname, virtualization, gaps], ['cellar', 'qemu', []]);
  assert.deepEqual(
    disks.map(({ name, table, partitions }) => [name, table, partitions.map(({ content }) => content.kind)]),
    [['sda', 'mbr', ['fileSystem', 'swap', 'physicalVolume']]],
  );
  const [root] = groups[0]?.volumes ?? [];
  assert.deepEqual(
    [root?.path, root?.kind, root?.segments],
    [
      '/dev/cellar/root',
      'linear',
      [{ at: 0, bytes: 473956352, stripeBytes: 0, stripes: [{ device: '/dev/sda3', at: 1048576 }] }],
    ],
  );
  assert.ok(root?.content.kind === 'fileSystem');
  assert.deepEqual(
    [root.content.type, root.content.label, root.content.mountpoints],
    ['ext4', 'root', ['/']],
  );
  assert.ok(Object.values(initramfs.drivers).every((state) => state === 'initramfs'));
});

test('a file system of which folders alone are mounted, or which one mount only reads, is in use', () => {
  const mounts = [
    '20 1 8:1 /ostree/deploy/os/1 / ro,relatime - ext4 /dev/sda1 rw',
    '21 20 8:1 /ostree/deploy/os/var /var rw,relatime - ext4 /dev/sda1 rw',
  ].join('\n');
  const [disk] = factsOf({ ...DEBIAN, mounts }).disks;
  const content = disk?.partitions[0]?.content;
  assert.ok(content?.kind === 'fileSystem');
  assert.deepEqual([content.mountpoints, content.readOnly], [['/'], false]);
});

test('a group of which not all volumes are told is not complete', () => {
  assert.equal(factsOf(DEBIAN).groups[0]?.complete, true);
  assert.equal(factsOf({ ...DEBIAN, lvs: null }).groups[0]?.complete, false);
});

test('a snapshot is told by its origin: LVM calls its extents linear', () => {
  const lvs = (DEBIAN['lvs'] ?? '')
    .replaceAll('"lv_name":"swap_1"', '"lv_name":"before"')
    .replace(/("lv_name":"before"[^}]*"origin":)""/, '$1"root"');
  const volumes = factsOf({ ...DEBIAN, lvs }).groups[0]?.volumes;
  assert.deepEqual(
    volumes?.map(({ name, kind, origin, segments }) => [name, kind, origin, segments.length]),
    [
      ['root', 'linear', null, 2],
      ['before', 'snapshot', 'root', 0],
    ],
  );
});
