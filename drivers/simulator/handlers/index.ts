import { connectHandlers } from './connect.ts';
import { domainBackupHandlers } from './domain-backup.ts';
import { domainGuestHandlers } from './domain-guest.ts';
import { domainLifecycleHandlers } from './domain-lifecycle.ts';
import { domainListHandlers } from './domain-list.ts';
import { domainSnapshotHandlers } from './domain-snapshot.ts';
import { domainMigrateHandlers } from './domain-migrate.ts';
import { domainMetadataHandlers } from './domain-metadata.ts';
import { domainReadHandlers } from './domain-read.ts';
import { domainStatsHandlers } from './domain-stats.ts';
import { emptyListHandlers } from './empty-lists.ts';
import { eventHandlers } from './events.ts';
import { interfaceHandlers } from './interfaces.ts';
import { networkHandlers } from './network.ts';
import { domainDeviceHandlers } from './domain-devices.ts';
import { nodeDeviceHandlers } from './node-devices.ts';
import { filterHandlers } from './nwfilters.ts';
import { storagePoolHandlers } from './storage-pools.ts';
import { storageVolHandlers } from './storage-vols.ts';
import { streamHandlers } from './streams.ts';
import { unsupported } from '../failures.ts';
import { checkFlags } from './flags.ts';
import type { Call, Handlers } from './table.ts';

const handlers: Handlers = {
  ...connectHandlers,
  ...eventHandlers,
  ...domainListHandlers,
  ...domainReadHandlers,
  ...domainMetadataHandlers,
  ...domainGuestHandlers,
  ...domainLifecycleHandlers,
  ...domainBackupHandlers,
  ...domainSnapshotHandlers,
  ...domainMigrateHandlers,
  ...domainStatsHandlers,
  ...streamHandlers,
  ...storagePoolHandlers,
  ...storageVolHandlers,
  ...networkHandlers,
  ...domainDeviceHandlers,
  ...nodeDeviceHandlers,
  ...interfaceHandlers,
  ...filterHandlers,
  ...emptyListHandlers,
};

type AnyHandler = (args: unknown, call: Call) => unknown;
// The arguments come out of the codec of the same row that types the handler: the name ties the two together.
const byName = new Map(Object.entries(handlers) as [string, AnyHandler][]);

/** The names of all calls that the simulation answers. */
export const supportedCalls: readonly string[] = [...byName.keys()];

/**
 * Answers one call.
 * @throws {LibvirtError} VIR_ERR_NO_SUPPORT for a call that is not simulated, VIR_ERR_INVALID_ARG for flags that it does not have
 */
export async function handleCall(name: string, args: unknown, call: Call): Promise<unknown> {
  const handler = byName.get(name);
  if (handler === undefined) throw unsupported(name);
  checkFlags(name, args);
  return handler(args, call);
}
