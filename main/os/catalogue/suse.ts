import type { OperatingSystem, Unattended } from '../operating-system.ts';
import { boot, linux, medium, needs } from './parts.ts';

/** openSUSE and SUSE Linux Enterprise. */
const LOADER = boot('boot/x86_64/loader/linux', 'boot/x86_64/loader/initrd');

interface Suse {
  readonly id: string;
  readonly shortId: string;
  readonly name: string;
  readonly distro: string;
  readonly version: string;
  readonly released: string | null;
  readonly endOfLife: string | null;
  readonly volumeId: RegExp;
  readonly tree: string | null;
  readonly unattended: Unattended;
  readonly osinfo?: string;
}

function suse({ volumeId, tree, ...row }: Suse): OperatingSystem {
  return linux({
    ...row,
    minimum: needs(1536, 10),
    recommended: needs(2048, 20, 2),
    media: [medium(volumeId, LOADER)],
    trees: tree === null ? [] : [{ arch: 'x86_64', url: tree, ...LOADER }],
  });
}

function leap15(minor: number, released: string, endOfLife: string): OperatingSystem {
  return suse({
    id: `http://opensuse.org/opensuse/15.${minor}`,
    shortId: `opensuse15.${minor}`,
    name: `openSUSE Leap 15.${minor}`,
    distro: 'opensuse',
    version: `15.${minor}`,
    released,
    endOfLife,
    volumeId: new RegExp(`^openSUSE-Leap-15\\.${minor}(-\\d+)?-(DVD|NET)-x86_64`),
    tree: `https://download.opensuse.org/distribution/leap/15.${minor}/repo/oss`,
    unattended: 'autoyast',
  });
}

function sle15(servicePack: number, released: string, endOfLife: string): OperatingSystem {
  return suse({
    id: `http://suse.com/sle/15.${servicePack}`,
    shortId: `sle15sp${servicePack}`,
    name: `SUSE Linux Enterprise Server 15 SP${servicePack}`,
    distro: 'sle',
    version: `15.${servicePack}`,
    released,
    endOfLife,
    volumeId: new RegExp(`^SLE-15-SP${servicePack}.*-x86_64`),
    tree: null,
    unattended: 'autoyast',
  });
}

export const SUSE_SYSTEMS: readonly OperatingSystem[] = [
  // Version 16 installs by Agama, which reads no AutoYaST profile of its own accord.
  suse({
    id: 'http://opensuse.org/opensuse/16.0',
    shortId: 'opensuse16.0',
    name: 'openSUSE Leap 16.0',
    distro: 'opensuse',
    version: '16.0',
    released: '2025-10',
    endOfLife: '2027-10',
    volumeId: /Leap-16\.0-/,
    tree: null,
    unattended: 'agama',
    osinfo: 'opensusetumbleweed',
  }),
  leap15(6, '2024-06', '2026-04'),
  leap15(5, '2023-06', '2024-12'),
  leap15(4, '2022-06', '2023-12'),
  suse({
    id: 'http://opensuse.org/opensuse/tumbleweed',
    shortId: 'opensusetumbleweed',
    name: 'openSUSE Tumbleweed',
    distro: 'opensuse',
    version: '',
    released: null,
    endOfLife: null,
    volumeId: /^openSUSE-Tumbleweed-(DVD|NET)-x86_64/,
    tree: 'https://download.opensuse.org/tumbleweed/repo/oss',
    unattended: 'autoyast',
  }),
  suse({
    id: 'http://suse.com/sle/16.0',
    shortId: 'sle16.0',
    name: 'SUSE Linux Enterprise Server 16.0',
    distro: 'sle',
    version: '16.0',
    released: '2025-11',
    endOfLife: '2027-11',
    volumeId: /(SLES|SLE)-16\.0-/,
    tree: null,
    unattended: 'agama',
    osinfo: 'sle15-unknown',
  }),
  sle15(7, '2025-06', '2031-07'),
  sle15(6, '2024-06', '2025-12'),
  sle15(4, '2022-06', '2023-12'),
];
