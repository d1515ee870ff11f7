import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readVolume } from '../../../drivers/libvirt/model/index.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { MigratePlan } from '../../contract/migrate.ts';
import { readNeeded } from '../../storage/needed.ts';
import { volumeByName } from '../../storage/read.ts';
import { orElse } from '../delete/volumes.ts';
import type { SourceVolume } from '../clone/facts.ts';
import type { PlannedStep } from '../engine/step.ts';
import type { MigrateFacts } from './live.ts';

/** A volume that a machine left on a host when it went elsewhere. */
export interface OwnCopy {
  /** Whose disk it was: `vda`. */
  readonly disk: string;
  /** UUID of its pool. */
  readonly pool: string;
  readonly name: string;
  /** When it was changed last, as it was left (VolumeModel.changed). */
  readonly changed: string;
}

/** One that is proven to be what was left. */
export interface ProvenCopy extends OwnCopy {
  readonly path: string;
  /** What it takes; null: its pool does not tell. */
  readonly bytes: number | null;
}

/**
 * Those of them that are proven to be what was left: nobody has written to them since, and nobody needs them. By disk.
 * @param now the machine's disks: one that was changed at just that time may be the same file, seen by another way
 */
export async function readOwnCopies(
  client: LibvirtClient,
  { left, now }: { readonly left: readonly OwnCopy[]; readonly now: Iterable<SourceVolume | null> },
  options: CallOptions,
): Promise<Map<string, ProvenCopy>> {
  const unchanged = new Map<string, ProvenCopy>();
  const times = new Set([...now].map((volume) => volume?.changed));
  for (const copy of left.filter(({ changed }) => !times.has(changed))) {
    const seen = await lookAt(client, copy, options);
    const { path = null, changed = null, allocationBytes: bytes = null } = seen ?? {};
    if (path !== null && changed === copy.changed) unchanged.set(path, { ...copy, path, bytes });
  }
  if (unchanged.size === 0) return new Map();
  const { users, breaks, unseen } = await readNeeded(client, new Set(unchanged.keys()), options);
  // Of which of them it is told is not looked at: with another name nothing is lost.
  if (users.length + breaks.length + unseen.length > 0) return new Map();
  return new Map([...unchanged.values()].map((copy) => [copy.disk, copy]));
}

/** A volume as it is now; null: it is not there. */
export async function lookAt(
  client: LibvirtClient,
  { pool, name }: Pick<OwnCopy, 'pool' | 'name'>,
  options: CallOptions,
): Promise<ReturnType<typeof readVolume> | null> {
  const vol = await orElse(volumeByName(client, { pool, name }, options), null);
  const reply =
    vol === null ? null : await orElse(client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, options), null);
  return reply === null ? null : readVolume(reply.xml);
}

/** What was left goes just before what takes its name comes. */
export function replaceSteps(
  copies: readonly { readonly replaces: ProvenCopy | null }[],
  { source, target }: MigrateFacts,
): PlannedStep[] {
  const host = target.host.id;
  return copies.flatMap(({ replaces }) => {
    if (replaces === null) return [];
    const { disk, pool, name, changed } = replaces;
    const poolName = target.pools.find(({ uuid }) => uuid === pool)?.name ?? pool;
    return [
      {
        id: `replace-${disk}`,
        kind: 'volume.delete',
        host,
        title: `Delete ${name} in ${poolName} of ${target.host.name}, which ${source.model.name} left there`,
        params: { host, pool, poolName, name, accepted: [], changed },
      },
    ];
  });
}

/** The same for a person. */
export function shownReplaced(
  copies: readonly { readonly replaces: ProvenCopy | null }[],
  { target }: Pick<MigrateFacts, 'target'>,
): MigratePlan['replaces'] {
  return copies.flatMap(({ replaces }) => {
    if (replaces === null) return [];
    const { disk, pool, name, path, bytes } = replaces;
    const poolName = target.pools.find(({ uuid }) => uuid === pool)?.name ?? null;
    return [{ target: disk, pool: poolName, name, path, bytes }];
  });
}
