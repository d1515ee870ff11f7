import { virDomainMigrateFlags as FLAGS } from '../../../drivers/libvirt/constants/domain-migrate.ts';
import type { MigrateManner } from '../../contract/migrate.ts';

/** How a machine goes, as far as libvirt's flags tell. */
export interface Manner extends Pick<
  MigrateManner,
  'drive' | 'tls' | 'postCopy' | 'compression' | 'parallel' | 'keepDefinition'
> {
  /** It has a definition, which is taken away at the source. */
  readonly persistent: boolean;
  /** Disks are copied: wholly, or what lies on a base that the target has. */
  readonly copies: 'none' | 'whole' | 'top';
  /** A person had paused it: it is not started on the target. */
  readonly wasPaused: boolean;
  /** The guest is slowed down while its memory changes faster than it is sent. */
  readonly autoConverge: boolean;
  /** Also where libvirt cannot tell that storage is shared, or that caches do no harm. */
  readonly unsafe: boolean;
  /** It goes on by post-copy where the hosts lost each other. */
  readonly resumes?: boolean;
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
  let flags = FLAGS.VIR_MIGRATE_LIVE | FLAGS.VIR_MIGRATE_PERSIST_DEST | FLAGS.VIR_MIGRATE_ABORT_ON_ERROR;
  const add = (wanted: boolean, ...more: number[]): void => {
    if (wanted) for (const flag of more) flags |= flag;
  };
  // Its libvirtd holds the job all the time where that drives.
  add(manner.drive === 'app', FLAGS.VIR_MIGRATE_CHANGE_PROTECTION);
  add(manner.drive !== 'app', FLAGS.VIR_MIGRATE_PEER2PEER);
  add(manner.drive === 'tunnel', FLAGS.VIR_MIGRATE_TUNNELLED);
  add(manner.persistent && !manner.keepDefinition, FLAGS.VIR_MIGRATE_UNDEFINE_SOURCE);
  add(manner.copies === 'whole', FLAGS.VIR_MIGRATE_NON_SHARED_DISK);
  add(manner.copies === 'top', FLAGS.VIR_MIGRATE_NON_SHARED_INC);
  add(manner.wasPaused, FLAGS.VIR_MIGRATE_PAUSED);
  add(manner.autoConverge, FLAGS.VIR_MIGRATE_AUTO_CONVERGE);
  add(manner.unsafe, FLAGS.VIR_MIGRATE_UNSAFE);
  add(manner.tls, FLAGS.VIR_MIGRATE_TLS);
  add(manner.postCopy, FLAGS.VIR_MIGRATE_POSTCOPY);
  add(manner.resumes === true, FLAGS.VIR_MIGRATE_POSTCOPY_RESUME);
  add(manner.compression !== 'none', FLAGS.VIR_MIGRATE_COMPRESSED);
  add(manner.parallel !== null, FLAGS.VIR_MIGRATE_PARALLEL);
  return { source: flags, target: flags & ~SOURCE_ONLY };
}
