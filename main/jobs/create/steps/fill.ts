import { createHash } from 'node:crypto';
import { volumeXml } from '../../../../drivers/libvirt/model/index.ts';
import type { ByteSource } from '../../../storage/byte-source.ts';
import { poolByUuid } from '../../../storage/read.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { uploadVolume, UploadState } from '../../../storage/upload.ts';
import type { StepContext } from '../../engine/step.ts';
import { asNothingDone, volumeAt, type VolumePlace } from './host-calls.ts';

/** Speed and time left are told of this much time. */
const SPEED_WINDOW_MS = 5000;

export interface Fill extends VolumePlace {
  readonly host: string;
  readonly source: ByteSource;
  readonly algorithm: 'sha256' | 'sha512';
  /** How a link that is lost in the middle is waited for; null: not at all, there is little to do anew. */
  readonly wait: HostWait | null;
}

/**
 * Makes a volume of the size of the bytes, and writes them into it. It is made raw, whatever they are: only so does libvirt let an image
 * be written as it is; what it is, the host finds when it looks at its files again.
 * @returns the digest of the bytes, in hex
 */
export async function fillVolume(step: StepContext, fill: Fill): Promise<string> {
  const { host, name, source, algorithm, wait } = fill;
  const client = await step.session(host).bulkClient();
  const pool = await poolByUuid(client, fill.pool);
  const xml = volumeXml({ name, capacityBytes: source.sizeBytes, allocationBytes: 0, format: 'raw' });
  await client.remote
    .storageVolCreateXml({ pool, xml, flags: 0 }, { timeoutMs: 0, signal: step.signal })
    .catch(asNothingDone);
  const state = new UploadState();
  state.hash = createHash(algorithm);
  const progress = progressOf(step, source.sizeBytes);
  const write = () => writeBytes(step, fill, { state, progress });
  const digest = await (wait === null ? write() : overLostLinks(wait, { step, host }, write)).catch(causeOf);
  await step
    .client(host)
    .remote.storagePoolRefresh({ pool, flags: 0 }, { timeoutMs: 0, signal: step.signal });
  return digest;
}

interface Writing {
  readonly state: UploadState;
  readonly progress: (bytes: number) => void;
}

async function writeBytes(step: StepContext, fill: Fill, { state, progress }: Writing): Promise<string> {
  const client = await step.session(fill.host).bulkClient();
  const vol = await volumeAt(client, fill);
  return uploadVolume(
    client,
    // Blocks may hold what was there before.
    { vol, source: marked(fill.source), sparse: !vol.key.startsWith('/dev/'), signal: step.signal, progress },
    state,
  );
}

/** The source failed, not the host: a web server that cannot be reached must not be taken for a host that will be back. */
class SourceFault extends Error {
  override readonly name = 'SourceFault';
}

function marked(source: ByteSource): ByteSource {
  return {
    sizeBytes: source.sizeBytes,
    async *read(offset, length, signal) {
      try {
        yield* source.read(offset, length, signal);
      } catch (error) {
        throw new SourceFault('The source failed', { cause: error });
      }
    },
  };
}

function causeOf(error: unknown): never {
  throw error instanceof SourceFault ? error.cause : error;
}

function progressOf(step: StepContext, totalBytes: number): (bytes: number) => void {
  let before = { time: Date.now(), bytes: 0 };
  let speed: number | null = null;
  return (bytes) => {
    const elapsedMs = Date.now() - before.time;
    if (elapsedMs >= SPEED_WINDOW_MS / 5) {
      const now = ((bytes - before.bytes) * 1000) / elapsedMs;
      speed = speed === null ? now : speed * 0.8 + now * 0.2;
      before = { time: Date.now(), bytes };
    }
    step.progress({
      fraction: totalBytes === 0 ? 1 : bytes / totalBytes,
      bytesPerSecond: speed,
      secondsLeft: speed === null || speed === 0 ? null : (totalBytes - bytes) / speed,
    });
  };
}
