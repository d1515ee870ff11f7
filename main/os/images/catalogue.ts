import type { Arch } from '../operating-system.ts';
import type { CloudImage } from './cloud-image.ts';

type Maker = (arch: 'x86_64' | 'aarch64') => CloudImage;
const BOTH = ['bios', 'efi'] as const;

/** Boards of aarch64 have UEFI alone. */
function firmwares(arch: Arch): CloudImage['firmwares'] {
  return arch === 'aarch64' ? ['efi'] : BOTH;
}

function idOf(name: string, arch: Arch): string {
  return arch === 'x86_64' ? name : `${name}-${arch}`;
}

/** `generic`, not `genericcloud`: that one's kernel has no driver for the SATA drive which holds the seed. */
function debian(version: number, codename: string): Maker {
  return (arch) => {
    const folder = `https://cloud.debian.org/images/cloud/${codename}/latest`;
    const suffix = arch === 'x86_64' ? 'amd64' : 'arm64';
    return {
      id: idOf(`debian-${version}`, arch),
      os: `debian${version}`,
      name: `Debian ${version}`,
      arch,
      url: `${folder}/debian-${version}-generic-${suffix}.qcow2`,
      format: 'qcow2',
      compression: null,
      checksumUrl: `${folder}/SHA512SUMS`,
      algorithm: 'sha512',
      user: 'debian',
      firmwares: firmwares(arch),
      minDiskGiB: 3,
    };
  };
}

function ubuntu(version: string): Maker {
  return (arch) => {
    const folder = `https://cloud-images.ubuntu.com/releases/${version}/release`;
    const suffix = arch === 'x86_64' ? 'amd64' : 'arm64';
    return {
      id: idOf(`ubuntu-${version}`, arch),
      os: `ubuntu${version}`,
      name: `Ubuntu ${version} LTS`,
      arch,
      url: `${folder}/ubuntu-${version}-server-cloudimg-${suffix}.img`,
      format: 'qcow2',
      compression: null,
      checksumUrl: `${folder}/SHA256SUMS`,
      algorithm: 'sha256',
      user: 'ubuntu',
      firmwares: firmwares(arch),
      minDiskGiB: 4,
    };
  };
}

/** Fedora has no name that stays: `compose` is the build that was released. */
function fedora(version: number, compose: string): Maker {
  return (arch) => {
    const folder = `https://download.fedoraproject.org/pub/fedora/linux/releases/${version}/Cloud/${arch}/images`;
    return {
      id: idOf(`fedora-${version}`, arch),
      os: `fedora${version}`,
      name: `Fedora Cloud ${version}`,
      arch,
      url: `${folder}/Fedora-Cloud-Base-Generic-${version}-${compose}.${arch}.qcow2`,
      format: 'qcow2',
      compression: null,
      checksumUrl: `${folder}/Fedora-Cloud-${version}-${compose}-${arch}-CHECKSUM`,
      algorithm: 'sha256',
      user: 'fedora',
      firmwares: firmwares(arch),
      minDiskGiB: 5,
    };
  };
}

function alma(version: number): Maker {
  return (arch) => {
    const folder = `https://repo.almalinux.org/almalinux/${version}/cloud/${arch}/images`;
    return {
      id: idOf(`almalinux-${version}`, arch),
      os: `almalinux${version}`,
      name: `AlmaLinux ${version}`,
      arch,
      url: `${folder}/AlmaLinux-${version}-GenericCloud-latest.${arch}.qcow2`,
      format: 'qcow2',
      compression: null,
      checksumUrl: `${folder}/CHECKSUM`,
      algorithm: 'sha256',
      user: 'almalinux',
      firmwares: firmwares(arch),
      minDiskGiB: 10,
    };
  };
}

function rocky(version: number): Maker {
  return (arch) => {
    const url = `https://dl.rockylinux.org/pub/rocky/${version}/images/${arch}/Rocky-${version}-GenericCloud-Base.latest.${arch}.qcow2`;
    return {
      id: idOf(`rocky-${version}`, arch),
      os: `rocky${version}`,
      name: `Rocky Linux ${version}`,
      arch,
      url,
      format: 'qcow2',
      compression: null,
      checksumUrl: `${url}.CHECKSUM`,
      algorithm: 'sha256',
      user: 'rocky',
      firmwares: firmwares(arch),
      minDiskGiB: 10,
    };
  };
}

function centosStream(version: number): Maker {
  return (arch) => {
    const url = `https://cloud.centos.org/centos/${version}-stream/${arch}/images/CentOS-Stream-GenericCloud-${version}-latest.${arch}.qcow2`;
    return {
      id: idOf(`centos-stream-${version}`, arch),
      os: `centos-stream${version}`,
      name: `CentOS Stream ${version}`,
      arch,
      url,
      format: 'qcow2',
      compression: null,
      checksumUrl: `${url}.SHA256SUM`,
      algorithm: 'sha256',
      user: 'cloud-user',
      firmwares: firmwares(arch),
      minDiskGiB: 10,
    };
  };
}

function openSuse(id: string, os: string, name: string, path: string): Maker {
  return (arch) => {
    const url = `https://download.opensuse.org/${path}.${arch}-Cloud.qcow2`;
    return {
      id: idOf(id, arch),
      os,
      name,
      arch,
      url,
      format: 'qcow2',
      compression: null,
      checksumUrl: `${url}.sha256`,
      algorithm: 'sha256',
      user: 'opensuse',
      firmwares: firmwares(arch),
      minDiskGiB: 10,
    };
  };
}

const arch: Maker = (machine) => {
  const url = `https://geo.mirror.pkgbuild.com/images/latest/Arch-Linux-${machine}-cloudimg.qcow2`;
  return {
    id: idOf('archlinux', machine),
    os: 'archlinux',
    name: 'Arch Linux',
    arch: machine,
    url,
    format: 'qcow2',
    compression: null,
    checksumUrl: `${url}.SHA256`,
    algorithm: 'sha256',
    user: 'arch',
    firmwares: firmwares(machine),
    minDiskGiB: 40,
  };
};

/** Alpine makes an image for each firmware. */
function alpine(branch: string, point: number): Maker {
  return (machine) => {
    const firmware = machine === 'x86_64' ? 'bios' : 'efi';
    const built = firmware === 'bios' ? 'bios' : 'uefi';
    const url = `https://dl-cdn.alpinelinux.org/alpine/v${branch}/releases/cloud/nocloud_alpine-${branch}.${point}-${machine}-${built}-cloudinit-r0.qcow2`;
    return {
      id: idOf(`alpine-${branch}`, machine),
      os: `alpinelinux${branch}`,
      name: `Alpine Linux ${branch}`,
      arch: machine,
      url,
      format: 'qcow2',
      compression: null,
      checksumUrl: `${url}.sha512`,
      algorithm: 'sha512',
      user: 'alpine',
      firmwares: [firmware],
      minDiskGiB: 1,
    };
  };
}

function freebsd(version: string): Maker {
  return (machine) => {
    const [folder, name] = machine === 'x86_64' ? ['amd64', 'amd64'] : ['aarch64', 'arm64-aarch64'];
    const path = `https://download.freebsd.org/releases/VM-IMAGES/${version}-RELEASE/${folder}/Latest`;
    return {
      id: idOf(`freebsd-${version.split('.')[0] ?? version}`, machine),
      os: `freebsd${version}`,
      name: `FreeBSD ${version}`,
      arch: machine,
      url: `${path}/FreeBSD-${version}-RELEASE-${name}-BASIC-CLOUDINIT-ufs.qcow2.xz`,
      format: 'qcow2',
      compression: 'xz',
      checksumUrl: `${path}/CHECKSUM.SHA512`,
      algorithm: 'sha512',
      user: 'freebsd',
      firmwares: firmwares(machine),
      minDiskGiB: 6,
    };
  };
}

const MAKERS: readonly Maker[] = [
  debian(13, 'trixie'),
  debian(12, 'bookworm'),
  ubuntu('26.04'),
  ubuntu('24.04'),
  ubuntu('22.04'),
  fedora(44, '1.7'),
  fedora(43, '1.6'),
  alma(10),
  alma(9),
  rocky(10),
  rocky(9),
  centosStream(10),
  centosStream(9),
  openSuse(
    'opensuse-16.0',
    'opensuse16.0',
    'openSUSE Leap 16.0',
    'distribution/leap/16.0/appliances/Leap-16.0-Minimal-VM',
  ),
  openSuse(
    'opensuse-15.6',
    'opensuse15.6',
    'openSUSE Leap 15.6',
    'distribution/leap/15.6/appliances/openSUSE-Leap-15.6-Minimal-VM',
  ),
  arch,
  alpine('3.22', 4),
  freebsd('15.1'),
  freebsd('14.4'),
];

/** Images that are known, for x86-64 and aarch64. Where makers have a name that stays while builds change, it is that one. */
export const CLOUD_IMAGES: readonly CloudImage[] = [
  ...MAKERS.map((make) => make('x86_64')),
  ...MAKERS.map((make) => make('aarch64')),
];

export function findCloudImage(id: string): CloudImage | null {
  return CLOUD_IMAGES.find((image) => image.id === id) ?? null;
}
