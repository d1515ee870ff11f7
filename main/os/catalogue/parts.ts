import type {
  Arch,
  GuestDevices,
  InstallMedium,
  InstallTree,
  OperatingSystem,
  Resources,
} from '../operating-system.ts';

/** Memory in MiB, disk in GiB. */
export function needs(memoryMiB: number, diskGiB: number, vcpus = 1): Resources {
  return { memoryMiB, diskGiB, vcpus };
}

/** What any Linux since about 2018 has drivers for. */
export const MODERN_LINUX: GuestDevices = {
  virtioNet: true,
  virtioBlk: true,
  virtioScsi: true,
  virtioRng: true,
  virtioGpu: true,
  virtioBalloon: true,
  virtioSerial: true,
  virtio1: true,
  xhci: true,
  nics: ['e1000e', 'e1000', 'rtl8139'],
};

/** Nothing but what every PC of 2010 had. */
export const PLAIN_PC: GuestDevices = {
  virtioNet: false,
  virtioBlk: false,
  virtioScsi: false,
  virtioRng: false,
  virtioGpu: false,
  virtioBalloon: false,
  virtioSerial: false,
  virtio1: false,
  xhci: false,
  nics: ['e1000e', 'e1000', 'rtl8139'],
};

/** What a row of the catalogue has to say; the rest is what is usual in its family. */
type Row = Pick<
  OperatingSystem,
  'id' | 'shortId' | 'name' | 'distro' | 'version' | 'released' | 'endOfLife' | 'minimum' | 'recommended'
> &
  Partial<OperatingSystem>;

/** A Linux as it is today: BIOS or UEFI, signed, virtio throughout. */
export function linux(row: Row): OperatingSystem {
  return {
    family: 'linux',
    bios: true,
    efi: true,
    secureBoot: true,
    tpm: 'used',
    q35: true,
    devices: MODERN_LINUX,
    agent: true,
    clock: 'utc',
    hyperv: false,
    virtioWin: false,
    media: [],
    trees: [],
    mirror: null,
    unattended: null,
    osinfo: row.shortId,
    ...row,
  };
}

export function medium(
  volumeId: RegExp,
  boot: InstallMedium['boot'] = null,
  more: Partial<InstallMedium> = {},
): InstallMedium {
  return { arch: 'x86_64', volumeId, boot, live: false, ...more };
}

export function boot(kernel: string, initrd: string): { kernel: string; initrd: string } {
  return { kernel, initrd };
}

/** Where Anaconda and its kin have kernel and initrd, on ISOs and in trees. */
export const PXEBOOT = boot('images/pxeboot/vmlinuz', 'images/pxeboot/initrd.img');

export function pxebootTree(url: string, arch: Arch = 'x86_64'): InstallTree {
  return { arch, url, ...PXEBOOT };
}
