/** What a system asks of a machine. */
export interface Resources {
  readonly memoryMiB: number;
  readonly diskGiB: number;
  readonly vcpus: number;
}

/** Emulated network cards, by QEMU's names. */
export type EmulatedNic = 'e1000e' | 'e1000' | 'rtl8139' | 'ne2k_pci' | 'pcnet';

/** What a system has drivers for as it comes from its maker. */
export interface GuestDevices {
  readonly virtioNet: boolean;
  readonly virtioBlk: boolean;
  readonly virtioScsi: boolean;
  readonly virtioRng: boolean;
  readonly virtioGpu: boolean;
  readonly virtioBalloon: boolean;
  /** Channels to the host: what the QEMU guest agent speaks through. */
  readonly virtioSerial: boolean;
  /** Virtio 1.0, which is all that a PCI Express slot of q35 offers. */
  readonly virtio1: boolean;
  readonly xhci: boolean;
  /** The best first; empty: none is known to work. */
  readonly nics: readonly EmulatedNic[];
}

export type Arch = 'x86_64' | 'aarch64' | 'i686';

/**
 * How an installer's ISO is known by its volume descriptor (ECMA-119, 8.4): every pattern that is given must be found. Volume identifiers
 * have 32 characters at most, so a pattern never ends in what a longer name would have.
 */
export interface InstallMedium {
  readonly arch: Arch;
  readonly volumeId: RegExp;
  readonly systemId?: RegExp;
  readonly publisherId?: RegExp;
  readonly applicationId?: RegExp;
  /** Paths on the ISO of what boots the installer by `<kernel>` and `<initrd>`; null: by its boot loader alone. */
  readonly boot: { readonly kernel: string; readonly initrd: string } | null;
  /** A desktop to try that installs from there: an answer file does not reach it. */
  readonly live: boolean;
}

/** Where an installer can be fetched from; the paths are below `url`. */
export interface InstallTree {
  readonly arch: Arch;
  readonly url: string;
  readonly kernel: string;
  readonly initrd: string;
}

/** The kind of answer file that the installer reads; `ignition`: the image's own first boot. */
export type Unattended =
  'preseed' | 'kickstart' | 'autoinstall' | 'autoyast' | 'agama' | 'autounattend' | 'winnt.sif' | 'ignition';

/** A system that a machine may run, and what suits it. */
export interface OperatingSystem {
  /** libosinfo's name for it, as `<libosinfo:os id>` in a machine's metadata has it. */
  readonly id: string;
  /** `debian12`: unique in the catalogue, and libosinfo's where it has the system. */
  readonly shortId: string;
  readonly name: string;
  readonly family: 'linux' | 'windows' | 'bsd' | 'other';
  /** `debian`, `win`… : versions of one system share it. */
  readonly distro: string;
  /** Empty: rolling, or unknown. */
  readonly version: string;
  /** `2023-06`; null: not known, or never. */
  readonly released: string | null;
  readonly endOfLife: string | null;
  readonly minimum: Resources;
  readonly recommended: Resources;
  readonly bios: boolean;
  readonly efi: boolean;
  /** Its boot loader is signed with a key that firmware has. */
  readonly secureBoot: boolean;
  /** `used`: gets one where it boots by UEFI. */
  readonly tpm: 'needed' | 'used' | 'no';
  /** Knows the chipset Q35; else it gets i440FX. */
  readonly q35: boolean;
  readonly devices: GuestDevices;
  /** A QEMU guest agent can be had for it. */
  readonly agent: boolean;
  readonly clock: 'utc' | 'localtime';
  readonly hyperv: boolean;
  /** The drivers of the virtio-win ISO are made for it. */
  readonly virtioWin: boolean;
  readonly media: readonly InstallMedium[];
  readonly trees: readonly InstallTree[];
  /** Where its packages are, for an installer that has to be told; null: it knows by itself. */
  readonly mirror: string | null;
  readonly unattended: Unattended | null;
  /** What `virt-install --osinfo` calls it, or the nearest that it knows. */
  readonly osinfo: string;
}
