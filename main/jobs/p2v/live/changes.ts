import { FailureError } from '../../../hosts/failures.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import type { VolumeParams } from '../../../storage/steps/volume-calls.ts';
import type { StepContext } from '../../engine/step.ts';
import { sumOf, type LiveChunk, type SummedSource } from './chunk-sums.ts';
import { deviceSums, type Summing } from './device-sums.ts';
import type { LayoutFacts } from './layout-facts.ts';
import { rewrite } from './rewrite.ts';
import type { SourceHost } from '../../source/source-host.ts';
import { syncDisks } from './sync-disks.ts';

/** A machine on which something is written all the time is never the same twice. */
const MAX_PASSES = 4;

/** A disk that was read while its machine wrote on, and its copy. */
export interface LiveDisk {
  readonly at: VolumeParams;
  /** Id of the step that made the copy. */
  readonly by: string;
  readonly facts: LayoutFacts;
  readonly source: SummedSource;
  /** What was read so. */
  readonly chunks: readonly LiveChunk[];
}

export interface Changes {
  readonly host: SourceHost;
  readonly disks: readonly LiveDisk[];
  /** Of partitions and volumes on them, by their paths. */
  readonly devices: readonly string[];
  readonly summing: Summing;
  /** `once`: what has changed now is sent; `rest`: until nothing changes any more. */
  readonly until: 'once' | 'rest';
  readonly wait: HostWait;
  /** Told before anything of the chunks is written anew. */
  readonly touching: (chunks: ReadonlyMap<LiveDisk, readonly LiveChunk[]>) => Promise<void>;
}

/**
 * Compares what was read of the running machine with what its disks have now, and sends what has changed again; where it is to rest, until all of all disks was
 * the same once: then the copies are what the disks were in one moment, between the last two looks.
 * @throws FailureError where that does not come about
 */
export async function sendChanges(step: StepContext, changes: Changes): Promise<void> {
  const { host, disks, devices, until, wait, touching } = changes;
  if (disks.every(({ chunks }) => chunks.length === 0)) return;
  for (let pass = 1; ; pass += 1) {
    await syncDisks(host, devices, step.signal);
    const changed = await changedChunks(step, changes);
    const all = [...changed.values()].flat();
    if (all.length === 0) break;
    const bytes = all.reduce((sum, { length }) => sum + length, 0);
    if (until === 'rest' && pass === MAX_PASSES)
      throw new FailureError({
        code: 'CONFLICT',
        message: `${host.name} writes to ${all[0]?.device.path} all the time: no moment of it could be copied. Stop the services that write, or leave room in its volume group for a snapshot.`,
      });
    step.log(`${host.name}: ${bytes} bytes changed meanwhile, and are sent again`);
    await touching(changed);
    for (const disk of disks) {
      const ranges = changed.get(disk) ?? [];
      if (ranges.length > 0) await rewrite(step, disk, { ranges, clock: wait.clock });
    }
    if (until === 'once') return;
  }
  step.log(
    until === 'once'
      ? `${host.name}: nothing has changed since`
      : `${host.name}: what was read while it ran is as its disks are`,
  );
}

async function changedChunks(
  step: StepContext,
  { host, disks, summing }: Changes,
): Promise<Map<LiveDisk, LiveChunk[]>> {
  const all = disks.flatMap((disk) => disk.chunks.map((chunk) => ({ disk, chunk })));
  const ranges = all.map(({ chunk: { device, deviceAt, length } }) => ({ device, at: deviceAt, length }));
  const changed = new Map<LiveDisk, LiveChunk[]>();
  const total = ranges.reduce((sum, { length }) => sum + length, 0);
  let index = 0;
  let looked = 0;
  for await (const hex of deviceSums(host, ranges, summing, step.signal)) {
    const one = all[index];
    index += 1;
    if (one === undefined) continue;
    const { disk, chunk } = one;
    looked += chunk.length;
    step.progress({ fraction: looked / total });
    if (disk.source.sum(chunk)?.equals(sumOf(hex)) === true) continue;
    const those = changed.get(disk);
    if (those === undefined) changed.set(disk, [chunk]);
    else those.push(chunk);
  }
  return changed;
}
