import { createHash } from 'node:crypto';
import { z } from 'zod';
import { initrdSupplement } from '../../../../drivers/formats/cpio.ts';
import { FormatError } from '../../../../drivers/formats/errors.ts';
import { IsoImage } from '../../../../drivers/formats/iso9660/index.ts';
import { FailureError } from '../../../hosts/failures.ts';
import type { ByteSource } from '../../../storage/byte-source.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import type { StepContext, StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { openHttpSource } from '../http-source.ts';
import { isSimulated, simulatedFile } from '../simulated-web.ts';
import { volumeSource } from '../../../storage/random-source.ts';
import { fillVolume } from '../../../storage/steps/fill.ts';
import {
  checkFree,
  clearHalf,
  takeBack,
  volumeAt,
  volumeLeft,
  volumeParams,
} from '../../../storage/steps/volume-calls.ts';
import { bytesOf } from '../../../storage/zero-bytes.ts';
import { seedFilesOf } from './seed.ts';

/** Initrds of installers have up to some 250 MiB; one is held in memory, so that it is checked before a byte of it is on the host. */
const MAX_BYTES = 512 * 1024 * 1024;

const bootFileParams = volumeParams.extend({
  from: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('url'),
      url: z.string(),
      checksum: z.object({ algorithm: z.enum(['sha256', 'sha512']), hex: z.string() }).nullable(),
    }),
    /** A file on an ISO in a pool of the host. */
    z.object({ kind: z.literal('iso'), pool: z.string(), name: z.string(), path: z.string() }),
  ]),
  /** The secret that holds files for the initrd, as JSON of `seedFiles`; null: it stays as it is. There are hashes of passwords in them. */
  secret: z.string().nullable(),
});
type BootFileParams = z.infer<typeof bootFileParams>;

/** Makes a volume of an installer's kernel or initrd, with what the installer is to find in it. */
export const bootFileStep = (wait: HostWait): StepKind =>
  stepKind<BootFileParams, null>({
    name: 'create.bootFile',
    params: bootFileParams,
    asks: ({ secret }) => [secret],
    check: (params, step) => checkFree(params, step),
    async run(params, step) {
      const { host, secret } = params;
      const added = secret === null ? [] : seedFilesOf(await step.secret(secret));
      const { from } = params;
      // A web server that does not answer is no lost link of the host: it is told at once.
      const bytes =
        from.kind === 'url'
          ? await readFromWeb(host, from, step)
          : await overLostLinks(wait, { step, hosts: [host] }, () => readFromIso(host, from, step));
      const files = added.map(({ path, text }) => ({ path, content: Buffer.from(text, 'utf8') }));
      const supplement = files.length === 0 ? Buffer.alloc(0) : initrdSupplement(bytes.length, files);
      const source = inTwo(bytes, supplement);
      await fillVolume(step, { ...params, source, algorithm: 'sha256', wait });
      return null;
    },
    settle: (params, step) => clearHalf(params, step, wait),
    undo: (params, _result, step) => takeBack(params, step, wait),
    leaves: (params) => volumeLeft(params),
  });

async function readFromWeb(
  host: string,
  from: Extract<BootFileParams['from'], { kind: 'url' }>,
  step: StepContext,
): Promise<Buffer> {
  const source = isSimulated(step.session(host), from.url)
    ? simulatedFile(false)
    : await openHttpSource(from.url, step.signal);
  assertSize(from.url, source.sizeBytes);
  const bytes = Buffer.alloc(source.sizeBytes);
  let at = 0;
  // All of it at once: simple servers send no parts of a file.
  for await (const chunk of bytesOf(source.read(0, bytes.length, step.signal))) {
    bytes.set(chunk, at);
    at += chunk.length;
    step.progress({ fraction: at / bytes.length / 2 });
  }
  if (from.checksum !== null) assertDigest(from.url, bytes, from.checksum);
  return bytes;
}

async function readFromIso(
  host: string,
  from: Extract<BootFileParams['from'], { kind: 'iso' }>,
  step: StepContext,
): Promise<Buffer> {
  const session = step.session(host);
  const vol = await volumeAt(session.client, from);
  try {
    const image = await IsoImage.open(volumeSource(session, vol, step.signal));
    const { sizeBytes } = await image.stat(from.path);
    assertSize(from.path, sizeBytes);
    const parts: Uint8Array[] = [];
    let read = 0;
    for await (const part of image.stream(from.path)) {
      parts.push(part);
      read += part.length;
      step.progress({ fraction: read / Math.max(1, sizeBytes) / 2 });
    }
    return Buffer.concat(parts);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FailureError({
      code: 'UNSUPPORTED',
      message: `${from.name} has no ${from.path} that can be read: it is not the installer that it was taken for.`,
      detail: error.message,
    });
  }
}

function assertSize(what: string, sizeBytes: number): void {
  if (sizeBytes > 0 && sizeBytes <= MAX_BYTES) return;
  throw new FailureError({
    code: 'UNSUPPORTED',
    message: `${what} has ${sizeBytes} bytes: a kernel or an initrd has from 1 to ${MAX_BYTES}.`,
  });
}

function assertDigest(
  url: string,
  bytes: Buffer,
  { algorithm, hex }: { algorithm: 'sha256' | 'sha512'; hex: string },
): void {
  const found = createHash(algorithm).update(bytes).digest('hex');
  if (found === hex) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `${url} is not what its publisher says: its checksum is another one.`,
    detail: `expected ${hex}\nfound    ${found}`,
  });
}

function inTwo(first: Buffer, second: Buffer): ByteSource {
  return {
    sizeBytes: first.length + second.length,
    async *read(offset, length, signal) {
      signal.throwIfAborted();
      const end = offset + length;
      if (offset < first.length) yield first.subarray(offset, Math.min(end, first.length));
      if (end > first.length) yield second.subarray(Math.max(0, offset - first.length), end - first.length);
    },
  };
}
