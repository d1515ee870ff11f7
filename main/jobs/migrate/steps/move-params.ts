import { z } from 'zod';
import { migrateManner, usualMigration } from '../../../contract/migrate.ts';

export const moveParams = z.object({
  /** The source. */
  host: z.string(),
  hostName: z.string(),
  to: z.string(),
  toName: z.string(),
  uuid: z.string(),
  name: z.string(),
  persistent: z.boolean(),
  /** Disks that are copied, as the target has them. */
  disks: z.array(z.object({ target: z.string(), path: z.string(), format: z.string() })),
  /** CDs that are sent before: their path on the source, and on the target. */
  media: z
    .array(
      z.object({
        target: z.string(),
        from: z.string(),
        volume: z.object({ pool: z.string(), name: z.string() }).nullable().default(null),
        path: z.string(),
      }),
    )
    .default([]),
  /** Null, in a journal of an older build: whole. */
  copies: z.enum(['none', 'whole', 'top']).nullable().default(null),
  networks: z.record(z.string(), z.string()),
  relayed: z.boolean(),
  /** Where the source does not reach the target, the data goes through this program after all. */
  fallsBack: z.boolean().default(false),
  address: z.string().nullable(),
  bandwidthMiBs: z.number().nullable(),
  downtimeMs: z.number().nullable(),
  autoConverge: z.boolean(),
  unsafe: z.boolean(),
  manner: migrateManner.default(() => migrateManner.parse(usualMigration({ host: '', uuid: '', to: '' }))),
  diskBytes: z.number(),
  memoryBytes: z.number(),
});
export type MoveParams = z.infer<typeof moveParams>;
