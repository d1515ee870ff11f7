import { createHash } from 'node:crypto';
import { volumeXml } from '../../../../drivers/libvirt/model/index.ts';
import type { ByteSource } from '../../../storage/byte-source.ts';
import { poolByUuid } from '../../../storage/read.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { uploadVolume, UploadState } from '../../../storage/upload.ts';
import type { StepContext } from '../../engine/step.ts';
import { asNothingDone, volumeAt, type VolumePlace } from './host-calls.ts';
import { progressOf } from './progress.ts';

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
  const told = progressOf(step);
  const progress = (bytes: number): void => told(bytes, source.sizeBytes);
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
