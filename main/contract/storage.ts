import * as z from './zod.ts';

/** virStoragePoolState, in libvirt's order: the index is the number on the wire. */
export const POOL_STATES = ['inactive', 'building', 'running', 'degraded', 'inaccessible'] as const;

/** Kinds of pools that libvirt has, by the type of their XML. */
export const POOL_TYPES = [
  'dir',
  'fs',
  'netfs',
  'logical',
  'disk',
  'iscsi',
  'iscsi-direct',
  'scsi',
  'mpath',
  'rbd',
  'gluster',
  'zfs',
  'vstorage',
] as const;
export const poolType = z.enum(POOL_TYPES);
export type PoolType = z.infer<typeof poolType>;

export const pool = z.object({
  host: z.string(),
  uuid: z.string(),
  name: z.string(),
  /** One of POOL_TYPES, or what a newer libvirt calls it. */
  type: z.string(),
  state: z.enum(POOL_STATES),
  autostart: z.boolean(),
  persistent: z.boolean(),
  /** Null while it is not active. */
  capacityBytes: z.number().nullable(),
  allocationBytes: z.number().nullable(),
  availableBytes: z.number().nullable(),
  /** Where its volumes are on the host. */
  path: z.string().nullable(),
  /** Where its bytes come from, in one line: a device, `server:/export`, a volume group, a target's IQN. */
  source: z.string().nullable(),
});
export type Pool = z.infer<typeof pool>;

/** Who suffers when a volume goes. */
export const volumeUser = z.object({
  uuid: z.string(),
  name: z.string(),
  /** What of the machine has it: `vda`, `kernel`, the place of a file system in its guest. */
  target: z.string(),
  running: z.boolean(),
  /** `disk`: a disk of the machine; `copy`: what a disk is being copied to; `file`: another file or folder of it; `backing`: under one of them. */
  via: z.enum(['disk', 'copy', 'file', 'backing']),
});
export type VolumeUser = z.infer<typeof volumeUser>;

export const volume = z.object({
  name: z.string(),
  /** libvirt's key; for files it is the path. */
  key: z.string(),
  path: z.string(),
  /** `file`, `block`, `dir`, `network`, `netdir`, `ploop`. */
  type: z.string(),
  format: z.string().nullable(),
  capacityBytes: z.number(),
  allocationBytes: z.number(),
  /** Path of the file under it. */
  backing: z.string().nullable(),
  encrypted: z.boolean(),
  usedBy: z.array(volumeUser),
  /** Paths of the volumes that lie on it. */
  baseOf: z.array(z.string()),
});
export type Volume = z.infer<typeof volume>;

const hiddenVolumes = z.object({ noText: z.number(), unreadable: z.number() });
export type HiddenVolumes = z.infer<typeof hiddenVolumes>;

/** First everything of the host, then what changes, while somebody watches. */
export const storageMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('pools'), pools: z.array(pool) }),
  z.object({ type: z.literal('pool'), pool }),
  z.object({ type: z.literal('poolRemoved'), uuid: z.string() }),
  /** All volumes of a pool, in place of what was known of it. */
  z.object({
    type: z.literal('volumes'),
    pool: z.string(),
    volumes: z.array(volume),
    /** How many libvirt lists and nothing can be said of: `noText`: their names are no UTF-8; `unreadable`: libvirt cannot read them. */
    hidden: hiddenVolumes,
  }),
]);
export type StorageMessage = z.infer<typeof storageMessage>;

/** How far back a pool's history is shown: a point each five minutes, each hour, each day. */
export const POOL_SPANS = ['day', 'month', 'year'] as const;
export type PoolSpan = (typeof POOL_SPANS)[number];

export const poolHistory = z.object({
  /** Oldest first; `time` in milliseconds since the epoch. Used is what is not available, by whatever takes it. */
  points: z.array(z.object({ time: z.number(), usedBytes: z.number(), capacityBytes: z.number() })),
  /** At the rate of the last week; null where there is none that says anything, and for more than a year. */
  daysToFull: z.number().nullable(),
});
export type PoolHistory = z.infer<typeof poolHistory>;

const hostField = z.string().max(200);
const nameField = z.string().min(1).max(250);
export const poolRef = z.object({ host: hostField, uuid: z.guid() });
export type PoolRef = z.infer<typeof poolRef>;
/** A volume of a pool, by name, as virStorageVolLookupByName takes it. */
export const volumeRef = poolRef.extend({ name: nameField });
export type VolumeRef = z.infer<typeof volumeRef>;

/** What a pool of each type is made from; what a type does not know is ignored by nobody: it is refused. */
export const poolInput = z.object({
  host: hostField,
  name: nameField,
  type: poolType,
  /** Where its volumes appear: a folder, or `/dev` for block pools. Left out: what libvirt's users expect of the type. */
  path: z.string().max(4096).optional(),
  /** Devices, of `fs`, `logical`, `disk`, `iscsi`, `iscsi-direct` (the IQN), `zfs`. */
  devices: z.array(z.string().max(4096)).max(64).optional(),
  /** Servers, with a port where one is asked for. */
  hosts: z
    .array(z.object({ name: z.string().max(255), port: z.number().int().min(1).max(65_535).optional() }))
    .max(16)
    .optional(),
  /** The exported folder of `netfs`, or the folder in a gluster volume. */
  dir: z.string().max(4096).optional(),
  /** Volume group, RBD pool, gluster volume, ZFS dataset, Virtuozzo cluster. */
  sourceName: z.string().max(255).optional(),
  /** `ext4`, `nfs`, `cifs`, `dos`, `gpt`, `lvm2`… where the type has one. */
  format: z.string().max(64).optional(),
  /** The HBA of `scsi`: `scsi_host0`, or `host0`. */
  adapter: z.string().max(255).optional(),
  initiator: z.string().max(255).optional(),
  auth: z
    .object({
      type: z.enum(['chap', 'ceph']),
      username: z.string().max(255),
      /** The value of the secret, which is given to libvirt as a private one. Never logged. */
      secret: z.string().max(4096),
    })
    .optional(),
  /** Make what is not there: the folder, the file system, the volume group. Never over something that is there. */
  build: z.boolean().optional(),
  autostart: z.boolean().optional(),
});
export type PoolInput = z.infer<typeof poolInput>;

/** What a host finds by itself for a type of pool (virConnectFindStoragePoolSources). */
export const poolSource = z.object({
  label: z.string(),
  input: poolInput.pick({
    devices: true,
    hosts: true,
    dir: true,
    sourceName: true,
    format: true,
    adapter: true,
  }),
});
export type PoolSource = z.infer<typeof poolSource>;

export const volumeInput = poolRef.extend({
  name: nameField,
  format: z.enum(['raw', 'qcow2']),
  capacityBytes: z.number().int().min(0),
  /** `full` costs its whole size at once; `metadata` only qcow2's tables. */
  preallocation: z.enum(['none', 'metadata', 'full']).optional(),
  /** Path of the file that it lies on; makes it qcow2. */
  backing: z.string().max(4096).optional(),
  /** LUKS, with this passphrase, which is given to libvirt as a private secret. Never logged. */
  passphrase: z.string().min(1).max(512).optional(),
});
export type VolumeInput = z.infer<typeof volumeInput>;

/** What is shown before something of storage is deleted. */
export const storageLoss = z.object({
  /** Names with sizes: what is gone. */
  volumes: z.array(z.object({ name: z.string(), path: z.string(), allocationBytes: z.number() })),
  /** Machines that lose a disk. */
  users: z.array(volumeUser),
  /** Volumes elsewhere that lie on what goes, and are unreadable without it. */
  breaks: z.array(z.string()),
  /** What may need it and cannot be seen, as sentences: a pool that is stopped, a file that no pool has. A person judges. */
  unseen: z.array(z.string()),
  /** Why it is refused, if it is; of a pool: why its volumes cannot be deleted with it. */
  refused: z.string().nullable(),
});
export type StorageLoss = z.infer<typeof storageLoss>;

/** Sentences of a loss's `unseen` that a person has read and goes on all the same; any other refuses. */
export const acceptedField = z.array(z.string().max(4096)).max(16).optional();

export const startedJob = z.object({ job: z.string() });
