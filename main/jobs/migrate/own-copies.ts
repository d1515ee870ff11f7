import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readVolume } from '../../../drivers/libvirt/model/index.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { MigratePlan } from '../../contract/migrate.ts';
import type { Pool } from '../../contract/storage.ts';
import { isWithin } from '../../storage/machine-files.ts';
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
  /** The path that the disk got where it went: only what lies there is it when it comes back. */
  readonly went: string;
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

/** Types of pools that are of a network: other hosts may have the same files. */
const OF_NETWORK: ReadonlySet<string> = new Set(['netfs', 'vstorage', 'gluster', 'rbd']);

/**
 * What a disk that lies at `path` now, or a CD, left in a pool of the target when it went from there; null: nothing, or it is not known that nothing
 * is lost with it. Pure.
 */
export function ownCopyOf(
  disk: { readonly target: string; readonly path: string },
  pool: Pool,
  facts: Pick<MigrateFacts, 'source' | 'target' | 'volumes' | 'ownCopies'>,
): ProvenCopy | null {
  const { source, volumes, ownCopies } = facts;
  const copy = [...ownCopies.values()].find(({ went, pool: at }) => went === disk.path && at === pool.uuid);
  if (copy === undefined || mayBeShared(pool, facts)) return null;
  for (const { model, path } of source.disks) {
    const isOther = model.target !== disk.target;
    if (isOther && path === copy.path) return null;
    if (model.backing.some(({ source: under }) => under.path === copy.path)) return null;
    // Of a machine that is off its definition need not tell what its disks lie on.
    if (model.backing.length === 0 && volumes.get(model.target)?.backed === true) return null;
  }
  return { ...copy, disk: disk.target };
}

/** Its type says so, or what else is known of its folder: a pool of a network is mounted there, or both hosts see one file in it. */
function mayBeShared(pool: Pool, { source, target }: Pick<MigrateFacts, 'source' | 'target'>): boolean {
  const { type, path: folder } = pool;
  if (OF_NETWORK.has(type)) return true;
  if (folder === null) return false;
  return (
    target.pools.some(
      (other) => OF_NETWORK.has(other.type) && other.path !== null && isWithin(folder, other.path),
    ) ||
    source.disks.some(
      ({ model, path }) =>
        path !== null && isWithin(path, folder) && target.files.get(model.target) === 'same',
    )
  );
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
