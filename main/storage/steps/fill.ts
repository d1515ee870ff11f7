import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { readPool, volumeXml } from '../../../drivers/libvirt/model/index.ts';
import { poolAbilities } from '../../contract/pool-abilities.ts';
import type { Clock } from '../../hosts/clock.ts';
import { FailureError } from '../../hosts/failures.ts';
import { hostBoot } from '../../jobs/host-boot.ts';
import type { StepContext } from '../../jobs/engine/step.ts';
import { roomForBuffers } from '../buffer-room.ts';
import { failingAs, type ByteSource } from '../byte-source.ts';
import { openDigest, type DigestAlgorithm } from '../digest.ts';
import { Pace } from '../pace.ts';
import { poolByUuid } from '../read.ts';
import { uploadVolume, UploadState } from '../upload.ts';
import { overLostLinks, type HostWait } from './deps.ts';
import { OpenNotes } from './open-notes.ts';
import { assertStillOwn, makeVolume, noteOpen, noteWhole, reopen } from './own-volume.ts';
import { refreshPool, volumeAt, whenIdle, type VolumePlace } from './volume-calls.ts';

export interface Fill extends VolumePlace {
  readonly host: string;
  readonly source: ByteSource;
  /** Null: nobody asks for a digest. */
  readonly algorithm: DigestAlgorithm | null;
  readonly clock: Clock;
  /** How a link that is lost in the middle is waited for; null: not at all, there is little to do anew. */
  readonly wait: HostWait | null;
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
 * Makes a volume of the size of the bytes, and writes them into it. It is made raw, whatever they are: only so does libvirt let an image
 * be written as it is; what it is, the host finds when it looks at its files again.
 * @returns the digest of the bytes, in hex; empty where none was asked for
 */
export async function fillVolume(step: StepContext, fill: Fill): Promise<string> {
  const { host, source, algorithm, clock, wait, kept } = fill;
  const before = kept?.confirmedBytes ?? null;
  const client = await step.session(host).bulkClient();
  const pool = await poolByUuid(client, fill.pool);
  const isOfFiles = poolAbilities(
    readPool((await client.remote.storagePoolGetXmlDesc({ pool, flags: 0 })).xml).type,
  ).files;
  const wanted = { capacityBytes: source.sizeBytes, format: isOfFiles ? 'raw' : null, empty: true } as const;
  const xml = volumeXml({
    name: fill.name,
    capacityBytes: source.sizeBytes,
    // Volumes of pools that have no files are made as large as they will be.
    ...(isOfFiles ? { allocationBytes: 0, format: 'raw' } : {}),
  });
  const make = () => client.remote.storageVolCreateXml({ pool, xml, flags: 0 }, { timeoutMs: 0 });
  const vol =
    before === null
      ? await makeVolume(step, client, { host, wanted, make, appears: null })
      : await volumeAt(client, fill);
  if (before !== null) await reopen(step, client, { host, vol, name: fill.name });
  const state = new UploadState(openDigest(algorithm, source.sizeBytes, step.signal));
  state.confirmedBytes = before ?? 0;
  // How far the program before has come nobody knows.
  state.tornTo = before === null ? 0 : Infinity;
  const giveRoomBack = roomForBuffers();
  const pace = new Pace(clock, source.sizeBytes, (now) => step.progress(now));
  // While the first bytes go; who does not tell now is not asked later either.
  const boot = hostBoot(step.session(host), step.signal).catch(() => null);
  let begun = false;
  const write = async () => {
    const again = begun;
    begun = true;
    if (again) await assertNotStartedAnew(step, fill, await boot);
    return writeBytes(step, fill, { state, pace, again });
  };
  const digest = await (wait === null ? write() : overLostLinks(wait, { step, hosts: [host] }, write))
    .catch(causeOf)
    .finally(() => {
      state.digest.close();
      giveRoomBack();
    });
  await kept?.keep(source.sizeBytes);
  // While another volume is being made in the pool, libvirt does not look through it.
  await whenIdle(step, { clock }, () => refreshPool(step.client(host), pool, step.signal));
  await noteWhole(step, step.client(host), await volumeAt(step.client(host), fill));
  return digest;
}

/**
 * What libvirt confirms it has handed to its host, and not yet written to the disk.
 * @throws FailureError CONFLICT
 */
async function assertNotStartedAnew(step: StepContext, fill: Fill, before: string | null): Promise<void> {
  if (before === null) return;
  const session = step.session(fill.host);
  const now = await hostBoot(session, step.signal);
  if (now === before) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `${session.name} was started anew while ${fill.name} was written: what it had taken may not be on its disk. Nothing more is written to it; begin anew.`,
  });
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
  const notes = new OpenNotes(fill.clock, async () => {
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
