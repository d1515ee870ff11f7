import { z } from 'zod';
import { readVolume, type VolumeModel } from '../../../../drivers/libvirt/model/index.ts';
import { lengthOf, type Zeros } from '../../../../drivers/formats/zero-runs.ts';
import { FailureError } from '../../../hosts/failures.ts';
import type { ByteSource } from '../../../storage/byte-source.ts';
import { DataDigest, dataBytes, holds, isWhole, type DataSum } from '../../../storage/data-digest.ts';
import { hostHolds } from '../../../storage/host-data.ts';
import { LongRead } from '../../../storage/long-read.ts';
import { volumeByName, without } from '../../../storage/read.ts';
import { overLostLinks, whenBack, type HostWait } from '../../../storage/steps/deps.ts';
import { fillVolume } from '../../../storage/steps/fill.ts';
import { refuseUsed } from '../../../storage/steps/volume.ts';
import {
  checkFree,
  clearHalf,
  takeBack,
  volumeAt,
  volumeLeft,
  volumeParams,
} from '../../../storage/steps/volume-calls.ts';
import { assertArrived, assertSource } from '../../../storage/volume-image.ts';
import { VolumeReader } from '../../../storage/volume-reader.ts';
import { wayOfStep } from '../../direct/way.ts';
import type { StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { sendStraight, whileOpen, type SentSum } from './send-straight.ts';

const sendParams = volumeParams.extend({
  /** On another host. It may be made by an earlier step. */
  from: volumeParams,
  /** `firmware`, `tpm`: a machine that was never started has none, and then nothing is sent. `cd`: what is in a drive, which nobody writes to. */
  what: z.enum(['disk', 'cd', 'firmware', 'tpm']),
  format: z.enum(['raw', 'qcow2']),
  /** It is the job's own, and nobody else writes to it. */
  temporary: z.boolean(),
  /** By the hosts themselves; null: nobody agreed to that; `why`: it cannot be. Left out: by an older program. */
  way: z
    .union([wayOfStep.extend({ sourceName: z.string() }), z.object({ why: z.string() })])
    .nullable()
    .default(null),
});
type SendParams = z.infer<typeof sendParams>;

/** Sends a volume to another host, byte for byte and with its holes; what has arrived is compared. */
export function sendStep(wait: HostWait) {
  return stepKind<SendParams, null>({
    name: 'clone.send',
    params: sendParams,
    async check(params, step) {
      await checkFree(params, step);
      if (params.what !== 'disk' || params.temporary) return;
      const { from } = params;
      const claims = await refuseUsed(from, step, { done: 'copied', shared: true });
      const vol = await volumeAt(step.client(from.host), from);
      const { backingPath } = await assertSource(step.session(from.host), vol, {
        claims,
        signal: step.signal,
      });
      if (backingPath !== null)
        throw new FailureError({
          code: 'CONFLICT',
          message: `${from.name} lies on ${backingPath} since the plan was made: clone again.`,
        });
    },
    async run(params, step) {
      const { from, what } = params;
      if (what !== 'disk' && what !== 'cd' && !(await isThere(step, from, wait))) {
        step.log(
          `There is no ${from.name}, since the machine was never started: ${what === 'tpm' ? 'the TPM begins empty' : 'the firmware begins anew'}`,
        );
        return null;
      }
      const before = await modelOf(step, from, wait);
      const source = volumeOnHost(step, from, { sizeBytes: sizeOf(before, params), wait });
      const sum =
        (await straight(params, step, { source, wait })) ?? (await send(params, step, { source, wait }));
      const { way, from: _, ...to } = params;
      const open = way === null || 'why' in way ? null : way;
      const [told, same] = await whileOpen(step, { from, to, way: open, wait }, () =>
        compare(params, step, { wait, sum }),
      );
      if (told.status === 'rejected') throw told.reason;
      // A machine that was started meanwhile wrote to it, or whoever else has it.
      const after = await modelOf(step, from, wait);
      if (before.changed !== after.changed || before.physicalBytes !== after.physicalBytes)
        throw new FailureError({
          code: 'CONFLICT',
          message: `${from.name} was changed while it was sent: the copy is not whole.`,
        });
      if (same.status === 'rejected') throw same.reason;
      if (!same.value)
        throw new FailureError({
          code: 'CONFLICT',
          message: `${params.name} has other bytes than were sent: its disk may be broken.`,
        });
      await assertDisk(params, step, wait);
      step.log(wordsOf(params.name, { ...sum, digest: told.value }));
      return null;
    },
    settle: (params, step) => clearHalf(params, step, wait),
    undo: (params, _, step) => takeBack(params, step, wait),
    leaves: (params) => volumeLeft(params),
  });
}

/** Its folder may not be there either. */
function isThere(step: StepContext, from: SendParams['from'], wait: HostWait): Promise<boolean> {
  return overLostLinks(wait, { step, hosts: [from.host] }, async () => {
    const client = step.client(from.host);
    return (await volumeByName(client, from).catch(without(['VIR_ERR_NO_STORAGE_POOL']))) !== null;
  });
}

function wordsOf(name: string, sum: DataSum): string {
  if (isWhole(sum)) return `SHA-256 of ${name}, as the host has it: ${sum.digest}`;
  const kib = Math.ceil(dataBytes(sum.ranges) / 1024);
  return `SHA-256 of the data of ${name} (${kib} KiB), as the host has it: ${sum.digest}; all else in it is zeros`;
}

interface Sending {
  readonly source: ByteSource;
  readonly wait: HostWait;
}

/** @returns what was sent; null: nothing, as the hosts do not send it by themselves */
async function straight(
  { way, from, ...to }: SendParams,
  step: StepContext,
  { source, wait }: Sending,
): Promise<SentSum | null> {
  if (way !== null && !('why' in way)) return sendStraight(step, { to, from, way, source, wait });
  if (way !== null) step.log(`${from.name} goes through this computer: ${way.why}`, 'remark');
  return null;
}

/** Through this program. @returns what was sent */
async function send(params: SendParams, step: StepContext, { source, wait }: Sending): Promise<SentSum> {
  const { sizeBytes } = source;
  const algorithm = 'sha256';
  const digest = new DataDigest(algorithm, sizeBytes, step.signal);
  const whole = new LongRead(source);
  try {
    const hex = await fillVolume(step, { ...params, source: whole, algorithm, digest, wait });
    return { sizeBytes, algorithm, ranges: digest.ranges, digest: () => Promise.resolve(hex) };
  } finally {
    await whole.close();
  }
}

/** @returns the digest of what was sent, and whether the host has just that; both are looked for at one time */
function compare(
  params: SendParams,
  step: StepContext,
  { wait, sum }: { readonly wait: HostWait; readonly sum: SentSum },
): Promise<[PromiseSettledResult<string>, PromiseSettledResult<boolean>]> {
  const digest = sum.digest();
  return Promise.allSettled([digest, holdsIt(params, step, { wait, sum: { ...sum, digest } })]);
}

async function holdsIt(
  params: SendParams,
  step: StepContext,
  {
    wait,
    sum,
  }: { readonly wait: HostWait; readonly sum: Omit<DataSum, 'digest'> & { digest: Promise<string> } },
): Promise<boolean> {
  step.log(`The host reads ${params.name}`);
  // By its own programs: then the bytes need not come back.
  const held = await overLostLinks(wait, { step, hosts: [params.host] }, () =>
    hostHolds(step.session(params.host), params, { sum, signal: step.signal }),
  );
  return held ?? readBack(params, step, { wait, sum: { ...sum, digest: await sum.digest } });
}

/** @throws FailureError CONFLICT where the host takes it for something else */
async function assertDisk(params: SendParams, step: StepContext, wait: HostWait): Promise<void> {
  if (params.what !== 'disk') return;
  await overLostLinks(wait, { step, hosts: [params.host] }, async () => {
    const vol = await volumeAt(step.client(params.host), params);
    await assertArrived(step, params, { vol, use: 'disk' });
  });
}

function readBack(
  params: SendParams,
  step: StepContext,
  { wait, sum }: { readonly wait: HostWait; readonly sum: DataSum },
): Promise<boolean> {
  step.log(`Reading ${params.name} back from the host`);
  const { sizeBytes } = sum;
  const there = volumeOnHost(step, params, { sizeBytes, wait });
  return holds(there.read(0, sizeBytes, step.signal), sum, step.signal);
}

function modelOf(step: StepContext, from: SendParams['from'], wait: HostWait): Promise<VolumeModel> {
  return overLostLinks(wait, { step, hosts: [from.host] }, async () => {
    const client = step.client(from.host);
    const vol = await volumeAt(client, from);
    return readVolume((await client.remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml);
  });
}

/** Of the file itself: an image's header says how large the disk in it is. */
function sizeOf({ capacityBytes, physicalBytes }: VolumeModel, { format }: SendParams): number {
  return (format === 'raw' ? null : physicalBytes) ?? capacityBytes ?? 0;
}

/** A volume of a host as a source that goes on where it stood after a lost link. */
function volumeOnHost(
  step: StepContext,
  from: SendParams['from'],
  { sizeBytes, wait }: { readonly sizeBytes: number; readonly wait: HostWait },
): ByteSource {
  const reader = new VolumeReader();
  return {
    sizeBytes,
    async *read(offset, length, signal): AsyncGenerator<Uint8Array | Zeros, void, void> {
      const end = offset + length;
      let at = offset;
      while (at < end)
        try {
          const session = step.session(from.host);
          const vol = await volumeAt(session.client, from);
          for await (const part of reader.read(session, { vol, offset: at, length: end - at, signal })) {
            at += lengthOf(part);
            yield part;
          }
        } catch (error) {
          await whenBack(wait, { step, hosts: [from.host] }, error);
        }
    },
  };
}
