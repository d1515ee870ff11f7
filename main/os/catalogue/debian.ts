import type { Arch, InstallMedium, InstallTree, OperatingSystem } from '../operating-system.ts';
import { boot, linux, medium, needs } from './parts.ts';

/** Debian, Ubuntu and what is made of them. */
const MIRROR = 'deb.debian.org/debian';

const DEBIAN_ARCHES = [
  { arch: 'x86_64', name: 'amd64', folder: 'install.amd' },
  { arch: 'aarch64', name: 'arm64', folder: 'install.a64' },
  { arch: 'i686', name: 'i386', folder: 'install.386' },
] as const satisfies { arch: Arch; name: string; folder: string }[];

function debian(version: number, codename: string, released: string, endOfLife: string): OperatingSystem {
  // Debian 13 has no installer for i386 any more.
  const arches = DEBIAN_ARCHES.filter(({ arch }) => arch !== 'i686' || version < 13);
  return linux({
    id: `http://debian.org/debian/${version}`,
    shortId: `debian${version}`,
    name: `Debian ${version}`,
    distro: 'debian',
    version: String(version),
    released,
    endOfLife,
    minimum: needs(1024, 10),
    recommended: needs(2048, 20, 2),
    media: arches.flatMap(({ arch, name, folder }): InstallMedium[] => [
      medium(
        // `n` is the network installer, a number one of a set of DVDs.
        new RegExp(`^Debian ${version}\\.\\d+\\.\\d+ ${name} (n|\\d+)`),
        boot(`${folder}/vmlinuz`, `${folder}/initrd.gz`),
        { arch },
      ),
      medium(new RegExp(`^d-live ${version}\\.\\d+\\.\\d+ [a-z]+ ${name}`), null, { arch, live: true }),
    ]),
    trees: arches.map(({ arch, name }): InstallTree => {
      const netboot = `current/images/netboot/debian-installer/${name}`;
      return {
        arch,
        url: `https://${MIRROR}/dists/${codename}/main/installer-${name}`,
        kernel: `${netboot}/linux`,
        initrd: `${netboot}/initrd.gz`,
      };
    }),
    unattended: 'preseed',
    // Packages are signed; kernel and initrd of the tree are not.
    mirror: `http://${MIRROR}`,
  });
}

function ubuntu(version: string, released: string, endOfLife: string): OperatingSystem {
  const [year = '', month = ''] = version.split('.');
  const lts = Number(year) % 2 === 0 && month === '04';
  const label = `${year}\\.${month}(\\.\\d+)?${lts ? '( LTS)?' : ''}`;
  const casper = boot('casper/vmlinuz', 'casper/initrd');
  return linux({
    id: `http://ubuntu.com/ubuntu/${version}`,
    shortId: `ubuntu${version}`,
    name: `Ubuntu ${version}${lts ? ' LTS' : ''}`,
    distro: 'ubuntu',
    version,
    released,
    endOfLife,
    minimum: needs(2048, 10),
    recommended: needs(4096, 25, 2),
    media: [
      medium(new RegExp(`^Ubuntu-Server ${label} amd64`), casper),
      medium(new RegExp(`^Ubuntu-Server ${label} arm64`), casper, { arch: 'aarch64' }),
      medium(new RegExp(`^Ubuntu ${label} amd64`), casper, { live: true }),
    ],
    unattended: 'autoinstall',
  });
}

function mint(version: number, base: string, released: string, endOfLife: string): OperatingSystem {
  return linux({
    id: `http://linuxmint.com/linuxmint/${version}`,
    shortId: `linuxmint${version}`,
    name: `Linux Mint ${version}`,
    distro: 'linuxmint',
    version: String(version),
    released,
    endOfLife,
    minimum: needs(2048, 20),
    recommended: needs(4096, 30, 2),
    media: [
      medium(new RegExp(`^Linux Mint ${version}(\\.\\d+)? `), boot('casper/vmlinuz', 'casper/initrd.lz'), {
        live: true,
      }),
    ],
    osinfo: base,
  });
}

export const DEBIAN_SYSTEMS: readonly OperatingSystem[] = [
  debian(13, 'trixie', '2025-08', '2030-06'),
  debian(12, 'bookworm', '2023-06', '2028-06'),
  debian(11, 'bullseye', '2021-08', '2026-08'),
  debian(10, 'buster', '2019-07', '2024-06'),
  ubuntu('26.04', '2026-04', '2031-05'),
  ubuntu('25.10', '2025-10', '2026-07'),
  ubuntu('24.04', '2024-04', '2029-05'),
  ubuntu('22.04', '2022-04', '2027-06'),
  ubuntu('20.04', '2020-04', '2025-05'),
  mint(22, 'ubuntu22.04', '2024-07', '2029-04'),
  mint(21, 'ubuntu22.04', '2022-07', '2027-04'),
  linux({
    id: 'http://kali.org/kali/rolling',
    shortId: 'kali',
    name: 'Kali Linux',
    distro: 'kali',
    version: '',
    released: null,
    endOfLife: null,
    minimum: needs(2048, 20),
    recommended: needs(4096, 40, 2),
    secureBoot: false,
    media: [
      medium(/^Kali Linux amd64 /, boot('install.amd/vmlinuz', 'install.amd/initrd.gz')),
      medium(/^Kali Live/, null, { live: true }),
    ],
    unattended: 'preseed',
    mirror: 'http://http.kali.org/kali',
    osinfo: 'debiantesting',
  }),
  linux({
    id: 'http://proxmox.com/pve/9',
    shortId: 'proxmox-ve',
    name: 'Proxmox VE',
    distro: 'proxmox-ve',
    version: '',
    released: null,
    endOfLife: null,
    minimum: needs(2048, 32, 2),
    recommended: needs(8192, 64, 4),
    media: [medium(/^PVE$/, boot('boot/linux26', 'boot/initrd.img'))],
    osinfo: 'debian11',
  }),
];
