import { virDomainMigrateFlags as FLAGS } from '../../../drivers/libvirt/constants/domain-migrate.ts';

/** How a machine goes, as far as libvirt's flags tell. */
export interface Manner {
  /** It has a definition, which is taken away at the source. */
  readonly persistent: boolean;
  /** Disks are copied. */
  readonly copies: boolean;
  /** A person had paused it: it is not started on the target. */
  readonly wasPaused: boolean;
  /** The guest is slowed down while its memory changes faster than it is sent. */
  readonly autoConverge: boolean;
  /** Also where libvirt cannot tell that storage is shared, or that caches do no harm. */
  readonly unsafe: boolean;
}

/** What only the source is told (virDomainMigrateVersion3Full). */
const SOURCE_ONLY =
  FLAGS.VIR_MIGRATE_ABORT_ON_ERROR |
  FLAGS.VIR_MIGRATE_AUTO_CONVERGE |
  // Nobody changes the machine between the calls.
  FLAGS.VIR_MIGRATE_CHANGE_PROTECTION;

/** The flags of Begin, Perform and Confirm on the one side, of Prepare and Finish on the other. */
export function migrationFlags(manner: Manner): { readonly source: number; readonly target: number } {
  // Without a definition a machine that arrives and goes off at once is as if it had never arrived, and the source would be started again.
  let flags =
    FLAGS.VIR_MIGRATE_LIVE |
    FLAGS.VIR_MIGRATE_PERSIST_DEST |
    FLAGS.VIR_MIGRATE_ABORT_ON_ERROR |
    FLAGS.VIR_MIGRATE_CHANGE_PROTECTION;
  if (manner.persistent) flags |= FLAGS.VIR_MIGRATE_UNDEFINE_SOURCE;
  if (manner.copies) flags |= FLAGS.VIR_MIGRATE_NON_SHARED_DISK;
  if (manner.wasPaused) flags |= FLAGS.VIR_MIGRATE_PAUSED;
  if (manner.autoConverge) flags |= FLAGS.VIR_MIGRATE_AUTO_CONVERGE;
  if (manner.unsafe) flags |= FLAGS.VIR_MIGRATE_UNSAFE;
  return { source: flags, target: flags & ~SOURCE_ONLY };
}
