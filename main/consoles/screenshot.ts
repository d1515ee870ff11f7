import type { Duplex } from 'node:stream';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import type { Screenshot } from '../contract/console.ts';
import { FailureError } from '../hosts/failures.ts';
import type { ConsoleHost, DomainReference } from './console-host.ts';
import { writePng } from './png.ts';
import { PictureError, readPpm } from './ppm.ts';
import { Semaphore } from './semaphore.ts';

const MAX_BYTES = 32 * 1024 * 1024;
/** A picture costs QEMU some 50 ms of its one thread: a page of thumbnails must not hold a host up. */
const AT_ONE_TIME = 2;

const turns = new WeakMap<ConsoleHost, Semaphore>();

export interface ScreenshotRequest {
  /** Left out: the first. */
  readonly screen?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A picture of a running machine's screen (virDomainScreenshot), as PNG whatever the host makes. Needs no graphics, only a video device. */
export async function takeScreenshot(
  host: ConsoleHost,
  dom: DomainReference,
  { screen = 0, signal }: ScreenshotRequest = {},
): Promise<Screenshot> {
  const turn = turns.get(host) ?? new Semaphore(AT_ONE_TIME);
  turns.set(host, turn);
  return turn.run(async () => {
    signal?.throwIfAborted();
    try {
      const client = await host.bulkClient();
      const args = { dom, screen, flags: 0 };
      const { ret, stream } = await client.openStream(
        'domainScreenshot',
        args,
        signal === undefined ? {} : { signal },
      );
      return await asPng(ret.mime ?? '', await readAll(stream));
    } catch (error) {
      throw explained(error, host, dom);
    }
  });
}

async function asPng(mime: string, bytes: Buffer): Promise<Screenshot> {
  const isPng = mime === 'image/png' || bytes.subarray(1, 4).toString('latin1') === 'PNG';
  const png = isPng ? bytes : await writePng(readPpm(bytes));
  return { mime: 'image/png', base64: png.toString('base64') };
}

async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early destroys the stream, which aborts it on the host.
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new PictureError('The host sent a picture of more than 32 MiB.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function explained(error: unknown, host: ConsoleHost, dom: DomainReference): unknown {
  const at = { id: host.id, name: host.name };
  const message = `No picture of ${dom.name} on ${host.name}.`;
  if (error instanceof PictureError)
    return new FailureError({ code: 'UNSUPPORTED', message, host: at, detail: error.message }, error);
  // QEMU's own words, for `<video><model type='none'/></video>`.
  if (error instanceof LibvirtError && /no console to take a screendump/i.test(error.message))
    return new FailureError(
      {
        code: 'NOT_FOUND',
        message: `${dom.name} on ${host.name} has no video device: there is no picture.`,
        host: at,
      },
      error,
    );
  return error;
}
