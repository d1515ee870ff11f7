import { FailureError } from '../../hosts/failures.ts';
import { ChecksumError, MAX_CHECKSUM_CHARS, parseChecksum, type ChecksumAlgorithm } from '../../os/index.ts';

/** What is asked of a server that lists checksums. */
const LIMIT_MS = 30_000;

/** Where the checksum of an image is published. */
export interface PublishedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly url: string;
  /** What the list calls the image. */
  readonly file: string;
}

/**
 * The checksum that an image's maker publishes now, in hex.
 * @throws FailureError HOST_UNREACHABLE or NOT_FOUND when it cannot be had
 */
export async function fetchChecksum(published: PublishedChecksum, signal: AbortSignal): Promise<string> {
  return checksumIn(await fetchText(published.url, signal), published);
}

/** @throws FailureError NOT_FOUND when the list does not have it */
export function checksumIn(text: string, { algorithm, url, file }: PublishedChecksum): string {
  try {
    return parseChecksum(text, file, algorithm);
  } catch (error) {
    if (!(error instanceof ChecksumError)) throw error;
    throw new FailureError({
      code: 'NOT_FOUND',
      message: `The checksum of ${file} was not found in ${url}.`,
      detail: error.message,
    });
  }
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]) });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MAX_CHECKSUM_CHARS) throw new Error('it is too large');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    signal.throwIfAborted();
    const detail = error instanceof Error ? error.message : String(error);
    throw new FailureError({ code: 'HOST_UNREACHABLE', message: `${url} cannot be read.`, detail }, error);
  }
}
