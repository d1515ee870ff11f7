import type { Clock } from '../../../hosts/clock.ts';
import type { ByteSource } from '../../../storage/byte-source.ts';
import { overLostLinks } from '../../../storage/steps/deps.ts';
import { noteOpen, noteWhole, reopen } from '../../../storage/steps/own-volume.ts';
import { volumeAt, type VolumeParams } from '../../../storage/steps/volume-calls.ts';
import { SEGMENT_BYTES, uploadRange } from '../../../storage/upload.ts';
import { notingFor, type StepContext } from '../../engine/step.ts';

export interface Range {
  readonly at: number;
  readonly length: number;
}

/** A volume that an earlier step made and filled, which takes it back. */
export interface Filled {
  readonly at: VolumeParams;
  /** Id of that step. */
  readonly by: string;
  readonly source: ByteSource;
}

/** How often the volume's note keeps up with its times (own-volume.ts). */
const NOTE_MS = 20_000;

/**
 * Writes ranges of the source anew into the volume. After a lost link to the host it goes on with the range that was not confirmed, once the volume is known for
 * the job's own.
 * @param ranges in order
 * @param done is told of the bytes that the host has confirmed
 */
export async function rewrite(
  step: StepContext,
  { at, by, source }: Filled,
  { ranges, clock, done = () => undefined }: Rewriting,
): Promise<void> {
  const own = notingFor(step, by);
  const { signal } = step;
  const all = joined(ranges);
  let next = 0;
  await overLostLinks({ clock }, { step, hosts: [at.host] }, async () => {
    const client = await step.session(at.host).bulkClient();
    const vol = await volumeAt(client, at);
    await reopen(own, client, { host: at.host, vol, name: at.name });
    let noted = clock.now();
    for (const { at: offset, length } of all.slice(next)) {
      await uploadRange(client, { vol, source, signal }, { offset, length });
      next += 1;
      done(length);
      if (clock.now() - noted < NOTE_MS) continue;
      await noteOpen(own, client, vol);
      noted = clock.now();
    }
    await noteWhole(own, client, vol);
  });
}

interface Rewriting {
  readonly ranges: readonly Range[];
  readonly clock: Clock;
  readonly done?: (bytes: number) => void;
}

/** Side by side they are one, up to what a host confirms at one time. */
function joined(ranges: readonly Range[]): readonly Range[] {
  const out: { at: number; length: number }[] = [];
  for (const { at, length } of ranges) {
    const last = out.at(-1);
    const isNext =
      last !== undefined && last.at + last.length === at && last.length + length <= SEGMENT_BYTES;
    if (isNext) last.length += length;
    else
      for (let done = 0; done < length; done += SEGMENT_BYTES)
        out.push({ at: at + done, length: Math.min(SEGMENT_BYTES, length - done) });
  }
  return out;
}
