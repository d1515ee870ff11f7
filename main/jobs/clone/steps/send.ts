import { z } from 'zod';
import { readVolume, type VolumeModel } from '../../../../drivers/libvirt/model/index.ts';
import type { Zeros } from '../../../../drivers/formats/zero-runs.ts';
import { FailureError } from '../../../hosts/failures.ts';
import type { ByteSource } from '../../../storage/byte-source.ts';
import { openDigest } from '../../../storage/digest.ts';
import { hostDigest } from '../../../storage/host-digest.ts';
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
import type { StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';

const sendParams = volumeParams.extend({
  /** On another host. It may be made by an earlier step. */
  from: volumeParams,
  /** `firmware`, `tpm`: a machine that was never started has none, and then nothing is sent. `cd`: what is in a drive, which nobody writes to. */
  what: z.enum(['disk', 'cd', 'firmware', 'tpm']),
  format: z.enum(['raw', 'qcow2']),
  /** It is the job's own, and nobody else writes to it. */
  temporary: z.boolean(),
});
type SendParams = z.infer<typeof sendParams>;

/** Sends a volume to another host through this program, byte for byte and with its holes; what has arrived is read back and compared. */
export function sendStep(wait: HostWait) {
  return stepKind<SendParams, { sha256: string | null }>({
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
        return { sha256: null };
      }
      const before = await modelOf(step, from, wait);
      const source = volumeOnHost(step, from, { sizeBytes: sizeOf(before, params), wait });
      const sha256 = await fillVolume(step, {
        ...params,
        source,
        algorithm: 'sha256',
        wait,
      });
      await compare(params, step, { wait, sizeBytes: source.sizeBytes, sha256 });
      // A machine that was started meanwhile wrote to it, or whoever else has it.
      const after = await modelOf(step, from, wait);
      if (before.changed !== after.changed || before.physicalBytes !== after.physicalBytes)
        throw new FailureError({
          code: 'CONFLICT',
          message: `${from.name} was changed while it was sent: the copy is not whole.`,
        });
      step.log(`SHA-256 of ${params.name}, as the host has it: ${sha256}`);
      return { sha256 };
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

interface Arrived {
  readonly wait: HostWait;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** @throws FailureError CONFLICT where the host has other bytes than were sent, or takes them for something else */
async function compare(
  params: SendParams,
  step: StepContext,
  { wait, sizeBytes, sha256 }: Arrived,
): Promise<void> {
  const arrived =
    (await toldByHost(params, step, wait)) ?? (await readBack(params, step, { wait, sizeBytes }));
  if (arrived !== sha256)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${params.name} has other bytes than were sent: its disk may be broken.`,
    });
  if (params.what === 'disk')
    await overLostLinks(wait, { step, hosts: [params.host] }, async () => {
      const vol = await volumeAt(step.client(params.host), params);
      await assertArrived(step, params, { vol, use: 'disk' });
    });
}

/** By its own sha256sum: then they need not come back. Null where it does not tell. */
function toldByHost(params: SendParams, step: StepContext, wait: HostWait): Promise<string | null> {
  step.log(`The host reads ${params.name}`);
  const asked = { algorithm: 'sha256', signal: step.signal } as const;
  return overLostLinks(wait, { step, hosts: [params.host] }, () =>
    hostDigest(step.session(params.host), params, asked),
  );
}

async function readBack(
  params: SendParams,
  step: StepContext,
  { wait, sizeBytes }: Omit<Arrived, 'sha256'>,
): Promise<string> {
  step.log(`Reading ${params.name} back from the host`);
  const digest = openDigest('sha256', sizeBytes, step.signal);
  const there = volumeOnHost(step, params, { sizeBytes, wait });
  try {
    for await (const part of there.read(0, sizeBytes, step.signal)) await digest.add(part);
    return await digest.hex();
  } finally {
    digest.close();
  }
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
            at += part instanceof Uint8Array ? part.length : part.zeros;
            yield part;
          }
        } catch (error) {
          await whenBack(wait, { step, hosts: [from.host] }, error);
        }
    },
  };
}
