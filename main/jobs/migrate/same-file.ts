import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readVolume } from '../../../drivers/libvirt/model/index.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { Pool } from '../../contract/storage.ts';
import { poolByUuid } from '../../storage/read.ts';
import { readNames } from '../create/facts.ts';
import { orElse, volumeByPath } from '../delete/volumes.ts';

/** A path of the source, as the target sees it. `same`: both hosts see one file; `other`: it has one of its own there, or nothing proves the same. */
export type SeenFile = 'same' | 'other' | 'none';

interface Hosts<T> {
  readonly source: T;
  readonly target: T;
}

interface At {
  readonly pools: Hosts<readonly Pool[]>;
  readonly options: CallOptions;
}

/** A file that is written to changes between two looks: it is looked at so often. */
const LOOKS = 6;
/** So many others of its folder are looked at. */
const SIBLINGS = 16;

/**
 * One file is changed at the same nanosecond wherever it is looked at, and nobody can set the time at which its inode was changed; two of one name are
 * not. What is written to all the time shows a time between two looks of the source, which another one that is written to could do as well: then
 * another file of its folder must be the same on both. What a pool calls its server proves nothing, as `localhost` is each host's own.
 */
export async function seeFile(clients: Hosts<LibvirtClient>, path: string, at: At): Promise<SeenFile> {
  const { source, target } = clients;
  const look = (client: LibvirtClient) => stampOf(client, path, at.options);
  if ((await look(target)) === null && !(await isFoundAnew(target, path, at))) return 'none';
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const before = await look(source);
    const seen = await look(target);
    const after = await look(source);
    if (!isTimed(before) || !isTimed(seen) || !isTimed(after)) return 'other';
    if (isSame(before, after)) return isSame(before, seen) ? 'same' : 'other';
    if (!isBetween(before, seen, after)) return 'other';
  }
  return (await hasSameSibling(clients, path, at)) ? 'same' : 'other';
}

/** When a file and its inode were changed last, in ns since 1970, and its size; null: its pool does not tell. */
interface Stamp {
  readonly modified: bigint | null;
  readonly changed: bigint | null;
  readonly capacityBytes: number | null;
}
type Timed = Stamp & { readonly modified: bigint; readonly changed: bigint };

/** Null: no pool of the host has it. */
async function stampOf(client: LibvirtClient, path: string, options: CallOptions): Promise<Stamp | null> {
  const vol = await volumeByPath(client, path, options);
  const reply =
    vol === null ? null : await orElse(client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, options), null);
  if (reply === null) return null;
  const { changed: times, capacityBytes } = readVolume(reply.xml);
  const [modified, changed] = times?.split(' ') ?? [];
  return { modified: nanoseconds(modified), changed: nanoseconds(changed), capacityBytes };
}

/** Of seconds with what follows the point. */
function nanoseconds(text: string | undefined): bigint | null {
  const [, seconds, rest = ''] = /^(\d{1,19})(?:\.(\d{1,9}))?$/.exec(text ?? '') ?? [];
  return seconds === undefined ? null : BigInt(seconds + rest.padEnd(9, '0'));
}

function isTimed(stamp: Stamp | null): stamp is Timed {
  return stamp !== null && stamp.modified !== null && stamp.changed !== null;
}

function isSame(one: Timed, other: Timed): boolean {
  return (
    one.modified === other.modified &&
    one.changed === other.changed &&
    one.capacityBytes === other.capacityBytes
  );
}

function isBetween(before: Timed, seen: Timed, after: Timed): boolean {
  const lies = (time: 'modified' | 'changed'): boolean =>
    before[time] <= seen[time] && seen[time] <= after[time];
  return lies('modified') && lies('changed') && before.capacityBytes === seen.capacityBytes;
}

/** What is new in a folder of a network its pool on another host does not know before it is looked through again. */
async function isFoundAnew(target: LibvirtClient, path: string, { pools, options }: At): Promise<boolean> {
  const here = poolOf(path, pools.source);
  const there = poolOf(path, pools.target);
  if (there === undefined || (here?.type !== 'netfs' && there.type !== 'netfs')) return false;
  const pool = await orElse(poolByUuid(target, there.uuid, options), null);
  if (pool === null) return false;
  await orElse(target.remote.storagePoolRefresh({ pool, flags: 0 }, options), null);
  return (await stampOf(target, path, options)) !== null;
}

async function hasSameSibling(
  { source, target }: Hosts<LibvirtClient>,
  path: string,
  { pools, options }: At,
): Promise<boolean> {
  const [here, there] = [poolOf(path, pools.source), poolOf(path, pools.target)];
  if (here === undefined || there === undefined) return false;
  const namesOf = async (client: LibvirtClient, { uuid }: Pool): Promise<ReadonlySet<string>> =>
    (await readNames(client, [uuid], options)).get(uuid) ?? new Set();
  const [ours, theirs] = [await namesOf(source, here), await namesOf(target, there)];
  const own = path.slice(path.lastIndexOf('/') + 1);
  const names = [...ours].filter((name) => name !== own && theirs.has(name));
  for (const name of names.slice(0, SIBLINGS)) {
    const file = `${folderOf(path)}/${name}`;
    const [one, other] = [await stampOf(source, file, options), await stampOf(target, file, options)];
    if (isTimed(one) && isTimed(other) && isSame(one, other)) return true;
  }
  return false;
}

/** The pool that runs and has the folder of a path. */
export function poolOf(path: string, pools: readonly Pool[]): Pool | undefined {
  return pools.find((pool) => pool.path === folderOf(path) && pool.state === 'running');
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
