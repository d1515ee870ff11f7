import * as z from './zod.ts';

/** Saved or not: of what a partition or volume will hold when it is restored. */
const contentKind = z.enum(['data', 'swap', 'extended', 'physicalVolume', 'luks', 'empty', 'missing']);

const inspectedContent = z.object({
  files: z.array(z.string()),
  storedBytes: z.number(),
  /** null: it cannot be read, as `fault` says. */
  format: z.string().nullable(),
  compression: z.string().nullable(),
  /** `none`: it has no checksums. */
  checksum: z.string().nullable(),
  usedBytes: z.number().nullable(),
  fault: z.string().nullable(),
});
export type InspectedContent = z.infer<typeof inspectedContent>;

/** A partition or volume. */
const inspectedArea = z.object({
  name: z.string(),
  sizeBytes: z.number(),
  content: contentKind,
  fileSystem: z.string().nullable(),
  /** null: no file holds it. */
  image: inspectedContent.nullable(),
});
export type InspectedArea = z.infer<typeof inspectedArea>;

const inspectedDisk = z.object({
  /** `sda` */
  name: z.string(),
  /** null: the image does not tell it. */
  sizeBytes: z.number().nullable(),
  sectorSize: z.number(),
  table: z.enum(['mbr', 'gpt']).nullable(),
  partitions: z.array(
    inspectedArea.extend({
      number: z.number(),
      offsetBytes: z.number(),
      /** As sfdisk words it. */
      type: z.string(),
    }),
  ),
  /** Why it cannot be restored; empty: it can. */
  problems: z.array(z.string()),
  warnings: z.array(z.string()),
});
export type InspectedDisk = z.infer<typeof inspectedDisk>;

/** What an image of Clonezilla is, and the machine that it is of, for a person or a program. */
export const inspection = z.object({
  /** In the local time of the machine that saved it: `2026-11-26 13:00`. */
  savedAt: z.string().nullable(),
  /** What started it; where the image does not tell that, what its tables let guess, as `warnings` say. */
  firmware: z.enum(['uefi', 'bios']),
  vendor: z.string().nullable(),
  product: z.string().nullable(),
  memoryBytes: z.number().nullable(),
  cpus: z.number().nullable(),
  cpuModel: z.string().nullable(),
  macs: z.array(z.string()),
  /** `SHA256SUMS` */
  checksumLists: z.array(z.string()),
  disks: z.array(inspectedDisk),
  /** Volume groups of LVM. */
  groups: z.array(
    z.object({
      name: z.string(),
      /** Partitions that it is on; null: one of a disk that is not in the image. */
      devices: z.array(z.string().nullable()),
      volumes: z.array(inspectedArea),
    }),
  ),
  /** Of no disk alone. */
  warnings: z.array(z.string()),
});
export type Inspection = z.infer<typeof inspection>;

/** What a disk in a file of its own is. */
export const inspectedDiskFile = z.object({
  format: z.enum(['vhd', 'vhdx']),
  sizeBytes: z.number(),
  usedBytes: z.number(),
  sectorSize: z.number(),
  /** null: there is no table of partitions, or none that can be read, as `fault` says. */
  table: z.enum(['mbr', 'gpt']).nullable(),
  /** What started it, by its table; null: that does not tell it. */
  firmware: z.enum(['uefi', 'bios']).nullable(),
  partitions: z.array(
    z.object({
      number: z.number(),
      offsetBytes: z.number(),
      sizeBytes: z.number(),
      /** GPT's GUID, MBR's type in hexadecimal. */
      type: z.string(),
      /** `EFI system`; null: it is not known here. */
      typeName: z.string().nullable(),
      /** GPT alone has names. */
      name: z.string().nullable(),
    }),
  ),
  fault: z.string().nullable(),
  warnings: z.array(z.string()),
});
export type InspectedDiskFile = z.infer<typeof inspectedDiskFile>;

/**
 * What a folder has, where images are looked for: folders, and files that may hold an image. Hidden ones are left out.
 */
export const browsedFolder = z.object({
  path: z.string(),
  /** null: it is the top. */
  parent: z.string().nullable(),
  entries: z.array(
    z.object({
      name: z.string(),
      path: z.string(),
      kind: z.enum(['folder', 'file']),
      /** By the names of its files alone: an image, one that Clonezilla marked as broken, an encrypted one, a tar, a VHDX or VHD; null: none that is known. */
      image: z.enum(['clonezilla', 'broken', 'encrypted', 'tar', 'disk']).nullable(),
      /** Of a file; null: it is not told. */
      sizeBytes: z.number().nullable(),
      /** When it was last changed, in ms since 1970; null: it is not told. */
      changedAt: z.number().nullable(),
    }),
  ),
  /** There are more than are shown. */
  cut: z.boolean(),
  /** Folders that images are often in, and that are there: the home folder first. */
  places: z.array(z.object({ kind: z.enum(['home', 'images', 'mounts']), path: z.string() })),
});
export type BrowsedFolder = z.infer<typeof browsedFolder>;

/**
 * A machine goes to virtio in two steps, as Windows starts only from what it has a driver of. `prepare`: a small disk on virtio is added, and the CD of
 * the drivers, so that the guest installs them at its next start. `finish`: its disks and cards go to virtio, and the small disk goes away. `drop`: the small disk goes away, and all else stays.
 */
export const virtioInput = z.object({
  host: z.string().max(200),
  uuid: z.string().max(64),
  act: z.enum(['prepare', 'finish', 'drop']),
  /** The CD of virtio's drivers, of `prepare`; left out: none. `pool`: its UUID. */
  drivers: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('volume'), pool: z.string().max(64), name: z.string().min(1).max(250) }),
      /** The newest stable one, fetched to the pool once and used again. */
      z.object({ kind: z.literal('stable'), pool: z.string().max(64) }),
    ])
    .optional(),
});
export type VirtioInput = z.infer<typeof virtioInput>;

/** What a step to virtio does, and what stands against it. */
export const virtioPlan = z.object({
  steps: z.array(z.string()),
  /** Why it cannot be done, in sentences; empty: it can. */
  problems: z.array(z.string()),
  /** What is not on virtio and goes there at the end: disks by their target and bus (`sda`, `sata`), cards by MAC and model. */
  devices: z.object({
    disks: z.array(z.object({ path: z.string(), target: z.string(), bus: z.string() })),
    nics: z.array(z.object({ mac: z.string(), model: z.string() })),
  }),
});
export type VirtioPlan = z.infer<typeof virtioPlan>;
