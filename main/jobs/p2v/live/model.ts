/**
 * What a probe tells of a running machine that is to become a virtual one: the source. Sizes and places are bytes, paths are those of the source.
 * Everything in it came from that machine: it was bounded and checked as it was parsed, and it is true of the moment of the probe alone.
 */
export interface SourceFacts {
  readonly hostname: string;
  /** `PRETTY_NAME` of os-release: "Debian GNU/Linux 12 (bookworm)". */
  readonly system: string | null;
  /** `ID` of os-release: `debian`, `rhel`. */
  readonly systemId: string | null;
  /** `uname -r` */
  readonly kernel: string;
  /** `uname -m` */
  readonly arch: string;
  readonly firmware: 'bios' | 'uefi';
  /** null: the firmware does not tell, or is no UEFI. */
  readonly secureBoot: boolean | null;
  readonly memoryBytes: number;
  /** Threads that are online. */
  readonly cpus: number;
  /** What it runs in already (`systemd-detect-virt`: `kvm`, `lxc`); null: on iron, or unknown. */
  readonly virtualization: string | null;
  /** Programs of interest that are there, by name (`partclone.extfs`, `zstd`, `lvcreate`). */
  readonly tools: readonly string[];
  /** By their names. No partitions, volumes, loops or optical drives. */
  readonly disks: readonly SourceDisk[];
  readonly groups: readonly SourceGroup[];
  /** Block devices that are neither a disk, a partition nor a plain volume of LVM, and what they are made of. */
  readonly stacks: readonly SourceStack[];
  readonly nics: readonly SourceNic[];
  /** Those of /etc/fstab and /etc/crypttab that are there, and name a device by its path. */
  readonly deviceTables: readonly DeviceTable[];
  /** Devices that the kernel was told when it was started (`root=`, `resume=`): `UUID=…`, `/dev/sda2`. */
  readonly bootDevices: readonly string[];
  /** Units of services that run, or whose work the kernel does, without `.service`; null: no systemd. */
  readonly services: readonly string[] | null;
  readonly initramfs: Initramfs;
  /** null: not started by UEFI, or its partition is not mounted. */
  readonly efi: SourceEfi | null;
  readonly clock: SourceClock;
  /** What could not be read, in words, as a program that is missing there. */
  readonly gaps: readonly string[];
  /** What of disks and volumes was too long to be read, or not told by LVM's programs, in words: what is on the disks is not known then. */
  readonly unknown: readonly string[];
}

export interface SourceDisk {
  /** `sda`, `nvme0n1` */
  readonly name: string;
  /** `/dev/sda` */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of its logical sectors: 512 or 4096. */
  readonly sectorBytes: number;
  /** `none`: no table of partitions; `content` says what is on the whole disk. */
  readonly table: 'gpt' | 'mbr' | 'none' | 'other';
  readonly model: string | null;
  /** `sata`, `nvme`, `usb`, `virtio`; null: unknown. */
  readonly transport: string | null;
  readonly removable: boolean;
  /** In order of their places. */
  readonly partitions: readonly SourcePartition[];
  /** Of a disk without a table. */
  readonly content: SourceContent;
}

export interface SourcePartition {
  readonly number: number;
  /** `/dev/sda1` */
  readonly path: string;
  /** Where it begins on its disk. */
  readonly at: number;
  readonly sizeBytes: number;
  /** GPT’s GUID, MBR’s type in hexadecimal (`83`); null: unknown. */
  readonly type: string | null;
  /** What `PARTUUID=` names: GPT’s of the partition, `0b4f6cd2-01` of an MBR; null: unknown. */
  readonly partUuid: string | null;
  readonly content: SourceContent;
}

/** What a disk, a partition or a volume holds. */
export type SourceContent =
  | SourceFileSystem
  | {
      readonly kind: 'physicalVolume';
      /** null: it is in no group, or LVM's programs are not there. */
      readonly group: string | null;
      readonly uuid: string | null;
      /** Where its first extent begins; null: unknown. */
      readonly dataOffset: number | null;
      /** Of all its extents, which lie side by side; null: unknown. */
      readonly dataBytes: number | null;
    }
  | {
      readonly kind: 'swap';
      readonly uuid: string | null;
      readonly label: string | null;
      readonly active: boolean;
    }
  | { readonly kind: 'luks'; readonly uuid: string | null }
  /** A member of md RAID, a pool of ZFS, a cache: `type` as blkid calls it (`linux_raid_member`, `zfs_member`). */
  | { readonly kind: 'member'; readonly type: string }
  | { readonly kind: 'extended' }
  | { readonly kind: 'unknown' };

export interface SourceFileSystem {
  readonly kind: 'fileSystem';
  /** As blkid calls it: `ext4`, `xfs`, `vfat`, `btrfs`. */
  readonly type: string;
  readonly uuid: string | null;
  readonly label: string | null;
  /** Where it is mounted, the shortest first. */
  readonly mountpoints: readonly string[];
  /** Of the mounted one; null: not mounted. */
  readonly usedBytes: number | null;
  readonly readOnly: boolean;
}

export interface SourceGroup {
  readonly name: string;
  readonly extentBytes: number;
  readonly freeBytes: number;
  /** Its physical volumes; `path` is a partition's, a disk's, or of a stack. null: a device that is missing. */
  readonly devices: readonly { readonly path: string | null; readonly uuid: string }[];
  /** The volumes account for all of the group that is given away: where they do not, something of it is not known. */
  readonly complete: boolean;
  /** Those that a person sees; no internal ones, as a pool's metadata. */
  readonly volumes: readonly SourceVolume[];
}

export interface SourceVolume {
  readonly name: string;
  /** `/dev/GROUP/NAME` */
  readonly path: string;
  readonly sizeBytes: number;
  readonly active: boolean;
  /** Something has it open: it is mounted, or a program reads and writes it. */
  readonly open: boolean;
  /** `linear` and `striped` are plain extents; all others as LVM calls them (`thin`, `thin-pool`, `snapshot`, `raid1`, `cache`). */
  readonly kind: string;
  /** Of a snapshot, or of a thin volume that is one. */
  readonly origin: string | null;
  /** In order of their places; empty where `kind` is neither `linear` nor `striped`. */
  readonly segments: readonly SourceSegment[];
  readonly content: SourceContent;
}

/** A part of a volume. Of one stripe it is linear: `bytes` from `stripes[0].at` on. */
export interface SourceSegment {
  /** Where it begins in the volume. */
  readonly at: number;
  readonly bytes: number;
  /** How much goes to a stripe before the next one; 0 of one alone. */
  readonly stripeBytes: number;
  /** `at`: where it begins on the device, a path of `SourceGroup.devices`. */
  readonly stripes: readonly { readonly device: string; readonly at: number }[];
}

export interface SourceStack {
  /** `/dev/md0`, `/dev/mapper/cryptroot` */
  readonly path: string;
  /** As lsblk calls it: `crypt`, `raid1`, `mpath`, `dm`, `loop`. */
  readonly type: string;
  readonly sizeBytes: number;
  /** Paths of what it is made of. */
  readonly over: readonly string[];
  readonly content: SourceContent;
}

export interface SourceNic {
  readonly name: string;
  readonly mac: string;
  /** `192.0.2.7/24` */
  readonly addresses: readonly string[];
  readonly up: boolean;
  /**
   * What its name follows: `kernel` (eth0), `slot` (ens1, enp3s0, eno1), `mac` (enx…), `own` (a rule of the system's or another name).
   * Names by slot are others in the virtual machine.
   */
  readonly nameScheme: 'kernel' | 'slot' | 'mac' | 'own';
  /** Files of the source's settings that name the card, by their paths; those that know it by its MAC do not count. */
  readonly namedIn: readonly string[];
}

/** A file that has a device in each line. */
export interface DeviceTable {
  readonly path: '/etc/fstab' | '/etc/crypttab';
  /** Of its bytes; null: they did not come as they are there. */
  readonly sha256: string | null;
  /** Those that name a device by a path (`/dev/…`). */
  readonly rows: readonly DeviceRow[];
}

export interface DeviceRow {
  /** Of the file, from 0 on. */
  readonly line: number;
  /** Which of the line's words it is, from 0 on. */
  readonly word: number;
  /** `/dev/sda1`, as it is written there. */
  readonly device: string;
  /** Where it is mounted, or what it is called once it is open. */
  readonly use: string;
  /** What the name leads to: `/dev/sda1`, `/dev/dm-0`; null: to nothing that is known. */
  readonly leadsTo: string | null;
}

/** Drivers that a virtual machine's disks and cards want in the first minutes. */
export const WATCHED_DRIVERS = [
  'virtio_blk',
  'virtio_scsi',
  'virtio_pci',
  'virtio_net',
  'ahci',
  'e1000e',
] as const;
export type WatchedDriver = (typeof WATCHED_DRIVERS)[number];

export interface Initramfs {
  /** The file that was looked at; null: none was found, or none is needed. */
  readonly file: string | null;
  /** `builtin`: in the kernel itself; `installed`: a module that is there, and not in the initramfs; `unknown`: nothing there could tell. */
  readonly drivers: Readonly<
    Record<WatchedDriver, 'builtin' | 'initramfs' | 'installed' | 'missing' | 'unknown'>
  >;
}

export interface SourceEfi {
  /** Where the EFI system partition is mounted. */
  readonly mountpoint: string;
  /** Loaders on it, by their paths from there: `EFI/debian/shimx64.efi`. */
  readonly files: readonly string[];
  /** The loader that any firmware finds, `EFI/BOOT/BOOTX64.EFI`, is there. */
  readonly fallback: boolean;
  /** What the firmware starts now, as it names it: `\EFI\debian\shimx64.efi`; null: unknown. */
  readonly loader: string | null;
}

export interface SourceClock {
  /** The source's time when it was probed, in milliseconds since 1970. */
  readonly at: number;
  /** `Europe/Berlin`; null: unknown. */
  readonly zone: string | null;
  /** What the battery-backed clock holds. */
  readonly rtc: 'utc' | 'local' | 'unknown';
}
