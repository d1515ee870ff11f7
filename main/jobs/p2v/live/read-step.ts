import { z } from 'zod';
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
import { assertPlain } from '../plain-disk.ts';
import { liveChunks, SummedSource } from './chunk-sums.ts';
import { DeviceReader } from './device-reader.ts';
import { summing } from './device-sums.ts';
import { diskLayout, liveLayout } from './disk-layout.ts';
import { SourceDiskReader } from './disk-reader.ts';
import { overWay } from '../../direct/over-way.ts';
import { wayOfStep } from '../../direct/way.ts';
import { layoutFacts } from './layout-facts.ts';
import { heldSnapshots, reading, takenFor } from './held.ts';
import { readBefore, ReadProgress, type ReadBefore, type ReadingDisk } from './read-progress.ts';
import { assertSame } from './same-source.ts';
import type { SourceHost } from '../../source/source-host.ts';
import { sourceParams, type SourceOf } from './source-params.ts';
import { packing } from '../../source/devices.ts';

export const readParams = volumeParams.extend(sourceParams.shape).extend({
  facts: layoutFacts,
  /** Of the disk as it was planned (same-source.ts); null: it is not compared. */
  identity: z.string().nullable(),
  /** As of the steps that put files and made snapshots; null: there are none yet. */
  lease: z.string().nullable(),
  packing,
  summing,
  /** The host makes another format of it, from what it takes the bytes for. */
  isConverted: z.boolean().default(false),
  /** The volumes that have snapshots, by their paths; null: none has. */
  snapshots: heldSnapshots
    .extend({
      /** That step comes later, and what they hold is read by `p2v.rest`. */
      later: z.boolean(),
    })
    .nullable(),
  /** The way from the source to the host itself; null: none was agreed to. */
  way: wayOfStep.nullable().default(null),
});
export type ReadParams = z.infer<typeof readParams>;

/** Sums of what was read while the machine wrote on (`SummedSource.kept`). */
export interface ReadResult extends Readonly<Record<string, string>> {
  readonly sums: string;
}

/**
 * Makes a raw volume of a disk of a running machine. What changes meanwhile is told to nobody: `p2v.changes` has to follow.
 * @param segmentBytes what the host confirms at one time (upload.ts), and how much at least is kept in the journal as one
 */
export function readStep(wait: HostWait, sourceOf: SourceOf, segmentBytes?: number): StepKind {
  const diskOf = (params: ReadParams, source: SourceHost): ReadingDisk => ({
    at: params,
    source,
    sizeBytes: params.facts.disk.sizeBytes,
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  });
  /** @param host the one that `before` was asked for with: it knows the source by the start that it had then */
  async function read(
    params: ReadParams,
    step: StepContext,
    { host, before }: { readonly host: SourceHost; readonly before: ReadBefore | null },
  ): Promise<ReadResult> {
    const { identity, facts, lease, snapshots } = params;
    if (identity !== null)
      await assertSame(host, { disk: facts.disk.name, identity, tag: lease }, step.signal);
    const reader = new DeviceReader(host, params.packing);
    const live = liveLayout(
      facts,
      (snapshots?.paths ?? []).map(({ volume }) => volume),
    );
    const held = snapshots === null || snapshots.later ? null : snapshots;
    return reading(host, { lease, snapshots: held }, step, async () => {
      const parts =
        held === null
          ? live
          : diskLayout(facts, await takenFor({ facts, snapshots: held }, { host, reader, step }));
      const disk = new SourceDiskReader(reader, parts);
      if (params.isConverted) await assertPlain(facts.disk.name, disk, step.signal);
      const chunks = liveChunks(live);
      const source = new SummedSource(disk, chunks, { ...params.summing, kept: before?.sums ?? null });
      const kept = await ReadProgress.begin(step, diskOf(params, host), { summed: source, before });
      const size = segmentBytes === undefined ? {} : { segmentBytes };
      const fill = { ...params, ...size, source, algorithm: null, wait, kept };
      await overWay(params, { source: host, clock: wait.clock, step }, (wayOf) =>
        fillVolume(step, {
          ...fill,
          direct: wayOf?.({ disk, bytes: source, summed: source }) ?? null,
        }),
      );
      return { sums: source.kept() };
    });
  }
  return stepKind<ReadParams, ReadResult>({
    name: 'p2v.read',
    params: readParams,
    async check(params, step) {
      refuseStriped(params);
      await checkFree(params, step);
    },
    run: (params, step) => read(params, step, { host: sourceOf(params.source, step), before: null }),
    // What the host had confirmed is gone on with, where it is proven to be of the same moment; else a half looks like all of it: it goes, and is read anew.
    async settle(params, step) {
      const host = sourceOf(params.source, step);
      const before = await readBefore(step, diskOf(params, host));
      const { name, sizeBytes } = params.facts.disk;
      if (before !== null && typeof before !== 'string') {
        step.log(
          `${name} of ${host.name}: ${before.confirmedBytes} of ${sizeBytes} bytes are on the host, and it goes on there`,
        );
        return { done: true, result: await read(params, step, { host, before }) };
      }
      if (before !== null) step.log(`${name} of ${host.name} is copied anew: ${before}`);
      return clearHalf(params, step, wait);
    },
    undo: (params, _result, step) => takeBack(params, step, wait),
    leaves: (params) => volumeLeft(params),
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
