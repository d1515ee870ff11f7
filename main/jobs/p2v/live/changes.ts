import { FailureError } from '../../../hosts/failures.ts';
import type { StepContext } from '../../engine/step.ts';
import { uploadRange } from '../../../storage/upload.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { noteOpen, noteWhole } from '../../../storage/steps/own-volume.ts';
import { volumeAt, type VolumeParams } from '../../../storage/steps/volume-calls.ts';
import { sumOf, type LiveChunk, type SummedSource } from './chunk-sums.ts';
import { deviceSums } from './device-sums.ts';
import { overSourceLinks, type SourceHost } from './source-host.ts';

/** A machine on which something is written all the time is never the same twice. */
const MAX_PASSES = 4;

export interface Changes {
  readonly at: VolumeParams;
  readonly host: SourceHost;
  readonly source: SummedSource;
  /** What was read while the machine wrote on. */
  readonly chunks: readonly LiveChunk[];
  readonly wait: HostWait;
}

/**
 * Compares what was read of the running machine with what its disks have now, and sends what has changed again, until all of it was the same once: then
 * the copy is what the disks were in one moment, between the last two looks.
 * @throws FailureError where that does not come about
 */
export async function sendChanges(step: StepContext, changes: Changes): Promise<void> {
  const { at, host, source, chunks, wait } = changes;
  if (chunks.length === 0) return;
  for (let pass = 1; ; pass += 1) {
    await overSourceLinks(host, step.signal, (exec) => exec(['sync'], { signal: step.signal }));
    const changed = await changedChunks(step, changes);
    if (changed.length === 0) break;
    const bytes = changed.reduce((sum, { length }) => sum + length, 0);
    if (pass === MAX_PASSES)
      throw new FailureError({
        code: 'CONFLICT',
        message: `${host.name} writes to ${changed[0]?.device.path} all the time: no moment of it could be copied. Stop the services that write, or leave room in its volume group for a snapshot.`,
      });
    step.log(`${host.name}: ${bytes} bytes changed meanwhile, and are sent again`);
    const own = await step.session(at.host).bulkClient();
    await noteOpen(step, own, await volumeAt(own, at));
    for (const { at: offset, length } of changed)
      await overLostLinks(wait, { step, hosts: [at.host] }, async () => {
        const client = await step.session(at.host).bulkClient();
        const vol = await volumeAt(client, at);
        await uploadRange(client, { vol, source, signal: step.signal }, { offset, length });
      });
    const client = step.client(at.host);
    await noteWhole(step, client, await volumeAt(client, at));
  }
  step.log(`${host.name}: what was read while it ran is as its disks are`);
}

async function changedChunks(step: StepContext, { host, source, chunks }: Changes): Promise<LiveChunk[]> {
  const ranges = chunks.map(({ device, deviceAt, length }) => ({ device, at: deviceAt, length }));
  const changed: LiveChunk[] = [];
  let index = 0;
  for await (const hex of deviceSums(host, ranges, step.signal)) {
    const chunk = chunks[index];
    if (chunk !== undefined && source.sum(chunk)?.equals(sumOf(hex)) !== true) changed.push(chunk);
    index += 1;
  }
  return changed;
}
