import { z } from 'zod';
import { FormatError } from '../../../../drivers/formats/errors.ts';
import { pause } from '../../../hosts/clock.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { isLinkLost } from '../../../storage/steps/deps.ts';
import { Stays, type StepContext, type StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { DeviceReader } from './device-reader.ts';
import { deviceRanges } from './device-used.ts';
import { assertPut } from './first-boot/take-back.ts';
import { assertAlone, leaseFile, watching, whileRenewing } from '../../source/lease.ts';
import { readLvmMetadata } from './lvm-metadata.ts';
import { stillRest, stopAgain, stoppedFor } from './services-step.ts';
import {
  endsWell,
  overSourceLinks,
  uninterrupted,
  untilOver,
  type SourceHost,
} from '../../source/source-host.ts';
import { taggedParams, type SourceOf } from './source-params.ts';

const snapshot = z.object({
  group: z.string(),
  /** Of the volume that it is of. */
  origin: z.string(),
  /** Its own; no other machine's or job's. */
  name: z.string(),
  /** Room for what the volume held before it is written to. */
  sizeBytes: z.number(),
});
export type PlannedSnapshot = z.infer<typeof snapshot>;

/** The tag is LVM's, too. */
export const snapshotParams = taggedParams.extend({
  snapshots: z.array(snapshot),
  /** Partitions that are physical volumes of the groups: what LVM knows is read from them before it knows of snapshots. */
  physical: z.array(z.string()),
  /** Files for the copy's first boot are to be among what they hold. */
  withFiles: z.boolean().default(false),
  /** Id of the step that stopped services, which are to stand still meanwhile; null: none did. */
  rests: z.string().nullable().default(null),
});
export type SnapshotParams = z.infer<typeof snapshotParams>;

const made = z.object({
  metadata: z.array(
    z.object({
      path: z.string(),
      pieces: z.array(z.object({ offset: z.number(), base64: z.string() })),
    }),
  ),
});
/** What LVM knew before, by the physical volume. */
export type SnapshotResult = z.infer<typeof made>;

/** @returns null for what is no result of the step */
export function readSnapshotResult(value: unknown): SnapshotResult | null {
  return made.safeParse(value).data ?? null;
}

export function snapshotPath({ group, name }: PlannedSnapshot): string {
  return `/dev/${group}/${name}`;
}

/**
 * Snapshots of LVM volumes: the kernel brings each one's file system to rest while it is made. Several are each of an instant of its own. What a
 * snapshot has no room for spoils it, and reading it fails. They are removed by `p2v.release`, by the undo, and by the source itself when it hears nothing of
 * the job for six hours. Services that are to stand still meanwhile do, from the first one to the last.
 */
export function snapshotStep(sourceOf: SourceOf): StepKind {
  return stepKind<SnapshotParams, SnapshotResult>({
    name: 'p2v.snapshot',
    params: snapshotParams,
    async check(params, step) {
      const host = sourceOf(params.source, step);
      for (const { group, name } of params.snapshots)
        if ((await find(host, params, { group, name }, step.signal)) !== null)
          throw new FailureError({
            code: 'CONFLICT',
            message: `${host.name} has a volume ${group}/${name} already.`,
          });
      await assertAlone(host, params.tag, step.signal);
      await assertNoOthers(host, params, step.signal);
    },
    async run(params, step) {
      const host = sourceOf(params.source, step);
      let result = await known(host, params, step.signal);
      const stopped = stoppedFor(host, params.rests, step);
      if (stopped !== null) await stopAgain(host, stopped, step);
      // From here on there may be one.
      await step.note(result);
      await watch(host, params, step.signal);
      await assertAlone(host, params.tag, step.signal);
      const leased = stopped === null ? [] : (['services'] as const);
      const assertRest = async (): Promise<void> => {
        if (stopped !== null && !(await stillRest(host, stopped, step.signal)))
          throw new FailureError({
            code: 'CONFLICT',
            message: `The services of ${host.name} were started again while its snapshots were made: it heard nothing of this for half an hour, or was started anew. Copy it anew.`,
          });
      };
      await whileRenewing(host, { tag: params.tag, leased }, step.signal, async () => {
        while (!(await make(host, params, step))) {
          // All of them: some would be of another instant.
          step.log(`The link to ${host.name} was lost while its snapshots were made: they are made anew`);
          await removeSnapshots(host, params, step.signal);
          await watch(host, params, step.signal);
          // Whatever was seen before may have become another while it was away.
          await assertAlone(host, params.tag, step.signal);
          await assertRest();
          result = await known(host, params, step.signal);
          await step.note(result);
        }
      });
      await assertRest();
      if (params.withFiles) await assertPut(host, params.tag, step.signal);
      return result;
    },
    async settle(params, step) {
      const noted = readSnapshotResult(step.noted());
      if (noted === null) return { done: false };
      const host = sourceOf(params.source, step);
      const found = await Promise.all(params.snapshots.map((some) => find(host, params, some, step.signal)));
      const stopped = stoppedFor(host, params.rests, step);
      const isOfOneRest = stopped === null || (await stillRest(host, stopped, step.signal));
      if (isOfOneRest && found.every((state) => state === 'own')) {
        await watch(host, params, step.signal);
        return { done: true, result: noted };
      }
      // A half would be of two instants, and so would those that were made while services ran.
      await removeSnapshots(host, params, step.signal);
      return { done: false };
    },
    async undo(params, _result, step) {
      if (step.noted() === undefined) return;
      await removeSnapshots(sourceOf(params.source, step), params, step.signal);
    },
    leaves: ({ snapshots, source }) =>
      `${snapshots.map(({ group, name }) => `snapshot ${group}/${name}`).join(', ')} on ${source.target}, which removes that itself six hours after it last heard of this; once it was started anew it does not: lvremove does`,
    namesHosts: true,
    apart: true,
  });
}

/** What LVM knows while nothing is a snapshot. @throws FailureError CONFLICT where something is */
async function known(host: SourceHost, params: SnapshotParams, signal: AbortSignal): Promise<SnapshotResult> {
  const metadata = await metadataOf(host, params, signal);
  await assertNoOthers(host, params, signal);
  return { metadata };
}

/** @returns false: the link was lost meanwhile. @throws FailureError CONFLICT where LVM refuses one */
async function make(host: SourceHost, params: SnapshotParams, step: StepContext): Promise<boolean> {
  try {
    await makeEach(host, params, step);
    return true;
  } catch (error) {
    step.signal.throwIfAborted();
    if (!isLinkLost(error)) throw error;
    return false;
  }
}

async function makeEach(host: SourceHost, params: SnapshotParams, step: StepContext): Promise<void> {
  for (const { group, origin, name, sizeBytes } of params.snapshots) {
    const argv = ['lvcreate', '--yes', '--snapshot', '--name', name, '--addtag', params.tag];
    const { status, stderr } = await host.use(step.signal, (exec) =>
      exec(uninterrupted([...argv, '--size', `${sizeBytes}b`, `${group}/${origin}`]), step),
    );
    if (status !== 0)
      throw new FailureError({
        code: 'CONFLICT',
        message: `No snapshot of ${group}/${origin} could be made on ${host.name}.`,
        detail: stderr.trim(),
      });
    step.log(`${host.name}: ${group}/${name} is a snapshot of ${origin}`);
  }
}

/** Of a script: `NAME ORIGIN TAG` of each that is removed if it is that, though a program that reads it may not have ended yet. */
const REMOVE = [
  'while [ $# -gt 2 ]; do i=0',
  'while [ "$(lvs --noheadings --separator "|" -o origin,lv_tags "$1" | tr -d " ")" = "$2|$3" ] && [ $i -lt 60 ]; do',
  'lvremove --yes "$1" && break; sleep 5; i=$((i + 1)); done; shift 3; done',
].join('\n');

/** @throws FailureError */
async function watch(
  host: SourceHost,
  { tag, snapshots }: SnapshotParams,
  signal: AbortSignal,
): Promise<void> {
  const args = snapshots.flatMap(({ group, name, origin }) => [`${group}/${name}`, origin, tag]);
  const argv = watching(tag, 'snapshots', { script: REMOVE, args });
  const unwatched = `Nothing could be started on ${host.name} that watches over its snapshots.`;
  await endsWell(host, argv, unwatched, { signal });
}

/** A journal keeps it twice, as text. */
const MAX_METADATA_BYTES = 8 * 1024 ** 2;

async function metadataOf(
  host: SourceHost,
  { physical }: SnapshotParams,
  signal: AbortSignal,
): Promise<SnapshotResult['metadata']> {
  const reader = new DeviceReader(host, 'none');
  const found: SnapshotResult['metadata'] = [];
  let bytes = 0;
  for (const path of physical) {
    const pieces = await readLvmMetadata(deviceRanges(reader, { path, live: true }, signal)).catch(
      (error: unknown) => {
        if (!(error instanceof FormatError)) throw error;
        const message = `What LVM has on ${path} of ${host.name} is not understood.`;
        throw new FailureError({ code: 'UNSUPPORTED', message, detail: error.message }, error);
      },
    );
    bytes += pieces.reduce((sum, { data }) => sum + data.length, 0);
    if (bytes > MAX_METADATA_BYTES)
      throw new FailureError({
        code: 'UNSUPPORTED',
        message: `What LVM knows of the groups on ${host.name} is too much to be kept while it is copied. Copy its disks without snapshots.`,
      });
    found.push({
      path,
      pieces: pieces.map(({ offset, data }) => ({ offset, base64: Buffer.from(data).toString('base64') })),
    });
  }
  return found;
}

/** Removed at most so often, as a program that read them may not have ended yet. */
const ATTEMPTS = 30;
const AGAIN_MS = 1000;

/**
 * Removes those that are there and are provably the job's own; waits while the source is away.
 * @throws Stays where one of that name is another's
 */
export async function removeSnapshots(
  host: SourceHost,
  params: Pick<SnapshotParams, 'snapshots' | 'tag'>,
  signal: AbortSignal,
): Promise<void> {
  // One that was begun goes on after a cancel, and a lost link: only when it is over it is known what there is.
  const argv = untilOver('lvcreate', params.tag);
  const { status } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
  // The lease stays, and the source removes what comes of it.
  if (status !== 0)
    throw new FailureError({
      code: 'CONFLICT',
      message: `lvcreate still runs on ${host.name}: what it makes is a snapshot of this job (tag ${params.tag}), which the machine removes itself six hours from now, or lvremove does.`,
    });
  const failed: unknown[] = [];
  for (const some of params.snapshots)
    await removeSnapshot(host, params, some, signal).catch((error: unknown) => failed.push(error));
  signal.throwIfAborted();
  if (failed.length > 0) throw failed[0];
  const lease = ['rm', '-f', leaseFile(params.tag, 'snapshots')];
  await overSourceLinks(host, signal, (exec) => exec(lease, { signal }));
}

async function removeSnapshot(
  host: SourceHost,
  params: Pick<SnapshotParams, 'tag'>,
  some: PlannedSnapshot,
  signal: AbortSignal,
): Promise<void> {
  const full = `${some.group}/${some.name}`;
  for (let attempt = 1; ; attempt += 1) {
    const state = await find(host, params, some, signal);
    if (state === null) return;
    if (state === 'foreign')
      throw new Stays(`${full} on ${host.name}`, 'it is no snapshot that this job made');
    const argv = uninterrupted(['lvremove', '--yes', full]);
    const { status, stderr } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
    if (status === 0) return;
    if (attempt === ATTEMPTS)
      throw new FailureError({
        code: 'CONFLICT',
        message: `The snapshot ${full} on ${host.name} could not be removed.`,
        detail: stderr.trim(),
      });
    await pause(host.clock, AGAIN_MS, signal);
  }
}

/** Of the name; null: there is none. */
async function find(
  host: SourceHost,
  { tag }: Pick<SnapshotParams, 'tag'>,
  { group, name, origin }: Pick<PlannedSnapshot, 'group' | 'name'> & { readonly origin?: string },
  signal: AbortSignal,
): Promise<'own' | 'half' | 'foreign' | null> {
  const found = (await volumesOf(host, group, signal)).find((each) => each.name === name);
  if (found === undefined) return null;
  if (!found.tags.includes(tag)) return 'foreign';
  if (found.origin === origin) return 'own';
  // LVM ended before it was a snapshot of anything.
  return found.origin === '' ? 'half' : 'foreign';
}

/**
 * That what LVM knows of the groups has no snapshots, whose extents would be empty in the copy.
 * @throws FailureError CONFLICT
 */
async function assertNoOthers(
  host: SourceHost,
  { snapshots, tag }: SnapshotParams,
  signal: AbortSignal,
): Promise<void> {
  for (const group of new Set(snapshots.map((each) => each.group))) {
    const others = (await volumesOf(host, group, signal)).filter(
      ({ origin, tags }) => origin !== '' && !tags.includes(tag),
    );
    if (others[0] !== undefined)
      throw new FailureError({
        code: 'CONFLICT',
        message: `${group}/${others[0].name} on ${host.name} is a snapshot that was made since the copy was planned. Wait until whoever made it has removed it, or remove it (lvremove ${group}/${others[0].name}).`,
      });
  }
}

interface ListedVolume {
  readonly name: string;
  /** Empty: it is no snapshot. */
  readonly origin: string;
  readonly tags: readonly string[];
}

async function volumesOf(host: SourceHost, group: string, signal: AbortSignal): Promise<ListedVolume[]> {
  const fields = 'lv_name,origin,lv_tags';
  const { status, stdout, stderr } = await overSourceLinks(host, signal, (exec) =>
    exec(['lvs', '--noheadings', '--separator', '|', '-o', fields, group], { signal }),
  );
  if (status !== 0)
    throw new FailureError({
      code: 'CONFLICT',
      message: `The volumes of ${group} on ${host.name} could not be listed.`,
      detail: stderr.trim(),
    });
  return stdout.split('\n').flatMap((line) => {
    const [name = '', origin = '', tags = ''] = line.trim().split('|');
    return name === '' ? [] : [{ name, origin, tags: tags.split(',') }];
  });
}
