import * as z from './zod.ts';
import { prompt } from './host.ts';

/** A running machine as a person names it. */
export const sourceAddress = z.object({
  /** `root@server`, `server:2222`, an entry of ~/.ssh/config */
  target: z.string().min(1).max(1024),
  /** A key file to try first, beside what ~/.ssh/config says. */
  keyFile: z.string().min(1).max(4096).nullable().default(null),
});
export type SourceAddress = z.infer<typeof sourceAddress>;

/** What the login to a source asks. */
export const sourceQuestion = z.object({
  /** As it was named: `root@server`. */
  source: z.string(),
  prompt,
});
export type SourceQuestion = z.infer<typeof sourceQuestion>;

/** A disk, partition or volume of a source, for a person. */
const sourceArea = z.object({
  /** `/dev/sda1`, `/dev/vg/root` */
  path: z.string(),
  sizeBytes: z.number(),
  /** `ext4`, `swap`, `LVM`, `LUKS`, `linux_raid_member`; null: unknown, or nothing. */
  content: z.string().nullable(),
  mountpoints: z.array(z.string()),
  /** Of what is mounted. */
  usedBytes: z.number().nullable(),
});
export type SourceArea = z.infer<typeof sourceArea>;

/**
 * What a copy would change on the source while it runs, and takes back at its end. Nothing of it is done without its `id` in the list of what a
 * person agreed to.
 */
const sourceChange = z.object({
  /** `snapshot:vg/root`, `service:mysql`, `first-boot:/etc/fstab`, `direct` */
  id: z.string(),
  /** `first-boot`: a file is there until it is copied, so that the new machine starts. `direct`: a key for the host is there while the disks are read. */
  kind: z.enum(['snapshot', 'service', 'first-boot', 'direct']),
  /** What is done. */
  text: z.string(),
  /** The same line by line, as of a file that is changed; may be empty. */
  lines: z.array(z.string()),
  /** What is had by it. */
  why: z.string(),
});
export type SourceChange = z.infer<typeof sourceChange>;

/** A running machine that may become a virtual one: what it is, and what that takes. */
export const sourceReport = z.object({
  /** As it was named. */
  source: z.string(),
  /** How its programs are run. */
  as: z.enum(['root', 'sudo']),
  hostname: z.string(),
  system: z.string().nullable(),
  kernel: z.string(),
  arch: z.string(),
  firmware: z.enum(['uefi', 'bios']),
  secureBoot: z.boolean().nullable(),
  memoryBytes: z.number(),
  cpus: z.number(),
  disks: z.array(
    z.object({
      ...sourceArea.shape,
      /** `sda` */
      name: z.string(),
      model: z.string().nullable(),
      table: z.enum(['gpt', 'mbr', 'none', 'other']),
      partitions: z.array(sourceArea),
      /** Why it cannot be copied; empty: it can. */
      problems: z.array(z.string()),
    }),
  ),
  groups: z.array(
    z.object({
      name: z.string(),
      freeBytes: z.number(),
      volumes: z.array(sourceArea.extend({ kind: z.string() })),
    }),
  ),
  nics: z.array(z.object({ name: z.string(), mac: z.string(), addresses: z.array(z.string()) })),
  /** What the virtual machine's disks and cards are to be, so that its system finds them. */
  devices: z.object({ disk: z.enum(['virtio', 'sata']), nic: z.enum(['virtio', 'e1000e']) }),
  /** What works, in sentences. */
  works: z.array(z.string()),
  changes: z.array(sourceChange),
  /** What is not promised, or wants a hand, and what to do about it. */
  warnings: z.array(z.string()),
  /** Why no machine can be made of it, whichever disks are taken; empty: one can. */
  problems: z.array(z.string()),
});
export type SourceReport = z.infer<typeof sourceReport>;
