import type { Gpt } from '../disk/gpt.ts';
import type { LogicalVolume, VolumeGroup } from '../disk/volume-group.ts';
import type { ChecksumList } from './checksum-lists.ts';
import type { DataFile } from './data-files.ts';
import type { Hardware } from './hardware.ts';
import type { SwapIdentity } from './lists.ts';
import type { SfdiskDump } from './sfdisk-dump.ts';

/** A directory of Clonezilla's, as its small files tell it; no content is read yet. */
export interface ClonezillaImage {
  /** In the local time of the machine that saved it: `2026-11-26 13:00`. */
  readonly savedAt: string | null;
  readonly disks: readonly ImageDisk[];
  readonly groups: readonly ImageGroup[];
  readonly checksumLists: readonly ChecksumList[];
  readonly hardware: Hardware & { readonly firmware: 'uefi' | 'bios' };
  /** Of the whole image, however it is used. */
  readonly warnings: readonly string[];
}

export interface ImageDisk {
  /** `sda` */
  readonly name: string;
  /** null: nothing in the image tells it. */
  readonly sizeBytes: number | null;
  readonly sectorSize: 512 | 4096;
  /** null: there is none, or it cannot be read (`problems`). */
  readonly table: DiskTable | null;
  readonly partitions: readonly ImagePartition[];
  /** Why it cannot be restored, in sentences. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export interface DiskTable {
  readonly kind: 'mbr' | 'gpt';
  readonly dump: SfdiskDump;
  /** The disk's first sector; null where the image has none. */
  readonly mbr: Buffer | null;
  /** As one of its copies holds it; null: it is made of the dump. */
  readonly gpt: Gpt | null;
  /** The boot record of the extended partition. */
  readonly extendedRecord: Buffer | null;
  /** The file with what is between the MBR and the first partition. */
  readonly hidden: { readonly file: string; readonly bytes: number } | null;
}

export interface ImagePartition {
  readonly name: string;
  readonly number: number;
  /** In bytes of the disk. */
  readonly offset: number;
  readonly bytes: number;
  /** As sfdisk words it. */
  readonly type: string;
  readonly fileSystem: string | null;
  readonly content: Content;
}

/** What a restored partition or volume will hold. */
export type Content =
  | { readonly kind: 'data'; readonly data: DataFile }
  /** Made anew: Clonezilla does not save what is in it. */
  | { readonly kind: 'swap'; readonly identity: SwapIdentity }
  | { readonly kind: 'extended' }
  | { readonly kind: 'physicalVolume'; readonly group: string | null; readonly uuid: string }
  /** Opened when it was saved: the image holds its header, and what was in it unencrypted. */
  | { readonly kind: 'luks' }
  /** Clonezilla did not save it. */
  | { readonly kind: 'empty' }
  /** Clonezilla saved it, and its file is not there. */
  | { readonly kind: 'missing' };

/** A volume group of LVM whose text is in the image. */
export interface ImageGroup {
  readonly group: VolumeGroup;
  /** Physical volumes by their names in the text, with their partitions; null: of a disk that is not in the image. */
  readonly devices: ReadonlyMap<string, string | null>;
  readonly volumes: readonly ImageVolume[];
}

export interface ImageVolume {
  /** `vg0/root` */
  readonly name: string;
  readonly logical: LogicalVolume;
  readonly fileSystem: string | null;
  readonly content: Content;
}
