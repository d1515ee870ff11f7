import type { OperatingSystem, Resources } from '../operating-system.ts';
import { linux, medium, needs, PLAIN_PC } from './parts.ts';

/**
 * Windows. The labels of its ISOs name the edition and the build's kind, not the version: 10 and 11 share theirs, and so do the servers
 * since 2016. Where they do, all are candidates.
 */
interface Windows {
  readonly shortId: string;
  readonly name: string;
  /** libosinfo's name of it: `10`, `2k22`. */
  readonly key: string;
  /** Of the NT kernel. */
  readonly version: string;
  readonly released: string;
  readonly endOfLife: string | null;
  readonly minimum: Resources;
  readonly recommended: Resources;
  readonly labels: RegExp;
}

const MICROSOFT = { publisherId: /^MICROSOFT CORPORATION/ } as const;

/** Since Vista: its own enlightenments on Hyper-V, SATA, a card that QEMU emulates. */
function windows({ key, labels, ...row }: Windows, more: Partial<OperatingSystem> = {}): OperatingSystem {
  return linux({
    ...row,
    id: `http://microsoft.com/win/${key}`,
    family: 'windows',
    distro: 'win',
    tpm: 'used',
    devices: { ...PLAIN_PC, xhci: true },
    clock: 'localtime',
    hyperv: true,
    virtioWin: true,
    media: [medium(labels, null, MICROSOFT)],
    unattended: 'autounattend',
    osinfo: row.shortId,
    ...more,
  });
}

/** Before Windows 8: no UEFI to rely on, no USB 3, and today's virtio-win has no drivers for them. */
const BEFORE_8 = {
  efi: false,
  secureBoot: false,
  tpm: 'no',
  virtioWin: false,
  agent: false,
  devices: PLAIN_PC,
} as const satisfies Partial<OperatingSystem>;

const CLIENT = /^(J_)?(CCSN?A|C?CCOMA|CENN?A|CEDN?A|CESN?N?|CPRN?A|CESE)_X64FRE[EOV]?_/;
const SERVER = /^(SSS|SESS|SHV)_X64(FRE[EOV]?|CHK)_/;

export const WINDOWS_SYSTEMS: readonly OperatingSystem[] = [
  windows(
    {
      shortId: 'win11',
      name: 'Windows 11',
      key: '11',
      version: '11.0',
      released: '2021-10',
      endOfLife: null,
      minimum: needs(4096, 64, 2),
      recommended: needs(8192, 80, 4),
      labels: CLIENT,
    },
    { bios: false, tpm: 'needed' },
  ),
  windows({
    shortId: 'win10',
    name: 'Windows 10',
    key: '10',
    version: '10.0',
    released: '2015-07',
    endOfLife: '2025-10',
    minimum: needs(2048, 20),
    recommended: needs(4096, 50, 2),
    labels: CLIENT,
  }),
  windows({
    shortId: 'win8.1',
    name: 'Windows 8.1',
    key: '8.1',
    version: '6.3',
    released: '2013-11',
    endOfLife: '2023-01',
    minimum: needs(2048, 20),
    recommended: needs(4096, 40, 2),
    labels: /^IR[M1235]_C[A-Z]+_X64(FRE[EOV]?|CHKV?)_/,
  }),
  windows(
    {
      shortId: 'win7',
      name: 'Windows 7',
      key: '7',
      version: '6.1',
      released: '2009-10',
      endOfLife: '2020-01',
      minimum: needs(2048, 20),
      recommended: needs(4096, 40, 2),
      labels: /^(GSP1RMC|GRMC)[A-Z]*_/,
    },
    BEFORE_8,
  ),
  windows(
    {
      shortId: 'winxp',
      name: 'Windows XP',
      key: 'xp',
      version: '5.1',
      released: '2001-10',
      endOfLife: '2014-04',
      minimum: needs(256, 2),
      recommended: needs(1024, 20),
      labels: /^(ARMPXFPP|ARMPXCCP|ARMPXOEM|ARMPXVOL|AX2PXCFPP|AX2PXFPP|WX[A-Z0-9]+|GRTMP[A-Z0-9]+)_/,
    },
    {
      ...BEFORE_8,
      q35: false,
      hyperv: false,
      unattended: 'winnt.sif',
      devices: { ...PLAIN_PC, nics: ['rtl8139', 'pcnet', 'ne2k_pci'] },
    },
  ),
  windows({
    shortId: 'win2k25',
    name: 'Windows Server 2025',
    key: '2k25',
    version: '10.0.26100',
    released: '2024-11',
    endOfLife: '2034-10',
    minimum: needs(2048, 32),
    recommended: needs(4096, 60, 2),
    labels: SERVER,
  }),
  windows({
    shortId: 'win2k22',
    name: 'Windows Server 2022',
    key: '2k22',
    version: '10.0.20348',
    released: '2021-08',
    endOfLife: '2031-10',
    minimum: needs(2048, 32),
    recommended: needs(4096, 60, 2),
    labels: SERVER,
  }),
  windows({
    shortId: 'win2k19',
    name: 'Windows Server 2019',
    key: '2k19',
    version: '10.0.17763',
    released: '2018-11',
    endOfLife: '2029-01',
    minimum: needs(2048, 32),
    recommended: needs(4096, 60, 2),
    labels: SERVER,
  }),
  windows({
    shortId: 'win2k16',
    name: 'Windows Server 2016',
    key: '2k16',
    version: '10.0.14393',
    released: '2016-10',
    endOfLife: '2027-01',
    minimum: needs(2048, 32),
    recommended: needs(4096, 60, 2),
    labels: SERVER,
  }),
  windows({
    shortId: 'win2k12r2',
    name: 'Windows Server 2012 R2',
    key: '2k12r2',
    version: '6.3',
    released: '2013-11',
    endOfLife: '2023-10',
    minimum: needs(512, 32),
    recommended: needs(4096, 40, 2),
    labels: /^IR[M1235]_S[A-Z]+_X64(FRE[EOV]?|CHK)_/,
  }),
  windows(
    {
      shortId: 'win2k12',
      name: 'Windows Server 2012',
      key: '2k12',
      version: '6.2',
      released: '2012-10',
      endOfLife: '2023-10',
      minimum: needs(512, 32),
      recommended: needs(4096, 40, 2),
      labels: /^HRM_S[A-Z]+_X64(FRE[EOV]?|CHK)_/,
    },
    { virtioWin: false, agent: false },
  ),
  windows(
    {
      shortId: 'win2k8r2',
      name: 'Windows Server 2008 R2',
      key: '2k8r2',
      version: '6.1',
      released: '2009-10',
      endOfLife: '2020-01',
      minimum: needs(512, 32),
      recommended: needs(2048, 40),
      labels: /^(GSP1RMS|GRMS)[A-Z]*_/,
    },
    BEFORE_8,
  ),
];
