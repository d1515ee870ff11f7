import type { ByteSource } from '../../../storage/byte-source.ts';
import type { DataSum } from '../../../storage/data-digest.ts';
import { volumeData, type VolumeData } from '../../../storage/host-bytes.ts';
import { rangesDigest } from '../../../storage/host-data.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { LongRead } from '../../../storage/long-read.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { fillVolume } from '../../../storage/steps/fill.ts';
import { volumeAt, type VolumeParams } from '../../../storage/steps/volume-calls.ts';
import { overWay } from '../../direct/over-way.ts';
import { hostOfPlan, type WayOfStep } from '../../direct/way.ts';
import type { Item, SentDisk } from '../../direct/sent-disk.ts';
import type { StepContext } from '../../engine/step.ts';

const ALGORITHM = 'sha256';
const SUMMING = { program: 'sha256sum' } as const;

/** What was sent. */
export interface SentSum extends Omit<DataSum, 'digest'> {
  /** Tells the digest, where that is not known already. */
  digest(): Promise<string>;
}

export interface Straight {
  readonly to: VolumeParams;
  readonly from: VolumeParams;
  readonly way: WayOfStep & { readonly sourceName: string };
  /** The same bytes through this program, for where the way leads no further. */
  readonly source: ByteSource;
  readonly wait: HostWait;
}

/**
 * Lets a host send a volume's data to a volume of another host by itself.
 * @returns what it has sent; null: nothing, as there is no way
 * @throws FailureError
 */
export async function sendStraight(
  step: StepContext,
  { to, from, way, source, wait }: Straight,
): Promise<SentSum | null> {
  const { clock } = wait;
  const host = hostOfPlan({ host: from.host, hostName: way.sourceName }, step, clock);
  const sent = { way, host: to.host, summing: SUMMING };
  return overWay(sent, { source: host, clock, step }, async (wayOf) => {
    if (wayOf === null) return null;
    const data = await dataOf(step, from, wait);
    if (data === null || data.sizeBytes !== source.sizeBytes) {
      step.log(
        `${from.name} goes through this computer: ${way.sourceName} does not tell what its programs find there`,
        'remark',
      );
      return null;
    }
    const bytes = new LongRead(source);
    try {
      const direct = wayOf({ disk: sentDisk(data), bytes, summed: null });
      await fillVolume(step, { ...to, source: bytes, algorithm: null, wait, direct });
    } finally {
      await bytes.close();
    }
    const sum = { sizeBytes: data.sizeBytes, algorithm: ALGORITHM, ranges: data.ranges } as const;
    return { ...sum, digest: () => digestOf(step, { from, sum, name: way.sourceName, wait }) };
  });
}

/** Does work while the way, where there is one, stays open for the disks that are still to come: neither host hears of the job else. */
export function whileOpen<T>(
  step: StepContext,
  {
    from,
    to,
    way,
    wait: { clock },
  }: Omit<Straight, 'source' | 'way'> & { readonly way: Straight['way'] | null },
  work: () => Promise<T>,
): Promise<T> {
  if (way === null) return work();
  const source = hostOfPlan({ host: from.host, hostName: way.sourceName }, step, clock);
  return overWay({ way, host: to.host, summing: SUMMING }, { source, clock, step }, work);
}

/** Null where its programs cannot read it, or not tell what they read. */
function dataOf(step: StepContext, from: VolumeParams, wait: HostWait): Promise<VolumeData | null> {
  return overLostLinks(wait, { step, hosts: [from.host] }, async () => {
    const { signal } = step;
    const session = step.session(from.host);
    const data = await volumeData(session, { vol: await volumeAt(session.client, from), signal });
    if (data === null) return null;
    const { sizeBytes } = data;
    const none = await rangesDigest(session, from, { sizeBytes, algorithm: ALGORITHM, ranges: [], signal });
    return none === null ? null : data;
  });
}

/** As the source has it now. */
function digestOf(
  step: StepContext,
  {
    from,
    sum,
    name,
    wait,
  }: Pick<Straight, 'from' | 'wait'> & { readonly sum: Omit<DataSum, 'digest'>; readonly name: string },
): Promise<string> {
  step.log(`${name} reads ${from.name} again`);
  return overLostLinks(wait, { step, hosts: [from.host] }, async () => {
    const digest = await rangesDigest(step.session(from.host), from, { ...sum, signal: step.signal });
    if (digest !== null) return digest;
    throw new FailureError({
      code: 'CONFLICT',
      message: `${name} could not read ${from.name} again, so that nobody knows whether the copy is whole.`,
    });
  });
}

/** Data of one file, and zeros between. */
export function sentDisk({ path, sizeBytes, ranges }: VolumeData): SentDisk {
  const device = { path, live: false };
  const pieces: { at: number; length: number; item: Item }[] = [];
  let end = 0;
  for (const { at, length } of ranges) {
    if (at > end) pieces.push({ at: end, length: at - end, item: { zeros: at - end } });
    pieces.push({ at, length, item: { device, at, length } });
    end = at + length;
  }
  if (end < sizeBytes) pieces.push({ at: end, length: sizeBytes - end, item: { zeros: sizeBytes - end } });
  return {
    sizeBytes,
    *items(from, to) {
      for (const { at: start, length: all, item } of pieces) {
        const at = Math.max(start, from);
        const length = Math.min(start + all, to) - at;
        if (length <= 0) continue;
        yield { at, length, item: 'device' in item ? { device, at, length } : { zeros: length } };
      }
    },
  };
}
