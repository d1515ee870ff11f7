import * as z from './zod.ts';
import { cloudInit } from './cloud-init.ts';
import { createPlan } from './create.ts';
import { domainRef } from './domain.ts';

/**
 * What a new machine has in place of a disk of the machine that is cloned. `copy`: one of its own with the same bytes; `link`: one that lies
 * on the other's and takes only what differs; `share`: the same one; `empty`: an empty disk of the same size, or a drive with nothing in it;
 * `omit`: nothing.
 */
export const CLONE_WAYS = ['copy', 'link', 'share', 'empty', 'omit'] as const;
export type CloneWay = (typeof CLONE_WAYS)[number];

/**
 * How disks of a machine that runs are copied as they are in one instant. `backup`: libvirt copies them, and the machine is left alone;
 * `snapshot`: it writes into files over its disks meanwhile, which are merged into these afterwards.
 */
export const CLONE_COPIES = ['backup', 'snapshot'] as const;
export type CloneCopy = (typeof CLONE_COPIES)[number];

/** What becomes of the state of an emulated TPM. */
export const CLONE_TPMS = ['keep', 'new'] as const;

export const DISK_FORMATS = ['raw', 'qcow2'] as const;

export const cloneDisk = z.object({
  /** `vda` */
  target: z.string().min(1).max(64),
  way: z.enum(CLONE_WAYS),
  /** UUID of the pool for the new disk; null: beside the one that it is made from, on another host in the pool of that name, else in any. */
  pool: z.string().max(64).nullable(),
  /** Null: as what it is made from; of a machine that runs qcow2, since raw files take all of their room at once. What lies on another disk is qcow2. */
  format: z.enum(DISK_FORMATS).nullable(),
});
export type CloneDisk = z.infer<typeof cloneDisk>;

export const cloneInput = z.object({
  host: z.string().max(200),
  /** UUID of the machine that is cloned. */
  machine: z.string().max(64),
  /** The host that the new machines are made on. */
  to: z.string().max(200),
  /** A run of `#` stands for a number, as in `create`. */
  name: z.string().max(1024),
  count: z.number().int().min(1).max(64),
  title: z.string().max(250).nullable(),
  description: z.string().max(4096).nullable(),
  /** What is not named is as `clone.options` says. */
  disks: z.array(cloneDisk).max(256),
  /** The first new disk is made larger; null: as what it is made from. */
  sizeBytes: z.number().int().positive().nullable(),
  memoryMiB: z.number().int().min(1).nullable(),
  vcpus: z.number().int().min(1).max(4096).nullable(),
  /** The settings of UEFI (order of booting, keys): a copy of the machine's, or as at a first start. */
  firmware: z.enum(['copy', 'new']),
  /** What an emulated TPM holds: a copy, which makes two machines with the same keys, or nothing. */
  tpm: z.enum(CLONE_TPMS),
  /** Devices of the host that the machine has: one machine can have each at a time. */
  hostDevices: z.enum(['keep', 'omit']),
  /** Networks that cards are in, in place of those of the machine. */
  networks: z.array(z.object({ from: z.string().max(200), to: z.string().max(200) })).max(64),
  /** Of a machine that runs: its agent, where it answers, holds the file systems still for the moment, so that files are whole. */
  freeze: z.boolean(),
  /** Of a machine that runs; null: by backup where its host can. */
  copyBy: z.enum(CLONE_COPIES).nullable(),
  /**
   * To another host: its disks go from host to host by themselves, by a key that is made for the job alone, put on the machine's own host and let in on the other; else, and where that
   * cannot be, through this program.
   */
  direct: z.boolean(),
  /** Where a disk is to lie on the machine's: the machine is kept as a template from then on, and not started any more. */
  keepAsTemplate: z.boolean(),
  /** What the guest reads at its first boot, in place of what the machine read; null: it reads nothing. */
  cloudInit: cloudInit.nullable(),
  start: z.boolean(),
  /** Starts with its host. */
  autostart: z.boolean(),
});
export type CloneInput = z.infer<typeof cloneInput>;

/** What a machine has, and what can become of it in a clone. */
export const cloneOptions = z.object({
  running: z.boolean(),
  template: z.boolean(),
  agent: z.enum(['none', 'disconnected', 'connected']),
  /** How its disks can be copied while it runs, the usual way first. */
  copies: z.array(z.enum(CLONE_COPIES)),
  memoryMiB: z.number(),
  vcpus: z.number(),
  /** It was told by a CD of cloud-init, which a clone can be told by, too. */
  cloudInit: z.boolean(),
  /** The drive that it was told by, and that a clone which is told has a CD of its own in; null: it was not. */
  seedDrive: z.string().nullable(),
  /** It has settings of its firmware. */
  firmware: z.boolean(),
  /** It has an emulated TPM. */
  tpm: z.boolean(),
  /** In words. */
  hostDevices: z.array(z.string()),
  disks: z.array(
    z.object({
      target: z.string(),
      device: z.enum(['disk', 'cdrom', 'floppy', 'lun']),
      /** A path, a URL or `pool/volume`; null: an empty drive. */
      source: z.string().nullable(),
      capacityBytes: z.number().nullable(),
      /** Null where no pool of the host has it. */
      pool: z.string().nullable(),
      format: z.string().nullable(),
      /** What can become of it. */
      ways: z.array(z.enum(CLONE_WAYS)),
      /** What becomes of it where nothing is said. */
      way: z.enum(CLONE_WAYS),
    }),
  ),
  /** Names of the networks that the cards are in. */
  cards: z.array(z.string()),
  /** Names of the networks of the host that the new machines are made on; null: it has none. */
  networks: z.array(z.string()).nullable(),
  /** Where new disks can be. */
  pools: z.array(z.object({ uuid: z.string(), name: z.string(), formats: z.boolean() })),
});
export type CloneOptions = z.infer<typeof cloneOptions>;

/** What a plan would do. Nothing is changed before `clone.run`. */
export const clonePlan = createPlan.omit({ virtInstall: true, boot: true }).extend({
  /** What is copied is of one instant. `off`: nobody writes; `frozen`: files are whole; `powerCut`: as disks are after one. */
  consistency: z.enum(['off', 'frozen', 'powerCut']),
  /** How disks are copied; null: the machine is off. */
  copyBy: z.enum(CLONE_COPIES).nullable(),
  /** What becomes of each disk. */
  disks: z.array(
    z.object({
      target: z.string(),
      way: z.enum(CLONE_WAYS),
      /** Of the new disk of the first machine: name of its pool, and what it is; null: there is none. */
      made: z.object({ pool: z.string(), name: z.string(), format: z.string() }).nullable(),
    }),
  ),
});
export type ClonePlan = z.infer<typeof clonePlan>;

/** `to`: as in `cloneInput`; left out: the machine's own host. */
export const cloneOptionsInput = domainRef.extend({ to: z.string().max(200).optional() });
