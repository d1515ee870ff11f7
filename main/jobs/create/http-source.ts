import { FailureError } from '../../hosts/failures.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { withoutUrlSecrets } from './shown-url.ts';

/** No image is larger; a server that says so is not believed. */
const MAX_BYTES = 1024 ** 4;

/**
 * A file of a web server, read by ranges.
 * @throws FailureError HOST_UNREACHABLE when the server does not answer, NOT_FOUND or UNSUPPORTED for what it answers
 */
export async function openHttpSource(url: string, signal: AbortSignal): Promise<ByteSource> {
  const head = await ask(url, { method: 'HEAD', signal });
  const sizeBytes = Number(head.headers.get('content-length') ?? Number.NaN);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > MAX_BYTES)
    throw refusal('UNSUPPORTED', `${withoutUrlSecrets(url)}: the server does not tell how large it is.`);
  const version = versionOf(head);
  return {
    sizeBytes,
    read: (offset, length, abort) => readRange({ url, version }, { offset, length }, abort),
  };
}

/** What `If-Range` takes: a weak tag says that two are much the same, and not that their bytes are. */
function versionOf({ headers }: Response): string | null {
  const tag = headers.get('etag');
  return tag === null || tag.startsWith('W/') ? headers.get('last-modified') : tag;
}

async function* readRange(
  { url, version }: { readonly url: string; readonly version: string | null },
  { offset, length }: { readonly offset: number; readonly length: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const range = `bytes=${offset}-${offset + length - 1}`;
  // Where it is another file by now, the server sends all of that.
  const condition = version === null ? {} : { 'if-range': version };
  const response = await ask(url, { headers: { range, ...condition }, signal });
  const isChanged = version !== null && versionOf(response) !== version;
  if (isChanged || (response.status !== 206 && offset > 0)) {
    await response.body?.cancel();
    throw isChanged
      ? refusal('CONFLICT', `${withoutUrlSecrets(url)} was changed on the server while it was read.`)
      : refusal(
          'UNSUPPORTED',
          `${withoutUrlSecrets(url)}: the server sends no parts of a file, and this one needs several.`,
        );
  }
  let left = length;
  for await (const chunk of response.body ?? []) {
    const part: Uint8Array = chunk.subarray(0, left);
    left -= part.length;
    if (part.length > 0) yield part;
    if (left === 0) return;
  }
  throw refusal('LINK_LOST', `${withoutUrlSecrets(url)}: the server ended ${left} bytes too early.`);
}

/**
 * A text of a web server.
 * @throws FailureError HOST_UNREACHABLE when the server does not answer, NOT_FOUND or UNSUPPORTED for what it answers, or a text that is too long
 */
export async function readHttpText(url: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  const response = await ask(url, { signal });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw refusal('UNSUPPORTED', `${withoutUrlSecrets(url)} is too long.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface Request {
  readonly method?: 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

async function ask(url: string, init: Request): Promise<Response> {
  let response: Response;
  try {
    // Compressed on the way it would have another length.
    response = await fetch(url, { ...init, headers: { ...init.headers, 'accept-encoding': 'identity' } });
  } catch (error) {
    init.signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
    throw new FailureError(
      { code: 'HOST_UNREACHABLE', message: `${withoutUrlSecrets(url)} cannot be reached.`, detail: cause },
      error,
    );
  }
  if (response.ok) return response;
  await response.body?.cancel();
  const code = response.status === 404 ? 'NOT_FOUND' : 'UNSUPPORTED';
  throw refusal(
    code,
    `${withoutUrlSecrets(url)}: the server answers ${response.status} ${response.statusText}.`,
  );
}

function refusal(
  code: 'NOT_FOUND' | 'UNSUPPORTED' | 'LINK_LOST' | 'CONFLICT',
  message: string,
): FailureError {
  return new FailureError({ code, message });
}
