import * as z from './zod.ts';
import { cloudInit } from './cloud-init.ts';
import { createPlan } from './create.ts';

/** How the disks of a new machine come from those of its template. */
export const DISK_WAYS = ['link', 'copy'] as const;

export const templateInput = z.object({
  host: z.string().max(200),
  /** The template's UUID. */
  template: z.string().max(64),
  /** A run of `#` stands for a number, as in `create`. */
  name: z.string().max(1024),
  count: z.number().int().min(1).max(64),
  title: z.string().max(250).nullable(),
  description: z.string().max(4096).nullable(),
  /**
   * `link`: each disk lies on the template's and takes only what differs; the template must stay as it is. `copy`: the machine does not need
   * the template. A disk whose pool cannot do the first is copied.
   */
  disks: z.enum(DISK_WAYS),
  /** UUID of the pool for the new disks; null: each beside the template's own. */
  pool: z.string().max(64).nullable(),
  /** The first disk is made larger; null: as the template's. */
  sizeBytes: z.number().int().positive().nullable(),
  memoryMiB: z.number().int().min(1).nullable(),
  vcpus: z.number().int().min(1).max(4096).nullable(),
  /** What the guest reads at its first boot, in place of what the template read; null: it reads nothing, and the template's CD is left out. */
  cloudInit: cloudInit.nullable(),
  start: z.boolean(),
  /** Starts with its host. */
  autostart: z.boolean(),
});
export type TemplateInput = z.infer<typeof templateInput>;

/** What a plan would do. Nothing is changed before `template.run`. */
export const templatePlan = createPlan.omit({ virtInstall: true, boot: true }).extend({
  /** What the template has: what stays where nothing is said. */
  template: z.object({
    memoryMiB: z.number(),
    vcpus: z.number(),
    disks: z.array(
      z.object({
        target: z.string(),
        capacityBytes: z.number(),
        /** What becomes of it: `keep` for an installer or a disk that several machines share. */
        way: z.enum([...DISK_WAYS, 'keep']),
      }),
    ),
    /** It was made with cloud-init, which a machine made from it can be told with, too. */
    cloudInit: z.boolean(),
  }),
});
export type TemplatePlan = z.infer<typeof templatePlan>;
