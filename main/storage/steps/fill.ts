import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { FailureError } from '../../hosts/failures.ts';
import { hostBoot } from '../../jobs/host-boot.ts';
import type { StepContext } from '../../jobs/engine/step.ts';
import { roomForBuffers } from '../buffer-room.ts';
import { failingAs, type ByteSource } from '../byte-source.ts';
import { openDigest, type Digest, type DigestAlgorithm } from '../digest.ts';
import { Pace } from '../pace.ts';
import { poolByUuid } from '../read.ts';
import { uploadVolume, UploadState } from '../upload.ts';
import { overLostLinks, type HostWait } from './deps.ts';
import { makeEmpty } from './make-empty.ts';
import { OpenNotes } from './open-notes.ts';
import { assertStillOwn, noteOpen, noteWhole, reopen } from './own-volume.ts';
import { refreshPool, volumeAt, whenIdle, type VolumePlace } from './volume-calls.ts';

export interface Fill extends VolumePlace {
  readonly host: string;
  readonly source: ByteSource;
  /** Null: nobody asks for a digest. */
  readonly algorithm: DigestAlgorithm | null;
  /** Another digest than that of all bytes by `algorithm`; it is closed. Left out: there is none. */
  readonly digest?: Digest;
  readonly wait: HostWait;
  /** Another way for the bytes than through this program, which is tried first; where a digest is asked for there is none. Left out: none. */
  readonly direct?: FillWay | null;
  /** What outlives this program; left out: nothing does. */
  readonly kept?: KeptFill;
  /** Of what is confirmed at one time (upload.ts). */
  readonly segmentBytes?: number;
}

/** What of a volume that is filled outlives this program. */
export interface KeptFill {
  /** An earlier program has filled the volume that the step's note tells of so far; null: there is none yet. */
  readonly confirmedBytes: number | null;
  /** Told when the host has confirmed more; `bytes` in all. */
  readonly keep: (bytes: number) => Promise<void>;
}

/** A volume that is being filled, for another way. */
export interface Filling {
  /** Of the host, for what is long. */
  readonly client: LibvirtClient;
  readonly vol: StorageVolRef;
  readonly signal: AbortSignal;
  /** How far the volume is. */
  readonly state: Pick<UploadState, 'confirmedBytes'>;
  /** All bytes of the source up to there are on the host's disk. */
  readonly confirmed: (bytes: number) => void;
}

/** A way by which the bytes of a source come to a volume. */
export interface FillWay {
  /**
   * Fills the volume from `state` on, as far as the way leads; what is left goes by libvirt, so nothing writes any more when it is done, and what is behind the confirmed bytes
   * reads as zeros.
   * @throws LinkError, FailureError HOST_UNREACHABLE when the link went: then it may be called again
   */
  fill(filling: Filling): Promise<void>;
}

/**
 * Makes a volume of the size of the bytes, and writes them into it. Whenever the host is away, it is waited for.
 * @returns the digest of the bytes, in hex; empty where none was asked for
 * @throws NothingDone as makeEmpty
 */
export async function fillVolume(step: StepContext, fill: Fill): Promise<string> {
  const { host, source, algorithm, wait, kept } = fill;
  const over = <T>(work: () => Promise<T>): Promise<T> => overLostLinks(wait, { step, hosts: [host] }, work);
  const before = kept?.confirmedBytes ?? null;
  if (before === null) await makeEmpty(step, { ...fill, sizeBytes: source.sizeBytes });
  else await over(() => openAgain(step, fill));
  const state = new UploadState(fill.digest ?? openDigest(algorithm, source.sizeBytes, step.signal));
  state.confirmedBytes = before ?? 0;
  // How far the program before has come nobody knows.
  state.tornTo = before === null ? 0 : Infinity;
  const giveRoomBack = roomForBuffers();
  const pace = new Pace(wait.clock, source.sizeBytes, (now) => step.progress(now));
  const start = new HostStart(step, fill);
  const write = async () => writeBytes(step, fill, { state, pace, again: await start.isAgain() });
  const digest = await over(write)
    .catch(causeOf)
    .finally(() => {
      state.digest.close();
      giveRoomBack();
    });
  await kept?.keep(source.sizeBytes);
  let isSeen = true;
  await over(async () => {
    const again = !isSeen && (await start.isAgain());
    isSeen = false;
    await noteFilled(step, fill, again);
  });
  return digest;
}

/** An earlier program has filled it up to somewhere. */
async function openAgain(step: StepContext, { host, ...place }: Fill): Promise<void> {
  const client = await step.session(host).bulkClient();
  const vol = await volumeAt(client, place);
  await reopen(step, client, { host, vol, name: place.name });
}

/** @param again the link was lost since its last bytes were confirmed */
async function noteFilled(step: StepContext, fill: Fill, again: boolean): Promise<void> {
  const client = step.client(fill.host);
  const pool = await poolByUuid(client, fill.pool);
  // While another volume is being made in the pool, libvirt does not look through it.
  await whenIdle(step, fill.wait, () => refreshPool(client, pool, step.signal));
  const vol = await volumeAt(client, fill);
  if (again) await assertStillOwn(step, client, { vol, name: fill.name });
  await noteWhole(step, client, vol);
}

/** By which start of its host a volume is filled: what libvirt confirms it has handed to the host, and not yet written to the disk. */
class HostStart {
  readonly #step: StepContext;
  readonly #fill: Fill;
  #before: Promise<string | null> | null = null;
  #isAsked = false;

  constructor(step: StepContext, fill: Fill) {
    this.#step = step;
    this.#fill = fill;
  }

  /**
   * Whether it was asked before: then the link was lost since.
   * @throws FailureError CONFLICT where the host was started anew
   */
  async isAgain(): Promise<boolean> {
    const { signal } = this.#step;
    const session = this.#step.session(this.#fill.host);
    const again = this.#isAsked;
    this.#isAsked = true;
    if (this.#before === null) {
      // While bytes go; whose link was lost under the question is asked again.
      this.#before = hostBoot(session, signal).catch(() => {
        this.#before = null;
        return null;
      });
      return again;
    }
    const before = await this.#before;
    if (before === null || (await hostBoot(session, signal)) === before) return true;
    throw new FailureError({
      code: 'CONFLICT',
      message: `${session.name} was started anew while ${this.#fill.name} was written: what it had taken may not be on its disk. Nothing more is written to it; begin anew.`,
    });
  }
}

interface Writing {
  readonly state: UploadState;
  readonly pace: Pace;
  /** The link was lost since it was begun. */
  readonly again: boolean;
}

async function writeBytes(step: StepContext, fill: Fill, { state, pace, again }: Writing): Promise<string> {
  const { kept } = fill;
  const client = await step.session(fill.host).bulkClient();
  const vol = await volumeAt(client, fill);
  if (again) await assertStillOwn(step, client, { vol, name: fill.name });
  const { signal } = step;
  const own = await step.session(fill.host).openStreamClient(signal);
  const notes = new OpenNotes(fill.wait.clock, async () => {
    await noteOpen(step, client, vol);
    await kept?.keep(state.confirmedBytes);
  });
  try {
    const told = {
      confirmed: (bytes: number) => {
        state.confirmedBytes = bytes;
        pace.at(bytes);
      },
    };
    if (fill.algorithm === null) await fill.direct?.fill({ client: own, vol, signal, state, ...told });
    return await uploadVolume(
      own,
      {
        vol,
        source: marked(fill.source),
        // Blocks may hold what was there before.
        sparse: !vol.key.startsWith('/dev/'),
        signal,
        progress: (bytes) => pace.at(bytes),
        ...(kept === undefined ? {} : { confirmed: (bytes) => kept.keep(bytes) }),
        ...(fill.segmentBytes === undefined ? {} : { segmentBytes: fill.segmentBytes }),
      },
      state,
    );
  } finally {
    void own.close();
    await notes.end();
  }
}

/** The source failed, not the host: a web server that cannot be reached must not be taken for a host that will be back. */
class SourceFault extends Error {
  override readonly name = 'SourceFault';
}

function marked(source: ByteSource): ByteSource {
  return failingAs(source, (cause) => new SourceFault('The source failed', { cause }));
}

function causeOf(error: unknown): never {
  throw error instanceof SourceFault ? error.cause : error;
}
