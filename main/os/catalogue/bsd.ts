import type { GuestDevices, OperatingSystem } from '../operating-system.ts';
import { linux, medium, MODERN_LINUX, needs } from './parts.ts';

/** The BSDs, and the firewalls made of FreeBSD. */
const FREEBSD: GuestDevices = { ...MODERN_LINUX, virtioGpu: false, nics: ['e1000e', 'e1000'] };
const OPENBSD: GuestDevices = { ...FREEBSD, virtioSerial: false };

/** UEFI boots them, unsigned; BIOS is what their makers test with. */
const UNSIGNED = { family: 'bsd', secureBoot: false, tpm: 'no' } as const;

function freebsd(version: string, released: string, endOfLife: string): OperatingSystem {
  const major = version.split('.')[0] ?? version;
  return linux({
    ...UNSIGNED,
    id: `http://freebsd.org/freebsd/${version}`,
    shortId: `freebsd${version}`,
    name: `FreeBSD ${major}`,
    distro: 'freebsd',
    version,
    released,
    endOfLife,
    minimum: needs(512, 8),
    recommended: needs(2048, 20, 2),
    devices: FREEBSD,
    media: [medium(new RegExp(`^${major}_\\d+_RELEASE_AMD64_(CD|DVD|BO)`), null, { systemId: /^FreeBSD/ })],
    osinfo: 'freebsd13.1',
  });
}

function openbsd(version: string, released: string, endOfLife: string): OperatingSystem {
  return linux({
    ...UNSIGNED,
    id: `http://openbsd.org/openbsd/${version}`,
    shortId: `openbsd${version}`,
    name: `OpenBSD ${version}`,
    distro: 'openbsd',
    version,
    released,
    endOfLife,
    minimum: needs(512, 8),
    recommended: needs(1024, 20),
    devices: OPENBSD,
    agent: false,
    media: [medium(new RegExp(`^OpenBSD/amd64 +${version.replace('.', '\\.')} Install`))],
    osinfo: 'openbsd7.0',
  });
}

function netbsd(major: number, minor: number, released: string, endOfLife: string | null): OperatingSystem {
  return linux({
    ...UNSIGNED,
    id: `http://netbsd.org/netbsd/${major}.${minor}`,
    shortId: `netbsd${major}.${minor}`,
    name: `NetBSD ${major}`,
    distro: 'netbsd',
    version: `${major}.${minor}`,
    released,
    endOfLife,
    minimum: needs(256, 4),
    recommended: needs(1024, 16),
    // Version 10 was the first with virtio 1.0.
    q35: major >= 10,
    devices: { ...OPENBSD, virtio1: major >= 10, xhci: major >= 9, nics: ['e1000', 'rtl8139'] },
    agent: false,
    media: [medium(new RegExp(`^NETBSD_${major}\\d$`), null, { systemId: /^NetBSD/ })],
    osinfo: 'netbsd9.0',
  });
}

function firewall(shortId: string, name: string, id: string, volumeId: RegExp): OperatingSystem {
  return linux({
    ...UNSIGNED,
    id,
    shortId,
    name,
    distro: shortId,
    version: '',
    released: null,
    endOfLife: null,
    minimum: needs(1024, 8),
    recommended: needs(2048, 20, 2),
    devices: FREEBSD,
    media: [medium(volumeId)],
    osinfo: 'freebsd13.1',
  });
}

export const BSD_SYSTEMS: readonly OperatingSystem[] = [
  freebsd('15.1', '2025-12', '2029-12'),
  freebsd('14.4', '2023-11', '2028-11'),
  freebsd('13.5', '2021-04', '2026-04'),
  openbsd('7.8', '2025-10', '2026-11'),
  openbsd('7.7', '2025-04', '2026-05'),
  openbsd('7.6', '2024-10', '2025-10'),
  netbsd(10, 1, '2024-03', null),
  netbsd(9, 4, '2020-02', null),
  firewall('pfsense', 'pfSense', 'http://pfsense.org/pfsense/2', /^PFSENSE/i),
  firewall('opnsense', 'OPNsense', 'http://opnsense.org/opnsense/1', /^OPNSENSE/i),
];
