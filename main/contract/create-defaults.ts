import * as z from './zod.ts';
import { createProblem, hostField, poolField, savedKeyFile, savedOn, savedPath } from './create.ts';
import { machineChoices } from './machine-choices.ts';
import { machineSpec } from './machine-spec.ts';
import { sourceAddress, sourceReport } from './p2v-source.ts';

/** Systems that an ISO may hold, the likeliest first; empty: not known. */
export const detected = z.object({
  systems: z.array(z.string()),
  /** The label of the ISO; null: it is none. */
  label: z.string().nullable(),
});

export const defaultsInput = z.object({
  host: hostField,
  os: z.string().max(64).nullable(),
  source: z.enum([
    'iso',
    'cloudImage',
    'disk',
    'network',
    'tree',
    'container',
    'clonezilla',
    'diskFile',
    'live',
  ]),
  /** Of the source `clonezilla`, which is not without it: the spec is that of the machine that was saved, as far as the image tells. */
  clonezilla: z
    .object({
      path: savedPath,
      on: savedOn,
      keyFile: savedKeyFile,
      /** Left out: all. */
      disks: z.array(z.string().min(1).max(128)).min(1).max(64).optional(),
      /** Left out: qcow2 where the pool has it. */
      format: z.enum(['raw', 'qcow2']).optional(),
    })
    .optional(),
  /** The same of the source `diskFile`, of which the file tells less. */
  diskFile: z
    .object({
      paths: z.array(savedPath).min(1).max(64),
      on: savedOn,
      keyFile: savedKeyFile,
      format: z.enum(['raw', 'qcow2']).optional(),
    })
    .optional(),
  /** The same of the source `live`: the machine that runs is looked at. */
  live: z
    .object({
      ...sourceAddress.shape,
      /** Left out: all that can be copied, but those that can be taken out. */
      disks: z.array(z.string().min(1).max(128)).min(1).max(64).optional(),
      format: z.enum(['raw', 'qcow2']).optional(),
    })
    .optional(),
  /** A cloud image of the catalogue: its size, and what boots it. */
  image: z.string().max(64).optional(),
  /** Left out: the host's own, and `kvm` where there is. */
  arch: z.string().max(32).optional(),
  virtType: z.enum(['kvm', 'qemu']).optional(),
  /** Where new disks go; left out: the pool `default`, or the one with most space. */
  pool: poolField.optional(),
  /** What the first card has by now, which stays as long as the host has it; left out: the network that suits best. */
  network: z.string().max(255).optional(),
});
export type DefaultsInput = z.infer<typeof defaultsInput>;
export const defaultsOutput = z.object({
  spec: machineSpec,
  /** What the system wants and the host does not have, by field. */
  unavailable: z.array(createProblem),
  /** What the fields may be. */
  choices: machineChoices,
  /** Of the source `clonezilla`: what fills the spec's new disks, and what of the machine is otherwise. */
  clonezilla: z.object({ disks: z.array(z.string()), warnings: z.array(z.string()) }).optional(),
  /** Of the source `diskFile`: what is not as the machine had it, or not known. */
  diskFile: z.object({ warnings: z.array(z.string()) }).optional(),
  /** Of the source `live`: what fills the spec's new disks, what of the machine is otherwise, and what it is. */
  live: z
    .object({ disks: z.array(z.string()), warnings: z.array(z.string()), report: sourceReport })
    .optional(),
});
export type DefaultsOutput = z.infer<typeof defaultsOutput>;
