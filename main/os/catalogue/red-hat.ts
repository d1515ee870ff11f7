import type { Arch, OperatingSystem } from '../operating-system.ts';
import { linux, medium, needs, PXEBOOT, pxebootTree } from './parts.ts';

/** Fedora, Red Hat Enterprise Linux and what is built from its source. */
const ARCHES = ['x86_64', 'aarch64'] as const satisfies Arch[];

function fedora(version: number, released: string, endOfLife: string): OperatingSystem {
  return linux({
    id: `http://fedoraproject.org/fedora/${version}`,
    shortId: `fedora${version}`,
    name: `Fedora Linux ${version}`,
    distro: 'fedora',
    version: String(version),
    released,
    endOfLife,
    minimum: needs(2048, 10),
    recommended: needs(2048, 20, 2),
    media: [
      ...ARCHES.map((arch) => medium(new RegExp(`^Fedora-[SE]-dvd-${arch}-${version}`), PXEBOOT, { arch })),
      medium(new RegExp(`^Fedora-[A-Za-z]+-Live-${version}`), null, { live: true }),
    ],
    trees: ARCHES.map((arch) =>
      pxebootTree(
        `https://download.fedoraproject.org/pub/fedora/linux/releases/${version}/Everything/${arch}/os`,
        arch,
      ),
    ),
    unattended: 'kickstart',
  });
}

interface Enterprise {
  readonly id: string;
  readonly shortId: string;
  readonly name: string;
  readonly distro: string;
  readonly released: string;
  readonly endOfLife: string;
  /** What the volume identifier has before the architecture. */
  readonly label: string;
  /** With `ARCH` for the architecture; null: the tree is not public. */
  readonly tree: string | null;
  readonly osinfo?: string;
}

function enterprise(version: number, row: Enterprise): OperatingSystem {
  const { label, tree, ...rest } = row;
  return linux({
    ...rest,
    version: String(version),
    // Version 10 asks for more: its installer unpacks a bigger image.
    minimum: needs(version < 10 ? 1536 : 2048, 10),
    recommended: needs(2048, 20, 2),
    media: ARCHES.map((arch) => medium(new RegExp(`${label}-${arch}`), PXEBOOT, { arch })),
    trees: tree === null ? [] : ARCHES.map((arch) => pxebootTree(tree.replace('ARCH', arch), arch)),
    unattended: 'kickstart',
  });
}

function rhel(version: number, released: string, endOfLife: string): OperatingSystem {
  return enterprise(version, {
    id: `http://redhat.com/rhel/${version}-unknown`,
    shortId: `rhel${version}-unknown`,
    name: `Red Hat Enterprise Linux ${version}`,
    distro: 'rhel',
    released,
    endOfLife,
    label: `^RHEL-${version}-\\d+(-\\d+)?-BaseOS`,
    tree: null,
  });
}

function alma(version: number, released: string, endOfLife: string): OperatingSystem {
  return enterprise(version, {
    id: `http://almalinux.org/almalinux/${version}`,
    shortId: `almalinux${version}`,
    name: `AlmaLinux ${version}`,
    distro: 'almalinux',
    released,
    endOfLife,
    label: `^AlmaLinux-${version}[-_.]\\d+`,
    tree: `https://repo.almalinux.org/almalinux/${version}/BaseOS/ARCH/os`,
  });
}

function rocky(version: number, released: string, endOfLife: string): OperatingSystem {
  return enterprise(version, {
    id: `http://rockylinux.org/rocky/${version}`,
    shortId: `rocky${version}`,
    name: `Rocky Linux ${version}`,
    distro: 'rocky',
    released,
    endOfLife,
    label: `^Rocky-${version}-\\d+`,
    tree: `https://download.rockylinux.org/pub/rocky/${version}/BaseOS/ARCH/os`,
  });
}

function centosStream(version: number, released: string, endOfLife: string): OperatingSystem {
  return enterprise(version, {
    id: `http://centos.org/centos-stream/${version}`,
    shortId: `centos-stream${version}`,
    name: `CentOS Stream ${version}`,
    distro: 'centos-stream',
    released,
    endOfLife,
    label: `^CentOS-Stream-${version}-BaseOS`,
    tree: `https://mirror.stream.centos.org/${version}-stream/BaseOS/ARCH/os`,
  });
}

function oracle(version: number, released: string, endOfLife: string): OperatingSystem {
  return enterprise(version, {
    id: `http://oracle.com/ol/${version}-unknown`,
    shortId: `ol${version}-unknown`,
    name: `Oracle Linux ${version}`,
    distro: 'ol',
    released,
    endOfLife,
    label: `^OL-${version}-\\d+(-\\d+)?-BaseOS`,
    tree: `https://yum.oracle.com/repo/OracleLinux/OL${version}/baseos/latest/ARCH`,
    osinfo: `ol${version}.0`,
  });
}

export const RED_HAT_SYSTEMS: readonly OperatingSystem[] = [
  fedora(44, '2026-04', '2027-05'),
  fedora(43, '2025-10', '2026-12'),
  fedora(42, '2025-04', '2026-05'),
  fedora(41, '2024-10', '2025-12'),
  fedora(40, '2024-04', '2025-05'),
  rhel(10, '2025-05', '2035-05'),
  rhel(9, '2022-05', '2032-05'),
  rhel(8, '2019-05', '2029-05'),
  alma(10, '2025-05', '2035-05'),
  alma(9, '2022-05', '2032-05'),
  alma(8, '2021-03', '2029-05'),
  rocky(10, '2025-06', '2035-05'),
  rocky(9, '2022-07', '2032-05'),
  rocky(8, '2021-06', '2029-05'),
  centosStream(10, '2024-12', '2030-01'),
  centosStream(9, '2021-12', '2027-05'),
  oracle(10, '2025-06', '2035-06'),
  oracle(9, '2022-07', '2032-06'),
  oracle(8, '2019-07', '2029-07'),
  linux({
    id: 'http://fedoraproject.org/coreos/stable',
    shortId: 'fedora-coreos-stable',
    name: 'Fedora CoreOS',
    distro: 'fedora-coreos',
    version: '',
    released: null,
    endOfLife: null,
    minimum: needs(1024, 10),
    recommended: needs(2048, 20, 2),
    media: [medium(/^fedora-coreos-\d/, PXEBOOT, { live: true })],
    unattended: 'ignition',
  }),
];
