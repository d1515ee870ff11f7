// The Debian packages of the tests: which commands each kind of tests cannot do without, and what installs them.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const DEBIAN_PACKAGES = [
  'libvirt-daemon',
  'libvirt-daemon-system',
  'libvirt-clients',
  'libvirt-daemon-driver-qemu',
  'libvirt-daemon-driver-lxc',
  'libvirt-daemon-driver-storage-iscsi-direct',
  'tgt',
  'parted',
  'e2fsprogs',
  'sqlite3',
  'qemu-system-x86',
  'qemu-utils',
  'openssh-server',
  'openssh-client',
  'sudo',
  'iproute2',
  'util-linux',
  'fdisk',
  'procps',
  'passwd',
  'busybox-static',
  'cpio',
  'kmod',
  'syslinux',
  'isolinux',
  'syslinux-common',
  'mtools',
  'dosfstools',
  'dnsmasq-base',
  'iptables',
  'openvswitch-switch',
  'libxml2-utils',
  'genisoimage',
  'xorriso',
  'bzip2',
  'xz-utils',
  'gdisk',
  'lvm2',
  'partclone',
  'ntfs-3g',
  'xfsprogs',
  'btrfs-progs',
  'lzip',
  'lz4',
  'zstd',
  'lzop',
  'lrzip',
  'pigz',
  'xxhash',
  'curl',
  'wget',
  'swtpm',
  'swtpm-tools',
  'ovmf',
  'shim-signed',
  'grub-efi-amd64-bin',
  'grub-efi-amd64-signed',
  'virtinst',
  'python3',
  'mmdebstrap',
  // libguestfs, which virt-v2v changes disks with, starts the kernel that the machine itself has.
  'virt-v2v',
  'nbdkit',
  'linux-image-cloud-amd64',
  'chromium',
  'fonts-noto-core',
];
/** What each kind cannot do without: [command, the package that has it]. */
export const NEEDS = {
  unit: [],
  regression: [],
  integration: [
    'libvirtd',
    'virsh',
    'qemu-system-x86_64',
    'qemu-img',
    'sshd',
    'ssh-keygen',
    'ssh-agent',
    'ip',
    'unshare',
    'nsenter',
    'busybox',
    'cpio',
    'syslinux',
    'mcopy',
    'mkfs.vfat',
    'sfdisk',
    'modinfo',
    'dnsmasq',
    'iptables',
    'ovs-vswitchd',
    'xmllint',
    'isoinfo',
    'xorriso',
    'swtpm',
    'grub-mkstandalone',
    'virt-install',
    'bzip2',
    'xz',
    'sgdisk',
    'pvck',
    'partclone.restore',
    'ntfsclone',
    'mkfs.xfs',
    'mkfs.btrfs',
    'lzip',
    'lz4',
    'zstd',
    'lzop',
    'lrzip',
    'pigz',
    'xxhsum',
    'curl',
    'wget',
    'python3',
    'mmdebstrap',
    'tgtd',
    'parted',
    'mkfs.ext4',
    'sqlite3',
    'virt-v2v-in-place',
    'nbdkit',
  ],
  e2e: ['chromium'],
};
export const isRoot = process.getuid?.() === 0;
/** Also where Debian keeps the commands of root, which a user's PATH may leave out. */
export const searchPath = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;
export const has = (command) =>
  searchPath.split(':').some((dir) => dir !== '' && fs.existsSync(path.join(dir, command)));

/** Installs what is missing; says why when it may not. */
export function installPackages(say) {
  const needed = Object.values(NEEDS).flat();
  if (needed.every(has)) return;
  if (!isRoot || !has('apt-get')) {
    say('Not root or no apt-get: the Debian packages of the tests are not installed by this run.');
    return;
  }
  say('Installing the Debian packages that the tests need…');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    spawnSync('apt-get', ['-q', 'update'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const done = spawnSync(
      'apt-get',
      ['-q', '-y', 'install', '--no-install-recommends', ...DEBIAN_PACKAGES],
      {
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    if (done.status === 0) return;
    say(`apt-get failed, attempt ${attempt} of 3`);
  }
}
