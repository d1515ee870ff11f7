import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readVolume, type VolumeModel } from '../../../drivers/libvirt/model/index.ts';
import type { StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { pause } from '../../hosts/clock.ts';
import { FailureError } from '../../hosts/failures.ts';
import { lookAtClock } from '../../jobs/clock-look.ts';
import type { StepContext } from '../../jobs/engine/step.ts';
import { NothingDone, Stays, type Written } from '../../jobs/engine/step.ts';
import { volumeByName } from '../read.ts';
import { isTaken } from '../taken.ts';
import type { HostWait } from './deps.ts';
import type { VolumePlace } from './volume-calls.ts';

/** What libvirt says of a volume that the job made. */
const facts = z.object({
  key: z.string(),
  /** Of the file itself; null where libvirt does not tell. */
  physicalBytes: z.number().nullable(),
  /** When its file was changed last; null for what is no file. */
  changed: z.string().nullable(),
});
type Facts = z.infer<typeof facts>;

const wanted = z.object({
  /** Null: nobody knows before it is there. */
  capacityBytes: z.number().nullable(),
  /** Null where the pool knows no formats. */
  format: z.string().nullable(),
  /** It holds nothing when it is made: no copy. */
  empty: z.boolean(),
});
export type WantedVolume = z.infer<typeof wanted>;

/** Between these seconds of the host's clock the host was asked for a volume. */
const span = z.object({ from: z.number(), to: z.number() });
type Span = z.infer<typeof span>;

/**
 * What a step keeps of the volume that it makes, from before libvirt is asked. `asked`: the answer was not seen; `refused`: libvirt did not
 * make it; `open`: it is there, and the step still works on it; `whole`: as the step left it.
 */
const note = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('asked'),
    wanted,
    /** Left out: of what is not empty, or by an older program. */
    when: span.optional(),
    /** Of the file that gets its name by the host itself (`stampOf`). */
    stamp: z.string().optional(),
  }),
  z.object({ state: z.literal('refused') }),
  z.object({
    state: z.literal('open'),
    wanted,
    facts,
    /** About now it was opened again, after it may have been left for hours: its first change is of then. Left out: it was not left. */
    when: span.optional(),
  }),
  z.object({ state: z.literal('whole'), facts }),
]);
export type VolumeNote = z.infer<typeof note>;

/** What the step, or another one, has noted; null when it asked for no volume, or has taken it back. */
export function volumeNoteOf(step: StepContext, id?: string): VolumeNote | null {
  const parsed = note.safeParse(step.noted(id));
  return parsed.success ? parsed.data : null;
}

/**
 * Waits for a call that libvirt cannot stop, also when the job is cancelled: only when it is over it is known what there is to take back.
 * @throws the signal's reason, after the call
 */
export async function untilAnswered<T>(step: StepContext, call: Promise<T>): Promise<T> {
  const cancelled = (): void =>
    step.log('Cancelling: libvirt cannot stop what it does now, and it is taken back when it is done');
  step.signal.addEventListener('abort', cancelled, { once: true });
  try {
    return await call;
  } finally {
    step.signal.removeEventListener('abort', cancelled);
  }
}

export interface Making {
  readonly host: string;
  readonly wanted: WantedVolume;
  /** The one call that makes it. */
  readonly make: () => Promise<{ vol: StorageVolRef }>;
  /** Where it appears while the host still works on it; null: it is empty, and there in an instant. */
  readonly appears: (Pick<HostWait, 'clock'> & { readonly at: VolumePlace }) | null;
}

/**
 * Makes a volume so that every undo knows what of it is the job's own.
 * @throws NothingDone when something of that name is there
 */
export async function makeVolume(
  step: StepContext,
  client: LibvirtClient,
  { host, wanted, make, appears }: Making,
): Promise<StorageVolRef> {
  step.signal.throwIfAborted();
  const noted = volumeNoteOf(step);
  // An earlier try of the step may have made it as well.
  const before = noted?.state === 'asked' ? noted.when : undefined;
  const when = wanted.empty ? await spanNow(step, host, before) : null;
  await step.note({ state: 'asked', wanted, ...(when === null ? {} : { when }) });
  const sight = appears === null ? null : catchSight(step, client, { wanted, ...appears });
  const vol = await answerOf(step, make, sight).catch(async (error: unknown) => {
    if (isTaken(error)) throw new NothingDone(error);
    // libvirt removes what it could not make; what is there all the same may be another's, unless an earlier try has made it.
    if (error instanceof LibvirtError && noted?.state !== 'asked') await step.note({ state: 'refused' });
    throw error;
  });
  await step.note({ state: 'open', wanted, facts: await factsOf(client, vol) });
  step.signal.throwIfAborted();
  return vol;
}

/** How far a host's clock may be from this computer's, where nobody tells. */
const UNKNOWN_CLOCK_MS = 300_000;
/** File systems write the time of the kernel's last tick, and some round it. */
const TICK_MS = 2000;

/** Now by the host's clock, and from `before` on where there was one. */
async function spanNow(step: StepContext, host: string, before?: Span): Promise<Span> {
  const look = await lookAtClock(step.session(host), step.signal);
  step.signal.throwIfAborted();
  const { aheadMs, withinMs } = look ?? { aheadMs: 0, withinMs: UNKNOWN_CLOCK_MS };
  const now = Date.now() + aheadMs;
  const slackMs = withinMs + TICK_MS;
  return {
    from: Math.min((now - slackMs) / 1000, before?.from ?? Infinity),
    to: (now + slackMs) / 1000,
  };
}

async function answerOf(
  step: StepContext,
  make: Making['make'],
  sight: { end: () => Promise<void> } | null,
): Promise<StorageVolRef> {
  try {
    return (await untilAnswered(step, make())).vol;
  } finally {
    await sight?.end();
  }
}

/** How soon is looked whether the host has begun, and how often in the end: until it was seen, nobody knows after a kill whose it is. */
const SIGHT_MS = { first: 20, last: 250 };

/**
 * Notes what the host fills as soon as it has its name: while the call runs that makes it nobody else can have made that, and hours later nothing
 * else would tell the half of it from another's.
 */
function catchSight(
  step: StepContext,
  client: LibvirtClient,
  { wanted, clock, at }: { readonly wanted: WantedVolume } & NonNullable<Making['appears']>,
): { end: () => Promise<void> } {
  const over = new AbortController();
  const seen = async (): Promise<Facts | null> => {
    try {
      const vol = await volumeByName(client, at);
      return vol === null ? null : await factsOf(client, vol);
    } catch (error) {
      // libvirt has its name before QEMU has made the file, and then cannot describe it yet.
      if (error instanceof LibvirtError) return null;
      throw error;
    }
  };
  const look = async (): Promise<void> => {
    for (let wait = SIGHT_MS.first; ; wait = Math.min(2 * wait, SIGHT_MS.last)) {
      await pause(clock, wait, over.signal);
      if (over.signal.aborted) return;
      const facts = await seen();
      if (facts === null || over.signal.aborted) continue;
      await step.note({ state: 'open', wanted, facts });
      return;
    }
  };
  // The call itself tells of a link that is lost.
  const looking = look().catch(() => undefined);
  return {
    end: () => {
      over.abort();
      return looking;
    },
  };
}

/** The step still writes to the volume: what is changed much later than this it has not done. */
export async function noteOpen(step: StepContext, client: LibvirtClient, vol: StorageVolRef): Promise<void> {
  const noted = volumeNoteOf(step);
  if (noted?.state !== 'open') return;
  const found = await factsOf(client, vol);
  const { when, ...rest } = noted;
  const physicalBytes = largest(noted, found);
  await step.note({ ...rest, ...(when === undefined ? {} : { when }), facts: { ...found, physicalBytes } });
}

/** Up to its end the file grows again and again: it was made as large as it may become. */
function largest(noted: VolumeNote | null, { physicalBytes: now }: Facts): number | null {
  if (noted?.state !== 'open') return now;
  const { physicalBytes: before } = noted.facts;
  return before === null || now === null ? null : Math.max(before, now);
}

/**
 * The step writes to its volume again, which was whole and nobody has changed since; empty as it was made, so that it is known by its times: either
 * nothing is written yet, or that was begun about now.
 * @throws FailureError CONFLICT when it was changed, or another one has its name by now
 */
export async function reopen(
  step: StepContext,
  client: LibvirtClient,
  { host, ...at }: { readonly host: string; readonly vol: StorageVolRef; readonly name: string },
): Promise<void> {
  const when = await spanNow(step, host);
  const noted = volumeNoteOf(step);
  const model = await assertStillOwn(step, client, at);
  const wanted = { capacityBytes: model.capacityBytes, format: null, empty: true };
  const found = toFacts(at.vol, model);
  await step.note({ state: 'open', wanted, facts: { ...found, physicalBytes: largest(noted, found) }, when });
}

/** The step has done with the volume: from here on nobody but a later step of the job changes it. */
export async function noteWhole(step: StepContext, client: LibvirtClient, vol: StorageVolRef): Promise<void> {
  await step.note({ state: 'whole', facts: await factsOf(client, vol) });
}

/**
 * Before the step writes on to the volume that it made, after it has lost sight of it, or writes to it again: then nobody has changed it since.
 * @returns what libvirt says of it now
 * @throws FailureError CONFLICT when another one has its name by now
 */
export async function assertStillOwn(
  step: StepContext,
  client: LibvirtClient,
  { vol, name }: { readonly vol: StorageVolRef; readonly name: string },
): Promise<VolumeModel> {
  const noted = volumeNoteOf(step);
  const model = readVolume((await client.remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml);
  try {
    if (noted !== null) assertOwn(noted, { vol, model }, { what: name, written: step.written() });
    return model;
  } catch (error) {
    if (!(error instanceof Stays)) throw error;
    const message =
      noted?.state === 'whole'
        ? `${name} was changed since this job filled it, or another volume has got its name: nothing is written to it.`
        : `While the link was lost, another volume may have got the name ${name}: nothing more is written to it.`;
    throw new FailureError({ code: 'CONFLICT', message });
  }
}

async function factsOf(client: LibvirtClient, vol: StorageVolRef): Promise<Facts> {
  return toFacts(vol, readVolume((await client.remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml));
}

export function toFacts(vol: StorageVolRef, { type, physicalBytes, changed }: VolumeModel): Facts {
  return { key: vol.key, physicalBytes, changed: type === 'file' ? changed : null };
}

/**
 * Refuses where a volume is not, or may not be, the one that the step made.
 * @param what as `leaves` names it
 * @throws Stays
 */
export function assertOwn(
  noted: VolumeNote,
  { vol, model }: { readonly vol: StorageVolRef; readonly model: VolumeModel },
  { what, written }: { readonly what: string; readonly written: Written },
): void {
  const found = toFacts(vol, model);
  switch (noted.state) {
    case 'refused':
      throw new Stays(what, 'libvirt did not make it for this job, so it may be another’s');
    case 'asked':
      // Then size and format are no proof.
      if (!noted.wanted.empty)
        throw new Stays(what, 'nobody saw who made it, and what it holds does not tell');
      if (!isAsWanted(noted.wanted, model))
        throw new Stays(what, 'nobody saw who made it, and it is not as this job wanted it');
      if (noted.when === undefined || found.changed === null)
        throw new Stays(what, 'nobody saw who made it, and its pool does not tell when that was');
      if (isMadeWithin(noted.when, found.changed)) return;
      throw new Stays(what, 'nobody saw who made it, and it was not made when this job asked for it');
    case 'open':
      if (found.key !== noted.facts.key || !isStillOpen(noted, found, model))
        throw new Stays(what, 'another one took its place');
      return assertTold(noted.facts, { found, model, what });
    case 'whole':
      if (found.key !== noted.facts.key || !isAsLeft(noted.facts, found, written))
        throw new Stays(what, 'somebody changed it since this job made it');
      return assertTold(noted.facts, { found, model, what });
  }
}

/**
 * What is no file has no times, and then its key is all there is: LVM's is a UUID, which no other one gets. RBD's, ZFS's and that of a partition
 * are its name or path, which are those of whatever is made there next, and its size and format may be the same.
 */
function assertTold(
  noted: Facts,
  { found, model, what }: { readonly found: Facts; readonly model: VolumeModel; readonly what: string },
): void {
  if (noted.changed !== null && found.changed !== null) return;
  const { key } = found;
  if (key === model.path || key === model.name || key.endsWith(`/${model.name}`))
    throw new Stays(what, 'its pool tells nothing by which it is known from another one of that name');
}

type OpenNote = Extract<VolumeNote, { state: 'open' }>;

/** What the host fills by itself it may fill for hours after the link was lost; what a step writes ends with the link. */
function isStillOpen({ wanted, facts: noted, when }: OpenNote, found: Facts, model: VolumeModel): boolean {
  if (wanted.empty) {
    const isBegun = when !== undefined && found.changed !== null && isMadeWithin(when, found.changed);
    return isNoLarger(noted, found) && (isBegun || isChangedSoonAfter(noted, found));
  }
  return (
    (model.capacityBytes ?? 0) >= (wanted.capacityBytes ?? 0) &&
    (wanted.format === null || isFormat(wanted.format, model.format))
  );
}

/** What was on its way is written by then. */
const WRITTEN_MS = 180_000;

/**
 * A host may take its time for what it was asked. What is no file has no such proof, nor another one: a volume group gives each volume a UUID,
 * which is libvirt's key of it, and RBD and ZFS have none but the name; libvirt tells either only in the answer that was lost, it takes neither
 * a key nor a mark of ours when it is asked, and that the name was free before does not say who took it. Size and format are those of anybody's.
 */
function isMadeWithin(when: Span, changed: string): boolean {
  const made = Number(changed.split(' ')[1] ?? NaN);
  return made >= when.from && made <= when.to + WRITTEN_MS / 1000;
}

/** `changed` is the seconds of the file's last change of bytes, and of its name or owner: one that is put in its place has a later one. */
function isChangedSoonAfter(noted: Facts, found: Facts): boolean {
  if (noted.changed === null || found.changed === null) return true;
  const before = Number(noted.changed.split(' ')[1] ?? NaN);
  const after = Number(found.changed.split(' ')[1] ?? NaN);
  return after >= before && after - before <= WRITTEN_MS / 1000;
}

/** At a hole, a sparse upload cuts the file off where it is (virFDStreamThreadDoWrite): one that ended there is smaller than it was made. */
function isNoLarger(noted: Facts, found: Facts): boolean {
  return (
    noted.physicalBytes === null ||
    (found.physicalBytes !== null && found.physicalBytes <= noted.physicalBytes)
  );
}

function isAsLeft({ changed: noted }: Facts, { changed: found }: Facts, written: Written): boolean {
  if (written === 'begun' || noted === null || found === null) return true;
  // The owner is a part of the inode's time, and not of the bytes'.
  return written === 'never' ? noted === found : noted.split(' ')[0] === found.split(' ')[0];
}

/** QEMU rounds up to its clusters and sectors; volume groups to their extents. */
const ROUNDING_BYTES = { file: 64 * 1024, other: 64 * 1024 ** 2 };
/** Headers and tables of an empty image, beside what grows with its size: the tables that name its clusters, all there already where they were asked for. */
const EMPTY_BYTES = 2 * 1024 ** 2;
const TABLES_PART = 1 / 2048;

function isAsWanted({ capacityBytes, format, empty }: WantedVolume, model: VolumeModel): boolean {
  const isFile = model.type === 'file';
  const { capacityBytes: capacity, allocationBytes: allocation } = model;
  if (capacityBytes === null || capacity === null) return false;
  if (format !== null && !isFormat(format, model.format)) return false;
  const over = capacity - capacityBytes;
  if (over < 0 || over > (isFile ? ROUNDING_BYTES.file : ROUNDING_BYTES.other)) return false;
  return !empty || !isFile || (allocation ?? 0) <= EMPTY_BYTES + capacity * TABLES_PART;
}

/** What libvirt sees in a raw file when it looks again: a file system of a CD, or nothing. */
const RAW = new Set([null, 'raw', 'iso', 'unknown']);

function isFormat(wanted: string, found: string | null): boolean {
  return wanted === found || (wanted === 'raw' && RAW.has(found));
}
