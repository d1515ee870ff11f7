import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { Pool } from '../../contract/storage.ts';
import { poolByUuid } from '../../storage/read.ts';
import { orElse } from '../delete/volumes.ts';
import type { HostFiles, Stamp } from './host-files.ts';

/**
 * A path of the source, as the target sees it. `same`: both hosts see one file; `other`: it has one of its own there, or nothing proves the same; `unlooked`: its
 * pool there, of a network, does not know it, and has not looked through its folder again.
 */
export type SeenFile = 'same' | 'other' | 'none' | 'unlooked';

interface Hosts<T> {
  readonly source: T;
  readonly target: T;
}

interface At {
  readonly pools: Hosts<readonly Pool[]>;
  /**
   * Lets a pool of the target look through its folder again, and tells whether it has; null: nothing there is changed, as a pool whose folder cannot be reached is stopped by that
   * (storagePoolRefresh).
   */
  readonly refresh: ((pool: Pool) => Promise<boolean>) | null;
}

/** A file that is written to changes between two looks: it is looked at so often. */
const LOOKS = 6;
/** So many others of its folder are looked at. */
const SIBLINGS = 256;

/**
 * One file is changed at the same nanosecond wherever it is looked at, and nobody can set the time at which its inode was changed; two of one name are
 * not. Whole seconds, which some file systems tell, prove nothing. What is written to all the time shows a time between two looks of the source, which another
 * one that is written to could do as well. Where the file itself does not prove it, another file of its folder must be the same on both. What a pool calls its server
 * proves nothing, as `localhost` is each host's own.
 */
export async function seeFile(files: Hosts<HostFiles>, path: string, at: At): Promise<SeenFile> {
  const { source, target } = files;
  let before = await source.known(path);
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const seen = looks === 0 ? await firstLook(target, path, at) : await target.later(path);
    if (seen === 'unlooked') return (await hasSameSibling(files, path, at)) ? 'same' : 'unlooked';
    if (seen === null) return 'none';
    if (!isTimed(before) || !isTimed(seen)) return 'other';
    if (isProven(before, seen)) return 'same';
    const after = await source.later(path);
    if (!isTimed(after)) return 'other';
    if (isProven(after, seen)) return 'same';
    if (isEqual(before, after)) {
      if (!isEqual(after, seen)) return 'other';
      break;
    }
    if (!isBetween(before, seen, after)) return 'other';
    before = after;
  }
  return (await hasSameSibling(files, path, at)) ? 'same' : 'other';
}

type Timed = Stamp & { readonly modified: bigint; readonly changed: bigint };

function isTimed(stamp: Stamp | null): stamp is Timed {
  return stamp !== null && stamp.modified !== null && stamp.changed !== null;
}

function isEqual(one: Timed, other: Timed): boolean {
  return (
    one.modified === other.modified &&
    one.changed === other.changed &&
    one.capacityBytes === other.capacityBytes
  );
}

/** Two that were made in one second have the same one, without a fraction. */
function isProven(one: Timed, other: Timed): boolean {
  return isEqual(one, other) && one.changed % 1_000_000_000n !== 0n;
}

function isBetween(before: Timed, seen: Timed, after: Timed): boolean {
  const lies = (time: 'modified' | 'changed'): boolean =>
    before[time] <= seen[time] && seen[time] <= after[time];
  return lies('modified') && lies('changed') && before.capacityBytes === seen.capacityBytes;
}

/**
 * What is new in a folder of a network its pool on another host does not know before that has looked through it again. `unlooked`: it has not; what it does not know is
 * there all the same where it is in a folder that both hosts see.
 */
async function firstLook(
  target: HostFiles,
  path: string,
  { pools, refresh }: At,
): Promise<Stamp | null | 'unlooked'> {
  const seen = await target.later(path);
  const pool = seen === null ? networkPool(path, pools) : null;
  if (pool === null) return seen;
  return refresh !== null && (await refresh(pool)) ? target.later(path) : 'unlooked';
}

/** The target's pool of the folder, where that may be of a network. */
function networkPool(path: string, pools: Hosts<readonly Pool[]>): Pool | null {
  const here = poolOf(path, pools.source);
  const there = poolOf(path, pools.target);
  return there !== undefined && (here?.type === 'netfs' || there.type === 'netfs') ? there : null;
}

async function hasSameSibling(
  { source, target }: Hosts<HostFiles>,
  path: string,
  { pools }: At,
): Promise<boolean> {
  const [here, there] = [poolOf(path, pools.source), poolOf(path, pools.target)];
  if (here === undefined || there === undefined) return false;
  const [ours, theirs] = await Promise.all([source.names(here.uuid), target.names(there.uuid)]);
  const own = path.slice(path.lastIndexOf('/') + 1);
  const names = [...ours].filter((name) => name !== own && theirs.has(name)).slice(0, SIBLINGS);
  // One after the other: other disks are looked at meanwhile, and a connection is served few calls at one time.
  for (const name of names) {
    const file = `${folderOf(path)}/${name}`;
    const [one, other] = await Promise.all([source.known(file), target.known(file)]);
    if (isTimed(one) && isTimed(other) && isProven(one, other)) return true;
  }
  return false;
}

/** For `At.refresh`. A pool in which a volume is being made, or whose folder cannot be reached, does not look through it. */
export function refresher(target: LibvirtClient, options: CallOptions): (pool: Pool) => Promise<boolean> {
  return async ({ uuid }) => {
    const pool = await orElse(poolByUuid(target, uuid, options), null);
    if (pool === null) return false;
    const looked = target.remote.storagePoolRefresh({ pool, flags: 0 }, options).then(() => true);
    return orElse(looked, false);
  };
}

/** The pool that runs and has the folder of a path. */
export function poolOf(path: string, pools: readonly Pool[]): Pool | undefined {
  return pools.find((pool) => pool.path === folderOf(path) && pool.state === 'running');
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
