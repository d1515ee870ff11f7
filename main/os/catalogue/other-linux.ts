import type { OperatingSystem } from '../operating-system.ts';
import { boot, linux, medium, MODERN_LINUX, needs, PLAIN_PC } from './parts.ts';

/** Distributions of their own line, systems that are images, and what is known by its age alone. */
function alpine(version: string, released: string, endOfLife: string): OperatingSystem {
  const label = (flavour: string): RegExp =>
    new RegExp(`^alpine-${flavour} ${version.replace('.', '\\.')}(\\.\\d+)? x86_64`);
  return linux({
    id: `http://alpinelinux.org/alpinelinux/${version}`,
    shortId: `alpinelinux${version}`,
    name: `Alpine Linux ${version}`,
    distro: 'alpinelinux',
    version,
    released,
    endOfLife,
    minimum: needs(128, 1),
    recommended: needs(1024, 8),
    secureBoot: false,
    media: [
      medium(label('virt'), boot('boot/vmlinuz-virt', 'boot/initramfs-virt')),
      medium(label('(std|ext)'), boot('boot/vmlinuz-lts', 'boot/initramfs-lts')),
    ],
  });
}

/** A distribution without versions. */
function rolling(
  row: Pick<OperatingSystem, 'id' | 'shortId' | 'name' | 'distro' | 'minimum' | 'recommended'> &
    Partial<OperatingSystem>,
): OperatingSystem {
  return linux({ version: '', released: null, endOfLife: null, secureBoot: false, ...row });
}

export const OTHER_LINUX_SYSTEMS: readonly OperatingSystem[] = [
  rolling({
    id: 'http://archlinux.org/archlinux/rolling',
    shortId: 'archlinux',
    name: 'Arch Linux',
    distro: 'archlinux',
    minimum: needs(1024, 4),
    recommended: needs(2048, 20, 2),
    media: [
      medium(/^ARCH_\d{6}/, boot('arch/boot/x86_64/vmlinuz-linux', 'arch/boot/x86_64/initramfs-linux.img'), {
        live: true,
      }),
    ],
  }),
  alpine('3.22', '2025-05', '2027-05'),
  alpine('3.21', '2024-12', '2026-11'),
  alpine('3.20', '2024-05', '2026-04'),
  alpine('3.19', '2023-12', '2025-11'),
  alpine('3.18', '2023-05', '2025-05'),
  rolling({
    id: 'http://gentoo.org/gentoo/rolling',
    shortId: 'gentoo',
    name: 'Gentoo Linux',
    distro: 'gentoo',
    minimum: needs(512, 8),
    recommended: needs(4096, 40, 4),
    media: [medium(/^Gentoo[- ]amd64[- ]/, null, { live: true })],
  }),
  rolling({
    id: 'http://nixos.org/nixos/unknown',
    shortId: 'nixos-unknown',
    name: 'NixOS',
    distro: 'nixos',
    minimum: needs(1536, 10),
    recommended: needs(3072, 20, 2),
    media: [
      medium(/^nixos-([a-z0-9]+-)?\d\d\.\d\d-?(x86_64)?/, boot('boot/bzImage', 'boot/initrd'), {
        live: true,
      }),
    ],
  }),
  linux({
    id: 'http://mageia.org/mageia/9',
    shortId: 'mageia9',
    name: 'Mageia 9',
    distro: 'mageia',
    version: '9',
    released: '2023-08',
    endOfLife: null,
    minimum: needs(1024, 10),
    recommended: needs(2048, 20, 2),
    secureBoot: false,
    media: [medium(/^Mageia-9(\.\d+)?-x86_64/, boot('boot/vmlinuz', 'boot/all.rdz'))],
    osinfo: 'mageia8',
  }),
  rolling({
    id: 'http://voidlinux.org/voidlinux/rolling',
    shortId: 'voidlinux',
    name: 'Void Linux',
    distro: 'voidlinux',
    minimum: needs(512, 4),
    recommended: needs(2048, 20, 2),
    media: [medium(/^VOID_LIVE/, null, { live: true })],
  }),
  rolling({
    id: 'http://flatcar.org/flatcar/stable',
    shortId: 'flatcar',
    name: 'Flatcar Container Linux',
    distro: 'flatcar',
    minimum: needs(2048, 10),
    recommended: needs(4096, 20, 2),
    unattended: 'ignition',
    osinfo: 'linux2022',
  }),
  rolling({
    id: 'http://talos.dev/talos/1',
    shortId: 'talos',
    name: 'Talos Linux',
    distro: 'talos',
    minimum: needs(2048, 10, 2),
    recommended: needs(4096, 20, 2),
    // It is spoken to over its own API; nothing of the host's can be run in it.
    agent: false,
    media: [medium(/^TALOS/i)],
    osinfo: 'linux2022',
  }),
  linux({
    id: 'http://libosinfo.org/linux/2022',
    shortId: 'linux2022',
    name: 'Linux, since about 2018',
    distro: 'linux',
    version: '2022',
    released: null,
    endOfLife: null,
    minimum: needs(2048, 10),
    recommended: needs(4096, 25, 2),
    secureBoot: false,
  }),
  linux({
    id: 'http://libosinfo.org/linux/2016',
    shortId: 'linux2016',
    name: 'Linux, 2008 to 2018',
    distro: 'linux',
    version: '2016',
    released: null,
    endOfLife: null,
    minimum: needs(2048, 5),
    recommended: needs(2048, 15),
    efi: false,
    secureBoot: false,
    tpm: 'no',
    q35: false,
    // The plain PC's slots speak the older virtio, which all of them know.
    devices: { ...MODERN_LINUX, virtio1: false, virtioGpu: false, virtioRng: false, xhci: false },
  }),
];

/** What fits almost anything: nothing is taken to be known. */
export const GENERIC_SYSTEMS: readonly OperatingSystem[] = [
  linux({
    id: 'http://libosinfo.org/unknown',
    shortId: 'unknown',
    name: 'Unknown or not listed',
    family: 'other',
    distro: 'unknown',
    version: '',
    released: null,
    endOfLife: null,
    minimum: needs(256, 1),
    recommended: needs(2048, 20, 2),
    secureBoot: false,
    tpm: 'no',
    devices: PLAIN_PC,
    agent: false,
    osinfo: 'generic',
  }),
  linux({
    id: 'http://libosinfo.org/unknown/old',
    shortId: 'unknown-old',
    name: 'Unknown, before about 2008',
    family: 'other',
    distro: 'unknown',
    version: 'old',
    released: null,
    endOfLife: null,
    minimum: needs(64, 1),
    recommended: needs(512, 10),
    efi: false,
    secureBoot: false,
    tpm: 'no',
    q35: false,
    devices: { ...PLAIN_PC, nics: ['e1000', 'rtl8139', 'ne2k_pci', 'pcnet'] },
    agent: false,
    osinfo: 'generic',
  }),
];
