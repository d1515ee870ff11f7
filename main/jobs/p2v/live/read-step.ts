import { z } from 'zod';
import type { UsedBlocks } from '../../../../drivers/formats/used-blocks/used-blocks.ts';
import { FailureError } from '../../../hosts/failures.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import { fillVolume } from '../../../storage/steps/fill.ts';
import {
  checkFree,
  clearHalf,
  takeBack,
  volumeLeft,
  volumeParams,
} from '../../../storage/steps/volume-calls.ts';
import type { StepContext, StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { sendChanges } from './changes.ts';
import { liveChunks, SummedSource } from './chunk-sums.ts';
import { DeviceReader } from './device-reader.ts';
import { deviceUsed } from './device-used.ts';
import { diskLayout, type LayoutPart, type Taken } from './disk-layout.ts';
import { SourceDiskReader } from './disk-reader.ts';
import { assertPut } from './first-boot/take-back.ts';
import { layoutFacts } from './layout-facts.ts';
import { leaseFile, renewLeases } from './lease.ts';
import { assertSame } from './same-source.ts';
import { assertReadable } from './snapshot-state.ts';
import { readSnapshotResult } from './snapshot-step.ts';
import { overSourceLinks, type SourceHost } from './source-host.ts';
import { sourceParams, type SourceOf } from './source-params.ts';

const readParams = volumeParams.extend(sourceParams.shape).extend({
  facts: layoutFacts,
  /** Of the disk as it was planned (same-source.ts); null: it is not compared. */
  identity: z.string().nullable().default(null),
  /** As of the steps that stopped services and made snapshots; null: there are none. */
  lease: z.string().nullable(),
  /** Services are to stand still while it is read. */
  rests: z.boolean().default(false),
  /** Files for the copy's first boot are to be among what is read. */
  withFiles: z.boolean().default(false),
  packing: z.enum(['zstd', 'lz4', 'gzip', 'none']),
  /** Id of the step that made them, and the snapshots by the paths of their volumes; null: there are none. */
  snapshots: z
    .object({
      step: z.string(),
      paths: z.array(z.object({ volume: z.string(), snapshot: z.string() })),
    })
    .nullable(),
});
export type ReadParams = z.infer<typeof readParams>;

/** Makes a raw volume of a disk of a running machine, and then what has changed meanwhile anew, until nothing does. */
export function readStep(wait: HostWait, sourceOf: SourceOf): StepKind {
  return stepKind<ReadParams, null>({
    name: 'p2v.read',
    params: readParams,
    async check(params, step) {
      refuseStriped(params);
      await checkFree(params, step);
    },
    async run(params, step) {
      const host = sourceOf(params.source, step);
      const { identity, facts } = params;
      if (identity !== null) await assertSame(host, { disk: facts.disk.name, identity }, step.signal);
      if (params.rests) await assertAtRest(host, params, step.signal);
      const snapshots = (params.snapshots?.paths ?? []).map(({ snapshot }) => snapshot);
      await assertReadable(host, snapshots, step.signal);
      const reader = new DeviceReader(host, params.packing);
      const parts = diskLayout(params.facts, await takenFor(params, { host, reader, step }));
      const chunks = liveChunks(parts);
      const source = new SummedSource(new SourceDiskReader(reader, parts), chunks);
      logParts(parts, host, step);
      const stopRenewing =
        params.lease === null
          ? () => undefined
          : renewLeases(
              host,
              {
                tag: params.lease,
                leased: ['snapshots', 'files', ...(params.rests ? (['services'] as const) : [])],
              },
              step.signal,
            );
      try {
        await fillVolume(step, { ...params, source, algorithm: null, clock: wait.clock, wait });
        await sendChanges(step, { at: params, host, source, chunks, wait });
        if (params.rests) await assertAtRest(host, params, step.signal);
        if (params.withFiles) await assertPut(host, params.lease ?? '', step.signal);
      } catch (error) {
        // A snapshot that is full cannot be read: that says why.
        if (error instanceof FailureError) await assertReadable(host, snapshots, step.signal);
        throw error;
      } finally {
        stopRenewing();
      }
      return null;
    },
    // A half looks like all of it, and what was read belongs to that moment: it goes, and is read anew.
    settle: (params, step) => clearHalf(params, step, wait),
    undo: (params, _result, step) => takeBack(params, step, wait),
    leaves: (params) => volumeLeft(params),
  });
}

/** Where it heard nothing of the job for long, or was started anew, the source has started its services. @throws FailureError */
async function assertAtRest(host: SourceHost, { lease }: ReadParams, signal: AbortSignal): Promise<void> {
  const argv = ['test', '-e', leaseFile(lease ?? '', 'services')];
  const { status } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
  if (status === 0) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `The services of ${host.name} run again: it heard nothing of this for half an hour, or was started anew. Copy it anew.`,
  });
}

/** The parts of such a volume on a disk are not side by side in its snapshot. @throws FailureError */
function refuseStriped({ facts, snapshots }: ReadParams): void {
  const taken = new Set(snapshots?.paths.map(({ volume }) => volume));
  for (const { path, kind } of facts.groups.flatMap(({ volumes }) => volumes))
    if (taken.has(path) && kind !== 'linear')
      throw new FailureError({
        code: 'UNSUPPORTED',
        message: `${path} is a ${kind} volume, of which a snapshot cannot be copied.`,
      });
}

interface Reading {
  readonly host: SourceHost;
  readonly reader: DeviceReader;
  readonly step: StepContext;
}

/** The snapshots, what LVM knew before them, and which blocks the file systems use that nobody writes to. */
async function takenFor({ facts, snapshots }: ReadParams, { host, reader, step }: Reading): Promise<Taken> {
  const made = snapshots === null ? null : readSnapshotResult(step.result(snapshots.step));
  if (snapshots !== null && made === null)
    throw new FailureError({ code: 'CONFLICT', message: `${host.name} has no snapshots to be read.` });
  const paths = new Map(snapshots?.paths.map(({ volume, snapshot }) => [volume, snapshot]));
  const used = new Map<string, UsedBlocks>();
  // Of what is not a snapshot nobody knows that it is at rest, whether it is mounted or not.
  const still = facts.groups
    .flatMap(({ volumes }) => volumes)
    .flatMap(({ path, sizeBytes }) => {
      const snapshot = paths.get(path);
      return snapshot === undefined ? [] : [{ path, sizeBytes, device: { path: snapshot, live: false } }];
    });
  for (const { path, sizeBytes, device } of still) {
    const found = await deviceUsed(reader, { device, sizeBytes }, step.signal);
    if (typeof found === 'string') step.log(`All of ${path} is read. ${found}.`);
    else if (found !== null) used.set(path, found);
  }
  const metadata = (made?.metadata ?? []).map(
    ({ path, pieces }) =>
      [path, pieces.map(({ offset, base64 }) => ({ offset, data: Buffer.from(base64, 'base64') }))] as const,
  );
  return { snapshots: paths, used, metadata: new Map(metadata) };
}

function logParts(parts: readonly LayoutPart[], { name }: SourceHost, step: StepContext): void {
  const snapshots = new Set(
    parts.flatMap(({ from }) => (from.kind === 'device' && !from.device.live ? [from.device.path] : [])),
  );
  if (snapshots.size > 0) step.log(`${name}: read from ${[...snapshots].join(', ')}`);
}
