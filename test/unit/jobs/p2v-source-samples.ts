import { readProbe } from '../../../main/jobs/p2v/live/probe/read-probe.ts';

const MARK = '5f0c';

/** What the probe prints of sections; null: what would have told is not there. */
export function probed(sections: Readonly<Record<string, string | null>>): string {
  const parts = Object.entries({ ...sections, end: '' }).map(([name, text]) =>
    text === null ? `\n@${MARK} ${name} -\n` : `\n@${MARK} ${name}\n${text}\n`,
  );
  return parts.join('');
}

export function factsOf(sections: Readonly<Record<string, string | null>>) {
  return readProbe(probed(sections), MARK);
}

/** The beginning of a disk whose MBR has one row of that type. */
export function mbrHex(type: number): string {
  const bytes = Buffer.alloc(512 * 9);
  bytes[446 + 4] = type;
  bytes.writeUInt32LE(2048, 446 + 8);
  bytes.writeUInt32LE(2048, 446 + 12);
  bytes.writeUInt16BE(0x55aa, 510);
  return bytes.toString('hex');
}

/** A row of the section `block`. */
function device(
  name: string,
  number: string,
  sectors: number,
  more: {
    at?: number;
    nth?: number;
    disk?: string;
    dm?: string;
    uuid?: string;
    md?: string;
    model?: string;
    real?: string;
    slaves?: string;
    logical?: number;
  } = {},
): string {
  const {
    at = '',
    nth = '',
    disk = 'block',
    dm = '',
    uuid = '',
    md = '',
    model = '',
    slaves = '',
    logical = 512,
  } = more;
  const real = more.real ?? `/sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/block/${name}`;
  const fields = [name, number, sectors, at, nth, 0, 0, 0, logical, dm, uuid, md, model, disk, real];
  return `${fields.join('\t')}\t${slaves}`;
}

function report(key: string, rows: readonly Readonly<Record<string, string>>[]): string {
  return `  ${JSON.stringify({ report: [{ [key]: rows }] })}`;
}

const ALL_DRIVERS = ['virtio_blk', 'virtio_scsi', 'virtio_pci', 'virtio_net', 'ahci', 'e1000e'];

/** Debian 12 on a disk with MBR: /boot on a partition, LVM in a logical one, swap in a volume. BIOS. */
export const DEBIAN: Readonly<Record<string, string | null>> = {
  hostname: 'files01',
  uname: '6.1.0-25-amd64 x86_64',
  'os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nID=debian',
  meminfo: 'MemTotal:        8034356 kB',
  'memory-blocks': '8000000\t64',
  cmdline: 'BOOT_IMAGE=/vmlinuz-6.1.0-25-amd64 root=/dev/mapper/files01--vg-root ro quiet',
  cpus: '0-3',
  virt: 'none',
  tools: 'gzip\nlvcreate\nfsfreeze\nsha256sum\nblkid\nupdate-initramfs',
  block: [
    device('sda', '8:0', 41943040, { model: 'Samsung SSD 860' }),
    device('sda1', '8:1', 999424, { at: 2048, nth: 1, disk: 'sda' }),
    device('sda2', '8:2', 2, { at: 1003518, nth: 2, disk: 'sda' }),
    device('sda5', '8:5', 40937472, { at: 1003520, nth: 5, disk: 'sda' }),
    device('dm-0', '254:0', 20971520, { dm: 'files01--vg-root', uuid: 'LVM-a', slaves: 'sda5 ' }),
    device('dm-1', '254:1', 2097152, { dm: 'files01--vg-swap_1', uuid: 'LVM-b', slaves: 'sda5 ' }),
    device('sr0', '11:0', 2097151, {}),
  ].join('\n'),
  tables: `sda\t${mbrHex(0x83)}`,
  blkid: [
    'VIRTLANE=sda\nDEVNAME=/dev/sda\nPTUUID=0b4f6cd2\nPTTYPE=dos\n',
    'VIRTLANE=sda1\nDEVNAME=/dev/sda1\nUUID=ce4b7c48-72a3-4f41-8d1f-c0a4a2ff2cbb\nBLOCK_SIZE=1024\nTYPE=ext2\nPART_ENTRY_TYPE=0x83\nPART_ENTRY_UUID=0b4f6cd2-01\n',
    'VIRTLANE=sda2\nDEVNAME=/dev/sda2\nPTTYPE=dos\nPART_ENTRY_TYPE=0x5\n',
    'VIRTLANE=sda5\nDEVNAME=/dev/sda5\nUUID=WCx3mN-6r1y-MhgJ-1Kbm-i6cR-4cBh-l0c1Ya\nTYPE=LVM2_member\nPART_ENTRY_TYPE=0x8e\n',
    'VIRTLANE=dm-0\nUUID=3f1c26f5-9cd8-44b3-8a6d-2d3b1f0a5c11\nLABEL=the\\ root\nTYPE=ext4\n',
    'VIRTLANE=dm-1\nUUID=7c1f0f3e-7b35-4c6b-b9a6-0df0a1f7f2aa\nTYPE=swap\n',
  ].join('\n'),
  mounts: [
    '22 29 0:20 / /sys rw,nosuid - sysfs sysfs rw',
    '29 1 254:0 / / rw,relatime shared:1 - ext4 /dev/mapper/files01--vg-root rw,errors=remount-ro',
    '90 29 8:1 / /boot rw,relatime shared:40 - ext2 /dev/sda1 rw',
    '95 29 254:0 /srv /var/lib/bound\\040here rw,relatime - ext4 /dev/mapper/files01--vg-root rw',
  ].join('\n'),
  swaps: 'Filename Type Size Used Priority\n/dev/dm-1 partition 1048572 0 -2',
  df: 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/mapper/files01--vg-root 10218772 3145728 6532372 33% /\n/dev/sda1 466026 101024 340081 23% /boot',
  fstab:
    '# <file system>\n/dev/mapper/files01--vg-root / ext4 errors=remount-ro 0 1\nUUID=ce4b7c48-72a3-4f41-8d1f-c0a4a2ff2cbb /boot ext2 defaults 0 2\n/dev/mapper/files01--vg-swap_1 none swap sw 0 0',
  links: '/dev/mapper/files01--vg-root\t/dev/dm-0',
  pvs: report('pv', [
    {
      pv_name: '/dev/sda5',
      pv_uuid: 'WCx3mN-6r1y-MhgJ-1Kbm-i6cR-4cBh-l0c1Ya',
      vg_name: 'files01-vg',
      pe_start: '1048576',
      pv_pe_count: '4989',
    },
  ]),
  vgs: report('vg', [
    {
      vg_name: 'files01-vg',
      vg_extent_size: '4194304',
      vg_size: String(9147777024 + 10737418240 + 1073741824),
      vg_free: '9147777024',
    },
  ]),
  lvs: report('seg', [
    volume('root', { number: 0, at: '0', bytes: '8589934592', size: '10737418240', devices: '/dev/sda5(0)' }),
    volume('root', {
      number: 0,
      at: '8589934592',
      bytes: '2147483648',
      size: '10737418240',
      devices: '/dev/sda5(2304)',
    }),
    volume('swap_1', {
      number: 1,
      at: '0',
      bytes: '1073741824',
      size: '1073741824',
      devices: '/dev/sda5(2048)',
    }),
  ]),
  net: 'enp3s0\t3C:EC:EF:01:02:03\tup\t4\t',
  addresses:
    '1: lo    inet 127.0.0.1/8 scope host lo\n2: enp3s0    inet 192.0.2.7/24 brd 192.0.2.255 scope global enp3s0\\       valid_lft forever\n2: enp3s0    inet6 fe80::3eec:efff:fe01:203/64 scope link',
  names: 'enp3s0\t/etc/network/interfaces',
  services:
    'cron.service  loaded active running Regular background program\nmariadb.service loaded active running MariaDB\nssh.service loaded active running OpenBSD',
  initramfs: '/boot/initrd.img-6.1.0-25-amd64',
  'in-initramfs': ALL_DRIVERS.slice(0, 5)
    .map((name) => `usr/lib/modules/6.1.0/kernel/${name}.ko`)
    .join('\n'),
  modules: ALL_DRIVERS.map((name) => `kernel/drivers/${name}.ko`).join('\n'),
  builtin: '',
  efi: 'bios',
  'secure-boot': null,
  efibootmgr: null,
  loaders: '',
  clock: '1795725983\nEurope/Berlin\nUTC',
};

function volume(
  name: string,
  {
    number,
    at,
    bytes,
    size,
    devices,
    kind = 'linear',
    origin = '',
    group = 'files01-vg',
  }: {
    number: number;
    at: string;
    bytes: string;
    size: string;
    devices: string;
    kind?: string;
    origin?: string;
    group?: string;
  },
): Record<string, string> {
  return {
    vg_name: group,
    lv_name: name,
    lv_path: `/dev/${group}/${name}`,
    lv_size: size,
    lv_active: 'active',
    lv_device_open: 'open',
    lv_kernel_major: '254',
    lv_kernel_minor: String(number),
    origin,
    segtype: kind,
    seg_start: at,
    seg_size: bytes,
    stripes: String(devices.split(',').length),
    stripe_size: devices.includes(',') ? '65536' : '0',
    devices,
  };
}

/** Rocky 9 on two disks with GPT and UEFI: XFS, striped over both; its initramfs has what this machine needs alone. */
export const ROCKY: Readonly<Record<string, string | null>> = {
  ...DEBIAN,
  hostname: 'db-2.example.org',
  uname: '5.14.0-427.el9.x86_64 x86_64',
  'os-release': 'NAME="Rocky Linux"\nID="rocky"\nPRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"',
  cmdline: 'BOOT_IMAGE=(hd0,gpt2)/vmlinuz-5.14 root=/dev/mapper/rl-root ro resume=/dev/mapper/rl-swap',
  tools: 'zstd\ngzip\nlvcreate\nfsfreeze\nsha256sum\npython3\nblkid\nefibootmgr\ndracut\npodman',
  block: [
    device('sda', '8:0', 41943040, { model: 'PERC H730' }),
    device('sda1', '8:1', 1228800, { at: 2048, nth: 1, disk: 'sda' }),
    device('sda2', '8:2', 2097152, { at: 1230848, nth: 2, disk: 'sda' }),
    device('sda3', '8:3', 38600704, { at: 3328000, nth: 3, disk: 'sda' }),
    device('sdb', '8:16', 41943040),
    device('dm-0', '254:0', 33554432, { dm: 'rl-root', uuid: 'LVM-a', slaves: 'sda3 sdb ' }),
  ].join('\n'),
  tables: `sda\t${mbrHex(0xee)}\nsdb\t${'00'.repeat(512 * 9)}`,
  blkid: [
    'VIRTLANE=sda\nPTTYPE=gpt\n',
    'VIRTLANE=sda1\nUUID=7C1A-2F44\nTYPE=vfat\nPART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b\n',
    'VIRTLANE=sda2\nUUID=4f2e\nTYPE=xfs\nPART_ENTRY_TYPE=0fc63daf-8483-4772-8e79-3d69d8477de4\n',
    'VIRTLANE=sda3\nUUID=pv-a\nTYPE=LVM2_member\nPART_ENTRY_TYPE=e6d6d379-f507-44c2-a23c-238f2a3df928\n',
    'VIRTLANE=sdb\nUUID=pv-b\nTYPE=LVM2_member\n',
    'VIRTLANE=dm-0\nUUID=9be1\nTYPE=xfs\n',
  ].join('\n'),
  mounts: [
    '29 1 254:0 / / rw,relatime shared:1 - xfs /dev/mapper/rl-root rw',
    '90 29 8:2 / /boot rw,relatime - xfs /dev/sda2 rw',
    '91 90 8:1 / /boot/efi rw,relatime - vfat /dev/sda1 rw',
  ].join('\n'),
  swaps: 'Filename Type Size Used Priority',
  fstab:
    '/dev/mapper/rl-root / xfs defaults 0 0\nUUID=4f2e /boot xfs defaults 0 0\n/dev/sda1 /boot/efi vfat umask=0077 0 2',
  links: '/dev/sda1\t/dev/sda1',
  pvs: report('pv', [
    { pv_name: '/dev/sda3', pv_uuid: 'pv-a', vg_name: 'rl', pe_start: '1048576' },
    { pv_name: '/dev/sdb', pv_uuid: 'pv-b', vg_name: 'rl', pe_start: '1048576' },
  ]),
  vgs: report('vg', [{ vg_name: 'rl', vg_extent_size: '4194304', vg_size: '17179869184', vg_free: '0' }]),
  lvs: report('seg', [
    volume('root', {
      number: 0,
      at: '0',
      bytes: '17179869184',
      size: '17179869184',
      devices: '/dev/sda3(0),/dev/sdb(16)',
      kind: 'striped',
      group: 'rl',
    }),
  ]),
  names: '',
  services:
    'podman.service loaded active running\npostgresql.service loaded active running\nsshd.service loaded active running',
  initramfs: '/boot/initramfs-5.14.0-427.el9.x86_64.img',
  'in-initramfs':
    '-rw-r--r--   1 root root  1 Jan 1 usr/lib/modules/5.14/kernel/drivers/scsi/megaraid/megaraid_sas.ko.xz',
  builtin: 'kernel/drivers/virtio/virtio_pci.ko',
  efi: 'uefi',
  'secure-boot': '   1',
  efibootmgr:
    'BootCurrent: 0001\nTimeout: 1 seconds\nBootOrder: 0001,0000\nBoot0000* PXE\tPciRoot(0x0)\nBoot0001* Rocky Linux\tHD(1,GPT,8c5e,0x800,0x12c000)/File(\\EFI\\rocky\\shimx64.efi)',
  loaders: '/boot/efi\tEFI/rocky/shimx64.efi\n/boot/efi\tEFI/rocky/grubx64.efi',
};

/** Alpine with busybox alone, without LVM or udev, on a disk with MBR. */
export const ALPINE: Readonly<Record<string, string | null>> = {
  ...DEBIAN,
  hostname: 'router',
  uname: '6.6.32-0-lts x86_64',
  'os-release': 'NAME="Alpine Linux"\nID=alpine\nPRETTY_NAME="Alpine Linux v3.20"',
  'memory-blocks': '\t0',
  cmdline: 'BOOT_IMAGE=vmlinuz-lts root=/dev/sda2 modules=ext4 quiet',
  cpus: '0',
  virt: null,
  tools: 'gzip\nsha256sum\nblkid\nmkinitfs',
  block: [
    device('sda', '8:0', 16777216),
    device('sda1', '8:1', 204800, { at: 2048, nth: 1, disk: 'sda' }),
    device('sda2', '8:2', 16570368, { at: 206848, nth: 2, disk: 'sda' }),
  ].join('\n'),
  tables: `sda\t${mbrHex(0x83)}`,
  blkid:
    'VIRTLANE=sda\n\nVIRTLANE=sda1\n/dev/sda1: LABEL="boot" UUID="aa11" TYPE="ext4"\n\nVIRTLANE=sda2\n/dev/sda2: UUID="bb22" TYPE="ext4"\n',
  mounts: '20 1 8:2 / / rw,relatime - ext4 /dev/sda2 rw\n25 20 8:1 / /boot ro,relatime - ext4 /dev/sda1 ro',
  swaps: 'Filename Type Size Used Priority',
  fstab: '/dev/sda2\t/\text4\trw,relatime 0 1\nUUID=aa11\t/boot\text4\tro 0 2',
  links: '/dev/sda2\t/dev/sda2',
  pvs: null,
  vgs: null,
  lvs: null,
  net: 'eth0\t52:54:00:aa:bb:cc\tup\t1\t\neth1\t52:54:00:aa:bb:cd\tup\t1\t',
  addresses:
    '2: eth0    inet 198.51.100.3/24 scope global eth0\n3: eth1    inet 10.0.0.1/8 scope global eth1',
  names: 'eth0\t/etc/network/interfaces\neth1\t/etc/network/interfaces',
  services: null,
  initramfs: '/boot/initramfs-lts',
  'in-initramfs': 'lib/modules/6.6.32-0-lts/kernel/drivers/ata/ahci.ko',
  clock: '1795725983\n/usr/share/zoneinfo/Etc/UTC\nLOCAL',
};
