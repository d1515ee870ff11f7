import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import type { ExecResult } from '../../../../drivers/transport/exec.ts';
import { readNeeded } from '../../../storage/needed.ts';
import { poolByUuid } from '../../../storage/read.ts';
import { readVolume } from '../../../../drivers/libvirt/model/index.ts';
import type { StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { removeFolder, runProgram } from '../../host-commands.ts';
import { InUse, volumeAt } from '../../../storage/steps/volume-calls.ts';

export const unpackParams = z.object({
  host: z.string(),
  /** The folder that is made; absolute. */
  path: z.string().startsWith('/'),
  /** UUID of the pool that it is in, which learns of it. */
  pool: z.string(),
  archive: z.object({ pool: z.string(), name: z.string() }),
  /** The program that must be in it, as an absolute path within it. */
  init: z.string().startsWith('/'),
  /** Of this job and container alone: what it has made is told from what others have by it. */
  token: z.string(),
  /** The container's users are the host's from `first` on; null: they are the same. */
  ids: z.object({ first: z.number().int(), count: z.number().int() }).nullable(),
});
export type UnpackParams = z.infer<typeof unpackParams>;

/** What `PLACE` ends with where the name is taken: nothing was done. */
const WAS_THERE = 17;
/** Where the archive has no program of that name. */
const NO_INIT = 18;
/** Where what is free would come below the reserve. */
const NO_ROOM = 19;

/** What stays free on the file system, which may be the host's own `/`. A small archive can hold any amount. */
const RESERVE_MIB = 256;
const RESERVE_FILES = 10_000;

/** Shell: whether as much is free below FOLDER. A file system without a number of files of its own says 0 of 0. */
const HAS_ROOM = [
  'has_room() {',
  'set -- $(stat -f -c "%a %S %c %d" "$1");',
  `[ "$(($1 / 1024 * $2 / 1024))" -ge ${RESERVE_MIB} ] && { [ "$3" -eq 0 ] || [ "$4" -ge ${RESERVE_FILES} ]; };`,
  '}',
].join(' ');

/**
 * `sh -c UNPACK sh FOLDER ARCHIVE INIT`. Nobody but root walks through FOLDER: the programs of the web below it that are root's by setuid are
 * for who is in the container, and no user of the host. No device comes out of an archive: a container gets its own few, and what is a device
 * there would be one of the host. tar itself puts names that begin with a slash under the folder and refuses those with `..`.
 */
const UNPACK = [
  HAS_ROOM,
  'umask 022; mkdir -m 700 -- "$1" && mkdir -m 755 "$1/rootfs" || exit 1',
  `has_room "$1" || exit ${NO_ROOM}`,
  'tar -x -p -f "$2" -C "$1/rootfs" --numeric-owner --same-owner --xattrs "--xattrs-include=security.capability" --anchored "--exclude=./dev/*" "--exclude=dev/*" & tar=$!',
  `while kill -0 $tar 2>/dev/null; do has_room "$1" || { kill -KILL $tar; exit ${NO_ROOM}; }; sleep .2; done`,
  'wait $tar || exit 1',
  'find "$1/rootfs" -xdev \\( -type b -o -type c \\) -delete || exit 1',
  'chmod 755 "$1/rootfs" || exit 1',
  'mkdir -p "$1/rootfs/dev" "$1/rootfs/proc" "$1/rootfs/sys" || exit 1',
  '{ [ -x "$1/rootfs$3" ] || [ -L "$1/rootfs$3" ]; } || exit ' + String(NO_INIT),
].join('\n');

/** `sh -c PLACE sh FOLDER PATH MARK`: FOLDER gets its name when it is whole, and MARK in it tells whose it is. */
const PLACE = [
  ': > "$1/$3" || exit 1',
  '[ ! -e "$2" ] && [ ! -L "$2" ] || exit ' + String(WAS_THERE),
  'mv -nT -- "$1" "$2" || exit 1',
  '[ ! -e "$1" ] || exit ' + String(WAS_THERE),
].join('; ');

/**
 * `sh -c SHIFT sh FOLDER FIRST COUNT`: each owner and group below COUNT becomes another one, FIRST higher; FOLDER is their root's. What has been shifted is not
 * below COUNT any more. A change of owner takes the bits of setuid and setgid away, and what a program may do beyond its user
 * (capabilities, which are the host's own root's besides): the bits are given back.
 */
const SHIFT = [
  'chown "$2:$2" "$1" && cd "$1/rootfs" || exit 1',
  'bits=$(mktemp) || exit 1; trap "rm -f $bits" EXIT',
  'find . -xdev -type f -perm /6000 -printf "%m\\0%p\\0" > "$bits" || exit 1',
  'for id in $(find . -xdev -printf "%U\\n" | sort -un); do [ "$id" -ge "$3" ] || find . -xdev -uid "$id" -exec chown -h "$((id + $2))" {} + || exit 1; done',
  'for id in $(find . -xdev -printf "%G\\n" | sort -un); do [ "$id" -ge "$3" ] || find . -xdev -gid "$id" -exec chgrp -h "$((id + $2))" {} + || exit 1; done',
  'xargs -0 -r -n 2 chmod < "$bits" || exit 1',
].join('; ');

/** Makes a folder of an archive, for a container. The host does it by itself. */
export const unpackStep = stepKind<UnpackParams, null>({
  name: 'create.unpack',
  params: unpackParams,
  async check({ host, path }, step) {
    const { status } = await onHost(step, host, 'test', '!', '-e', path, '-a', '!', '-L', path);
    if (status === 0) return;
    throw new FailureError({
      code: 'CONFLICT',
      message: `There is a file or folder ${path} on the host already.`,
    });
  },
  async run(params, step) {
    const { host, path, init, ids, pool } = params;
    const archive = await pathOf(params, step);
    const half = halfOf(params);
    const unpacked = await onHost(step, host, 'sh', '-c', UNPACK, 'sh', half, archive, init);
    if (unpacked.status === NO_INIT)
      throw new FailureError({
        code: 'BAD_INPUT',
        message: `There is no program ${init} in the archive ${params.archive.name}: say which one is the first.`,
      });
    if (unpacked.status === NO_ROOM)
      throw new FailureError({
        code: 'CONFLICT',
        message: `There is no room to unpack ${params.archive.name}: ${RESERVE_MIB} MiB and ${RESERVE_FILES} files must stay free where ${path} is. Free some, or choose another pool.`,
      });
    refuse(unpacked, `${params.archive.name} could not be unpacked.`);
    if (ids !== null)
      refuse(
        await onHost(step, host, 'sh', '-c', SHIFT, 'sh', half, String(ids.first), String(ids.count)),
        `The files in ${path} could not be given to the container’s own users.`,
      );
    const placed = await onHost(step, host, 'sh', '-c', PLACE, 'sh', half, path, markOf(params));
    if (placed.status === WAS_THERE)
      throw new FailureError({ code: 'CONFLICT', message: `${path} was made by somebody else meanwhile.` });
    refuse(placed, `${path} cannot be made.`);
    await refresh(step, host, pool);
    return null;
  },
  async settle(params, step) {
    if (!(await isPlaced(params, step))) {
      // A part of the files looks like all of them.
      await clear(params, step);
      return { done: false };
    }
    await refresh(step, params.host, params.pool);
    return { done: true, result: null };
  },
  undo: (params, _, step) => clear(params, step),
  leaves: ({ path }) => folderLeft(path),
});

function folderLeft(path: string): string {
  return `folder ${path}`;
}

function onHost(step: StepContext, host: string, ...argv: string[]): Promise<ExecResult> {
  return runProgram(step.session(host), argv, step.signal);
}

/** Where it is until it is whole. */
function halfOf({ path, token }: UnpackParams): string {
  const slash = path.lastIndexOf('/') + 1;
  return `${path.slice(0, slash)}.${path.slice(slash)}.${token}`;
}

function markOf({ token }: UnpackParams): string {
  return `.virtlane-${token}`;
}

/** Whether what has the container's name is what this job made. */
async function isPlaced(params: UnpackParams, step: StepContext): Promise<boolean> {
  const { status } = await onHost(step, params.host, 'test', '-e', `${params.path}/${markOf(params)}`);
  return status === 0;
}

/** @throws Stays while somebody has something of it */
async function clear(params: UnpackParams, step: StepContext): Promise<void> {
  const { host, path, pool } = params;
  const session = step.session(host);
  await removeFolder(session, halfOf(params), step.signal);
  if (!(await isPlaced(params, step))) return;
  const { users, breaks } = await readNeeded(step.client(host), new Set([path]), { signal: step.signal });
  const names = new Set([...users.map(({ name }) => name), ...breaks]);
  if (names.size > 0) throw new InUse(folderLeft(path), `${[...names].join(', ')} needs it`);
  await removeFolder(session, path, step.signal);
  await refresh(step, host, pool);
}

function refuse({ status, stderr }: ExecResult, message: string): void {
  if (status !== 0) throw new FailureError({ code: 'LIBVIRT', message, detail: stderr });
}

async function pathOf({ host, archive }: UnpackParams, step: StepContext): Promise<string> {
  const client = step.client(host);
  const vol = await volumeAt(client, archive);
  return readVolume((await client.remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml).path ?? vol.key;
}

async function refresh(step: StepContext, host: string, uuid: string): Promise<void> {
  const { remote } = step.client(host);
  const pool = await poolByUuid(step.client(host), uuid);
  await remote.storagePoolRefresh({ pool, flags: 0 }, { timeoutMs: 0, signal: step.signal });
}
