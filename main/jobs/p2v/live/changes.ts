import { FailureError } from '../../../hosts/failures.ts';
import type { StepContext } from '../../engine/step.ts';
import { uploadRange } from '../../../storage/upload.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { assertStillOwn, noteOpen, noteReopened, noteWhole } from '../../../storage/steps/own-volume.ts';
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
  const { at, host, chunks, wait } = changes;
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
    await overLostLinks(wait, { step, hosts: [at.host] }, () => sendAgain(step, changes, changed));
  }
  step.log(`${host.name}: what was read while it ran is as its disks are`);
}

/** How often the volume's note keeps up with its times (own-volume.ts). */
const NOTE_MS = 20_000;

/** Begun anew after a lost link to the host, once the volume is known for the job's own. */
async function sendAgain(
  step: StepContext,
  { at, source, wait }: Changes,
  changed: readonly LiveChunk[],
): Promise<void> {
  const client = await step.session(at.host).bulkClient();
  const vol = await volumeAt(client, at);
  await assertStillOwn(step, client, { vol, name: at.name });
  await noteReopened(step, client, vol);
  let noted = wait.clock.now();
  for (const { at: offset, length } of changed) {
    await uploadRange(client, { vol, source, signal: step.signal }, { offset, length });
    if (wait.clock.now() - noted < NOTE_MS) continue;
    await noteOpen(step, client, vol);
    noted = wait.clock.now();
  }
  await noteWhole(step, client, vol);
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
