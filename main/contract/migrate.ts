import * as z from './zod.ts';

/** How a machine that runs goes, beside the way of its data. What goes together is in main/jobs/migrate/rules.ts. */
export const migrateManner = z.object({
  /**
   * Who drives it. `app`: this program, over both hosts' links; `peer`: the source's libvirtd, which logs in to the target's with what
   * its host has for that; `tunnel`: the same, and the memory goes over that link.
   */
  drive: z.enum(['app', 'peer', 'tunnel']),
  /** For `peer` and `tunnel`: the target's libvirtd as the source reaches it, `qemu+tls://kvm-b/system`; null: as this program does. */
  peerUri: z.string().min(1).max(255).nullable(),
  /** The hosts' QEMUs encrypt what goes between them, with the certificates that they have for that. */
  tls: z.boolean(),
  /** The name in the target's certificate; null: its address. */
  tlsName: z.string().min(1).max(255).nullable(),
  /** The guest may go on on the target before all of its memory is there (`migrate.tune`); it then needs both hosts until the end. */
  postCopy: z.boolean(),
  /** It does so by itself after so many rounds over the memory; null: it is told to. */
  postCopyAfter: z.number().int().min(1).max(1000).nullable(),
  /** Of the memory: `zlib` and `zstd` with parallel connections, the others without. */
  compression: z.enum(['none', 'xbzrle', 'mt', 'zlib', 'zstd']),
  /** So many connections for the memory; null: one. */
  parallel: z.number().int().min(2).max(255).nullable(),
  /** What it is called there; null: as here. */
  name: z.string().min(1).max(255).nullable(),
  /** The source keeps its definition, off. */
  keepDefinition: z.boolean(),
});
export type MigrateManner = z.infer<typeof migrateManner>;

export const migrateDiskChoice = z.object({
  /** `vda` */
  target: z.string().min(1).max(32),
  /**
   * `copy`: its bytes go over; `share`: the target has it at the same path; `top`: the target has a copy of what it lies on at the same path,
   * and what was written since goes over.
   */
  way: z.enum(['copy', 'share', 'top']),
  /** UUID of the target's pool that it is copied to; null: as for all. */
  pool: z.string().max(64).nullable(),
});

/** What becomes of a disk. */
export const migrateDisk = z.object({
  target: z.string(),
  /**
   * `shared`: both hosts see the same file; `copy`: its bytes go over; `either`: the target's pool, of a network, does not know the file and looks through its
   * folder again when the move begins: then it is shared where that has it, else copied.
   */
  way: z.enum(['shared', 'copy', 'either']),
  source: z.string(),
  /** Its path on the target. */
  path: z.string(),
  capacityBytes: z.number(),
});
export type MigrateDisk = z.infer<typeof migrateDisk>;

/** A disk as a person was shown it. */
export const shownDisk = migrateDisk.pick({ target: true, way: true });
export type ShownDisk = z.infer<typeof shownDisk>;

export function shownDisks({ disks }: { readonly disks: readonly ShownDisk[] }): ShownDisk[] {
  return disks.map(({ target, way }) => ({ target, way }));
}

/** What is asked, or set, of the move of a machine. */
export const migrateInput = migrateManner.extend({
  host: z.string().max(200),
  uuid: z.string().max(64),
  /** Id of the host that it goes to. */
  to: z.string().max(200),
  /** UUID of the target's pool for copied disks; null: the pool of the same folder there, or of the same name. */
  pool: z.string().max(64).nullable(),
  /** What becomes of single disks; of the others: they are shared where both hosts see one file, else copied. */
  disks: z.array(migrateDiskChoice).max(64),
  /**
   * The CPU that its definition gets there, of a machine that is off: a model's name, or `baseline`, what both hosts have
   * (virConnectBaselineHypervisorCPU); null, or left out: it stays as it is.
   */
  cpu: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)
    .nullable()
    .default(null),
  /** Networks and bridges that have another name there: from, to. */
  networks: z.record(z.string().max(256), z.string().max(256)),
  /**
   * How the data goes. `direct`: from host to host; `relay`: through this computer, over both hosts' SSH connections; `auto`: `relay`
   * where both links are a login.
   */
  via: z.enum(['auto', 'direct', 'relay']),
  /** For `direct`: the target's address as the source reaches it; null: as the target's libvirtd calls itself. */
  address: z.string().min(1).max(255).nullable(),
  /** At most so fast; null: as the host has it. */
  bandwidthMiBs: z.number().int().min(1).max(1_000_000).nullable(),
  /** The guest may stand still so long at the end; null: QEMU's 300 ms. */
  downtimeMs: z.number().int().min(1).max(2_000_000).nullable(),
  /** The guest is slowed down while it changes its memory faster than that is sent. */
  autoConverge: z.boolean(),
  /** Also where libvirt cannot tell that storage is shared. */
  unsafe: z.boolean(),
  /** When it runs on the target, the source's own disks that were copied are deleted. */
  deleteSource: z.boolean(),
  /**
   * What a person was shown to become of its disks: `run` fails with CONFLICT where that would now be otherwise, and changes nothing. Left out: nobody was shown
   * anything, or `disks` says it.
   */
  shown: z.array(shownDisk).max(1024).optional(),
  /** `run` takes media that the target has not out of their drives first, where nothing else stops the machine: also what only a look of the target's pool shows. */
  eject: z.boolean().optional(),
});
export type MigrateInput = z.infer<typeof migrateInput>;

/** Driven by Virtlane, with nothing but what every host can do. */
export const USUAL_MANNER: MigrateManner = {
  drive: 'app',
  peerUri: null,
  tls: false,
  tlsName: null,
  postCopy: false,
  postCopyAfter: null,
  compression: 'none',
  parallel: null,
  name: null,
  keepDefinition: false,
};

/** A move of which only its ends are said. */
export function usualMigration(ends: Pick<MigrateInput, 'host' | 'uuid' | 'to'>): MigrateInput {
  return {
    ...ends,
    pool: null,
    disks: [],
    cpu: null,
    networks: {},
    via: 'auto',
    address: null,
    bandwidthMiBs: null,
    downtimeMs: null,
    autoConverge: false,
    unsafe: false,
    deleteSource: false,
    ...USUAL_MANNER,
  };
}

/** What mends an item at a click: another value of the input, or something done to the machine first. */
export const migrateFix = z.discriminatedUnion('kind', [
  /** Another name for a network or a bridge (`networks`). */
  z.object({ kind: z.literal('network'), from: z.string() }),
  /** The target's network of this name is started (`network.start`). */
  z.object({ kind: z.literal('startNetwork'), name: z.string() }),
  /** Another pool for what is copied (`pool`). */
  z.object({ kind: z.literal('pool') }),
  /** The medium is taken out of the drive (`domain.eject`). */
  z.object({ kind: z.literal('eject'), target: z.string(), path: z.string() }),
  /** Another way of the data (`via`). */
  z.object({ kind: z.literal('way'), via: z.enum(['direct', 'relay']) }),
  /** What becomes of a disk (`disks`); `share` with `unsafe`, as a person says that it is one file. */
  z.object({ kind: z.literal('disk'), target: z.string(), way: z.enum(['copy', 'share']) }),
  /** Of disks that both hosts see: a person says that it is one storage (`unsafe`), or lets them be copied (`disks`). */
  z.object({ kind: z.literal('shared'), targets: z.array(z.string()) }),
  /** Another CPU (`cpu`): `baseline`, of this model. Of a machine that runs, once it is shut down. */
  z.object({ kind: z.literal('cpu'), model: z.string(), shutDown: z.boolean() }),
]);
export type MigrateFix = z.infer<typeof migrateFix>;

/** One thing that was looked at: `stop` keeps the machine where it is, `warn` does not. */
export const migrateItem = z.object({
  id: z.enum([
    'host',
    'machine',
    'name',
    'state',
    'hypervisor',
    'machineType',
    'cpu',
    'version',
    'memory',
    'firmware',
    'tpm',
    'devices',
    'snapshots',
    'disks',
    'media',
    'space',
    'networks',
    'route',
    'manner',
    'clock',
  ]),
  level: z.enum(['ok', 'warn', 'stop']),
  /** One sentence. */
  message: z.string(),
  /** What to do about it; null: nothing needs to be done. */
  remedy: z.string().nullable(),
  /** The same for a button; left out: there is none. */
  fix: migrateFix.optional(),
  /** It is known when the move begins, and is no worse then than a copy. */
  later: z.literal(true).optional(),
});
export type MigrateItem = z.infer<typeof migrateItem>;

/** A volume that a machine leaves behind. */
export const migrateStays = z.object({
  /** `vda` */
  target: z.string(),
  /** Name of its pool; null: no pool that is started has it, and `name` is its path. */
  pool: z.string().nullable(),
  name: z.string(),
  path: z.string(),
  /** What it takes there; null: it is not known. */
  bytes: z.number().nullable(),
});
export type MigrateStays = z.infer<typeof migrateStays>;

/** What `run` would do. Nothing is changed before. */
export const migratePlan = z.object({
  /** How the machine goes: `live` also when it is paused. */
  kind: z.enum(['live', 'offline']),
  via: z.enum(['direct', 'relay', 'none']),
  /** Where the source's libvirtd logs in; null: Virtlane drives, or there is no such address. */
  peerUri: z.string().nullable(),
  items: z.array(migrateItem),
  disks: z.array(migrateDisk),
  /** CDs that were made for the machine, and go with it: their path here and there. */
  media: z.array(z.object({ target: z.string(), source: z.string(), path: z.string() })),
  /** Media that `run` has taken out of their drives (`eject`); left out: none. */
  ejected: z.array(z.object({ target: z.string(), path: z.string() })).optional(),
  /** What of the source's stays there when the machine is gone; empty where it is deleted. */
  stays: z.array(migrateStays),
  /** What the machine left on the target, and is deleted just before it goes. */
  replaces: z.array(migrateStays),
  /** The source's file of the firmware's variables; null: it has none. */
  nvram: z.string().nullable(),
  steps: z.array(z.string()),
  /** The machine's networks, bridges and devices, what each is called there, and what there is of its kind; `inactive`: of these, networks that are to be started first. */
  networks: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      choices: z.array(z.string()),
      inactive: z.array(z.string()),
    }),
  ),
  /**
   * Where its CPU does not fit, or another one is asked for: the model of what both hosts have (null: nothing, or they do not tell), and those
   * that both can give wholly. Else null.
   */
  cpu: z.object({ baseline: z.string().nullable(), models: z.array(z.string()) }).nullable(),
  /** Pools of the target that copied disks can be in. */
  pools: z.array(z.object({ uuid: z.string(), name: z.string() })),
  /** What goes over: the memory once (0 for a machine that is off), and copied disks with their holes. */
  bytes: z.object({ memory: z.number(), disks: z.number() }),
  /** What the target has of each, and what the machine takes of it, in bytes. */
  afterwards: z.object({
    memory: z.object({ totalBytes: z.number(), freeBytes: z.number(), takenBytes: z.number() }).nullable(),
    pools: z.array(
      z.object({
        pool: z.string(),
        name: z.string(),
        capacityBytes: z.number(),
        availableBytes: z.number(),
        takenBytes: z.number(),
      }),
    ),
  }),
});
export type MigratePlan = z.infer<typeof migratePlan>;

/** MiB/s, more than any link gives: libvirt has no word that takes a limit away again. */
export const NO_LIMIT_MIBS = 1_000_000;

export const migrateTuning = z.object({
  host: z.string().max(200),
  uuid: z.string().max(64),
  bandwidthMiBs: z.number().int().min(1).max(NO_LIMIT_MIBS).optional(),
  downtimeMs: z.number().int().min(1).max(2_000_000).optional(),
  /** Lets the guest go on on the target now; only where the move was begun with `postCopy`. */
  postCopy: z.literal(true).optional(),
});
export type MigrateTuning = z.infer<typeof migrateTuning>;
