import * as z from './zod.ts';
import { acceptedField } from './storage.ts';
import { tagsProblem } from './tags.ts';

/** virDomainState, in libvirt's order: the index is the number on the wire. */
export const DOMAIN_STATES = [
  'nostate',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
] as const;
export type DomainState = (typeof DOMAIN_STATES)[number];

/** A machine as the list shows it: what two round trips tell of any number of them. */
export const domain = z.object({
  host: z.string(),
  uuid: z.string(),
  name: z.string(),
  /** The running instance's number; null when it does not run. */
  id: z.number().int().nullable(),
  state: z.enum(DOMAIN_STATES),
  /** libvirt's reason within the state: `booted`, `user`, `ioerror`, `migration`… ; `unknown` when it gave none. */
  reason: z.string(),
  /** Milliseconds since the epoch when this state was seen to begin; null when it began before we looked. */
  since: z.number().nullable(),
  vcpus: z.number().int(),
  maxVcpus: z.number().int(),
  /** What the guest has now (balloon). */
  memoryKiB: z.number(),
  maxMemoryKiB: z.number(),
  autostart: z.boolean(),
  persistent: z.boolean(),
  /** A saved state exists: the next start restores it. */
  managedSave: z.boolean(),
  /** Addresses known so far, best source first. */
  addresses: z.array(z.string()),
  /** Milliseconds since the epoch when the host last told that its XML is another; left out before it ever did. */
  changedAt: z.number().optional(),
  /** It is kept as a template: it is never started, and machines are made from it. Left out before the host told. */
  template: z.boolean().optional(),
  /** Words that a person put on it. Left out before the host told. */
  tags: z.array(z.string()).optional(),
});
export type Domain = z.infer<typeof domain>;

export const domainRef = z.object({ host: z.string().max(200), uuid: z.string().max(64) });
export type DomainRef = z.infer<typeof domainRef>;

/** All tags that the machine is to have. */
export const tagsChange = domainRef.extend({
  tags: z
    .array(z.string().max(200))
    .max(200)
    .check(({ value, issues }) => {
      const message = tagsProblem(value);
      if (message !== null) issues.push({ code: 'custom', message, input: value });
    }),
});

export const diskView = z.object({
  target: z.string(),
  device: z.enum(['disk', 'cdrom', 'floppy', 'lun']),
  bus: z.string(),
  type: z.string(),
  /** Path, URL or `pool/volume`; null for an empty drive. */
  source: z.string().nullable(),
  format: z.string().nullable(),
  readonly: z.boolean(),
  shareable: z.boolean(),
  cache: z.string().nullable(),
  serial: z.string().nullable(),
  bootOrder: z.number().int().nullable(),
  /** Files under the top one, top first. */
  backing: z.array(z.string()),
  /** Of a machine that is off; null while it runs (its figures tell) and where the host cannot look at it. */
  capacityBytes: z.number().nullable(),
});
export type DiskView = z.infer<typeof diskView>;

export const nicView = z.object({
  mac: z.string(),
  type: z.string(),
  /** Network, bridge or device it is plugged into. */
  source: z.string().nullable(),
  model: z.string().nullable(),
  /** The host's device (`vnet3`); null when it does not run. */
  target: z.string().nullable(),
  linkUp: z.boolean(),
});
export type NicView = z.infer<typeof nicView>;

export const graphicsView = z.object({
  type: z.string(),
  /** `null` when libvirt has not chosen a port (the machine does not run) or a socket is used. */
  port: z.number().int().nullable(),
  socket: z.string().nullable(),
  listen: z.string().nullable(),
});
export type GraphicsView = z.infer<typeof graphicsView>;

export const serialView = z.object({
  /** What `console.open` takes as `device`. Null when the machine does not run: then it is the first. */
  alias: z.string().nullable(),
  type: z.string(),
  target: z.string(),
  port: z.number().int().nullable(),
});
export type SerialView = z.infer<typeof serialView>;

export const addressView = z.object({
  address: z.string(),
  prefix: z.number().int(),
  mac: z.string().nullable(),
  source: z.enum(['lease', 'agent', 'arp']),
});
export type AddressView = z.infer<typeof addressView>;

/** What the machine's page shows, read when it is looked at: typed views over its XML. */
export const domainDetail = z.object({
  host: z.string(),
  uuid: z.string(),
  name: z.string(),
  title: z.string().nullable(),
  description: z.string().nullable(),
  /** `hvm`, `exe`, … and what it runs on. */
  osType: z.string(),
  arch: z.string(),
  machine: z.string().nullable(),
  virtType: z.string(),
  firmware: z.enum(['bios', 'efi', 'other']),
  secureBoot: z.boolean(),
  bootOrder: z.array(z.string()),
  cpuMode: z.string().nullable(),
  cpuModel: z.string().nullable(),
  topology: z.string().nullable(),
  vcpus: z.number().int(),
  maxVcpus: z.number().int(),
  memoryKiB: z.number(),
  maxMemoryKiB: z.number(),
  disks: z.array(diskView),
  nics: z.array(nicView),
  graphics: z.array(graphicsView),
  serials: z.array(serialView),
  video: z.array(z.object({ model: z.string(), heads: z.number().int() })),
  tpm: z.string().nullable(),
  balloonPeriodSec: z.number().nullable(),
  agent: z.enum(['none', 'disconnected', 'connected']),
  /** libosinfo's id from the metadata, as virt-manager writes it. */
  osinfo: z.string().nullable(),
  /** The first program and the folder of a container; left out: it is a machine. */
  container: z.object({ init: z.string().nullable(), root: z.string().nullable() }).optional(),
  addresses: z.array(addressView),
  /** The CD that was made for its first boot, or for its installer, and is still in a drive; null: there is none. */
  seed: z.object({ target: z.string(), path: z.string() }).nullable(),
  /** It remembers machines that it stands in front of (`balancer.show`); left out: it is no load balancer. */
  balancer: z.literal(true).optional(),
  /**
   * A machine of Windows that starts from a bus that every system knows: how far it is on its way to virtio (`p2v.virtio`). Left out: it is no
   * such machine.
   */
  toVirtio: z.enum(['plain', 'prepared']).optional(),
  /** The definition differs from what runs: it takes effect at the next start. */
  changesPending: z.boolean(),
});
export type DomainDetail = z.infer<typeof domainDetail>;

/** A file that goes or stays when a machine is deleted. */
export const deletableVolume = z.object({
  /** What `domain.delete` takes. */
  key: z.string(),
  path: z.string(),
  target: z.string(),
  /** A container’s folder with all that is in it. */
  folder: z.boolean().optional(),
  /** Kernel or initrd that booted its installer: none of its disks. */
  installer: z.boolean().optional(),
  pool: z.string().nullable(),
  capacityBytes: z.number().nullable(),
  allocationBytes: z.number().nullable(),
  /** Why it should stay, if anything says so. */
  keep: z.enum(['shareable', 'readonly', 'usedByOther', 'notInPool', 'backing', 'unseen']).nullable(),
  /** Machines that use it too. */
  usedBy: z.array(z.string()),
});
export type DeletableVolume = z.infer<typeof deletableVolume>;

export const deletionPlan = z.object({
  volumes: z.array(deletableVolume),
  /** What may need one of the volumes and cannot be seen, as sentences: a pool that is stopped, a file that no pool has. */
  unseen: z.array(z.string()),
  running: z.boolean(),
  managedSave: z.boolean(),
  snapshots: z.number().int(),
  checkpoints: z.number().int(),
  nvram: z.string().nullable(),
  /** It has an emulated TPM, whose contents (keys of disks, above all) go with it. */
  tpm: z.boolean(),
  /** What its moves have left on other hosts, as it was then: by the host's name. It stays. Left out: nothing is known. */
  leftCopies: z.array(z.object({ host: z.string(), names: z.array(z.string()) })).optional(),
});
export type DeletionPlan = z.infer<typeof deletionPlan>;

/** What a person was shown that goes with the definition: more than that is not deleted. */
export const shownLosses = deletionPlan
  .pick({ managedSave: true, snapshots: true, checkpoints: true, tpm: true })
  .extend({
    nvram: z.boolean(),
    /** Sentences of `unseen`; with any other no volume goes. */
    unseen: acceptedField,
  });
export type ShownLosses = z.infer<typeof shownLosses>;
