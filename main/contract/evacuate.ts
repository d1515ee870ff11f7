import * as z from './zod.ts';
import { migrateInput, migrateStays, shownDisk } from './migrate.ts';

/** A machine of a host that is to be emptied. */
export const evacuationMachine = z.object({
  uuid: z.string(),
  name: z.string(),
  /** It runs, or is paused: it goes with its memory. */
  running: z.boolean(),
  /** What it needs there; 0 for one that is off. */
  memoryBytes: z.number(),
  /** The host that suits it best, by free memory and CPUs; null: none takes it. */
  to: z.string().nullable(),
  /** What was found of each host. */
  targets: z.array(
    z.object({
      host: z.string(),
      level: z.enum(['ok', 'warn', 'stop']),
      /** What is not fine, worst first. */
      reasons: z.array(z.string()),
      /** Media in its drives that this host has not, and without which nothing stops it (`domain.eject`); empty where something else does, too. */
      ejects: z.array(z.object({ target: z.string(), path: z.string() })),
      /** What becomes of its disks; empty where it cannot be looked at. */
      disks: z.array(shownDisk),
      /** What stays of it on its host, were it not deleted. */
      stays: z.array(migrateStays),
      /** What it left there, and is deleted just before it goes there. */
      replaces: z.array(migrateStays),
    }),
  ),
});
export type EvacuationMachine = z.infer<typeof evacuationMachine>;

export const evacuation = z.object({
  machines: z.array(evacuationMachine),
  /** What each target has, in bytes; null: it is not known. */
  hosts: z.array(
    z.object({
      host: z.string(),
      memoryTotalBytes: z.number().nullable(),
      memoryFreeBytes: z.number().nullable(),
    }),
  ),
});
export type Evacuation = z.infer<typeof evacuation>;

export const evacuationInput = z.object({
  host: z.string().max(200),
  /** Hosts that may take them; empty: all that are connected. */
  to: z.array(z.string().max(200)).max(1000),
});

export const evacuateInput = z.object({
  host: z.string().max(200),
  moves: z.array(migrateInput).min(1).max(1000),
  /** So many at a time between the same two hosts. */
  atOnce: z.number().int().min(1).max(20),
});
export type EvacuateInput = z.infer<typeof evacuateInput>;

/** A machine that an evacuation took away from its host, and where it is now. */
export const guestAway = z.object({ uuid: z.string(), name: z.string(), host: z.string() });
export type GuestAway = z.infer<typeof guestAway>;
