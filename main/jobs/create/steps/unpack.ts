import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import type { ExecResult } from '../../../../drivers/transport/exec.ts';
import { poolByUuid } from '../../../storage/read.ts';
import { readVolume } from '../../../../drivers/libvirt/model/index.ts';
import { NothingDone, type StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { diskPaths } from '../../delete/plan.ts';
import { readMachines } from '../../delete/read.ts';
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
  /** The container's users are the host's from `first` on; null: they are the same. */
  ids: z.object({ first: z.number().int(), count: z.number().int() }).nullable(),
});
export type UnpackParams = z.infer<typeof unpackParams>;

/** What `UNPACK` ends with where the folder was there: nothing was done. */
const WAS_THERE = 17;
/** Where the archive has no program of that name. */
const NO_INIT = 18;

/**
 * `sh -c UNPACK sh FOLDER ARCHIVE INIT`. Only one can make a folder. Devices stay packed: a container gets its own few, and one of the host in
 * a folder would be the host's. tar itself puts names that begin with a slash under the folder and refuses those with `..`.
 */
const UNPACK = [
  '[ ! -e "$1" ] && [ ! -L "$1" ] && mkdir -m 755 -- "$1" || exit ' + String(WAS_THERE),
  'tar -x -p -f "$2" -C "$1" --numeric-owner --same-owner --xattrs "--xattrs-include=security.capability" --anchored "--exclude=./dev/*" "--exclude=dev/*" || exit 1',
  'chmod 755 "$1" || exit 1',
  'mkdir -p "$1/dev" "$1/proc" "$1/sys" || exit 1',
  '{ [ -x "$1$3" ] || [ -L "$1$3" ]; } || exit ' + String(NO_INIT),
].join('; ');

/**
 * `sh -c SHIFT sh FOLDER FIRST COUNT`: each owner and group below COUNT becomes another one, FIRST higher. What has been shifted is not
 * below COUNT any more. A change of owner takes the bits of setuid and setgid away, and what a program may do beyond its user
 * (capabilities, which are the host's own root's besides): the bits are given back.
 */
const SHIFT = [
  'cd "$1" || exit 1',
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
    await step.note({ asked: path });
    const unpacked = await onHost(step, host, 'sh', '-c', UNPACK, 'sh', path, archive, init);
    if (unpacked.status === WAS_THERE)
      throw new NothingDone(
        new FailureError({ code: 'CONFLICT', message: `${path} cannot be made.`, detail: unpacked.stderr }),
      );
    if (unpacked.status === NO_INIT)
      throw new FailureError({
        code: 'BAD_INPUT',
        message: `There is no program ${init} in the archive ${params.archive.name}: say which one is the first.`,
      });
    refuse(unpacked, `${params.archive.name} could not be unpacked.`);
    if (ids !== null)
      refuse(
        await onHost(step, host, 'sh', '-c', SHIFT, 'sh', path, String(ids.first), String(ids.count)),
        `The files in ${path} could not be given to the container’s own users.`,
      );
    await refresh(step, host, pool);
    return null;
  },
  async settle(params, step) {
    // A part of the files looks like all of them. Before the step began there was no such folder.
    await clear(params, step);
    await step.note(null);
    return { done: false };
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

/** @throws Stays while a container has it as its root */
async function clear({ host, path, pool }: UnpackParams, step: StepContext): Promise<void> {
  // The host was not asked for it: what is there is another's.
  if ((step.noted() ?? null) === null) return;
  const machines = await readMachines(step.client(host), { signal: step.signal });
  const users = machines.filter(({ models }) => models.some((model) => diskPaths(model).includes(path)));
  if (users.length > 0)
    throw new InUse(folderLeft(path), `${users.map(({ dom }) => dom.name).join(', ')} needs it`);
  await removeFolder(step.session(host), path, step.signal);
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
