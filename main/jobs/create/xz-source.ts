import { createHash, type Hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { ReadableStream } from 'node:stream/web';
import type { XzReadableStream } from 'xz-decompress';
import {
  XZ_FOOTER_BYTES,
  XzError,
  xzIndexBytes,
  xzUnpackedBytes,
} from '../../../drivers/formats/xz-index.ts';
import { FailureError } from '../../hosts/failures.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { bytesOf as plain } from '../../storage/zero-bytes.ts';

interface XzModule {
  readonly XzReadableStream: typeof XzReadableStream;
}

/** No disk is larger; an index that says so is not believed. */
const MAX_BYTES = 1024 ** 4;

/** What is packed in a file of xz. Read one piece after another it is unpacked once; from an earlier offset, anew. */
export interface XzSource extends ByteSource {
  /** Of the packed bytes, in hex, once everything was read. */
  digest(): Promise<string>;
}

/**
 * Reads a file of xz as what is in it.
 * @param name for a person, in errors
 * @throws FailureError UNSUPPORTED when it cannot be unpacked, and what the source throws
 */
export async function openXzSource(
  packed: ByteSource,
  { name, algorithm, signal }: { name: string; algorithm: 'sha256' | 'sha512'; signal: AbortSignal },
): Promise<XzSource> {
  const sizeBytes = await unpackedBytes(packed, signal).catch((error: unknown) => {
    if (!(error instanceof XzError)) throw error;
    throw unreadable(name, error);
  });
  if (sizeBytes > MAX_BYTES) throw unreadable(name, new XzError(`It would have ${sizeBytes} bytes.`));
  let reading: Unpacking | null = null;
  return {
    sizeBytes,
    async *read(offset, length) {
      if (reading === null || reading.at > offset) {
        await reading?.close();
        reading = Unpacking.open(packed, { name, hash: createHash(algorithm), signal });
      }
      await reading.skipTo(offset);
      yield* reading.take(length);
    },
    async digest() {
      if (reading === null) throw new Error('Nothing was read');
      return reading.digest();
    },
  };
}

async function unpackedBytes(packed: ByteSource, signal: AbortSignal): Promise<number> {
  const { sizeBytes } = packed;
  if (sizeBytes < 2 * XZ_FOOTER_BYTES) throw new XzError('It is too short.');
  const footer = await bytesOf(plain(packed.read(sizeBytes - XZ_FOOTER_BYTES, XZ_FOOTER_BYTES, signal)));
  const length = xzIndexBytes(footer);
  const from = sizeBytes - XZ_FOOTER_BYTES - length;
  if (from < XZ_FOOTER_BYTES) throw new XzError('Its index is damaged.');
  return xzUnpackedBytes(await bytesOf(plain(packed.read(from, length, signal))), sizeBytes);
}

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** One run through a file of xz. */
class Unpacking {
  at = 0;
  readonly #name: string;
  readonly #hash: Hash;
  readonly #packed: AsyncIterator<Uint8Array>;
  readonly #unpacked: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();
  #fault: { readonly error: unknown } | null = null;

  static open(
    packed: ByteSource,
    { name, hash, signal }: { name: string; hash: Hash; signal: AbortSignal },
  ): Unpacking {
    // Seldom wanted, and it comes with a program of its own. It is a module of the old kind, which compilers import in different ways.
    const xz = createRequire(import.meta.url)('xz-decompress') as XzModule;
    return new Unpacking(plain(packed.read(0, packed.sizeBytes, signal)), {
      name,
      hash,
      xz,
    });
  }

  private constructor(
    packed: AsyncIterator<Uint8Array>,
    { name, hash, xz }: { name: string; hash: Hash; xz: XzModule },
  ) {
    this.#name = name;
    this.#hash = hash;
    this.#packed = packed;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = await this.#pull();
          if (chunk === null) controller.close();
          else controller.enqueue(chunk);
        },
      },
      { highWaterMark: 1 },
    );
    this.#unpacked = new xz.XzReadableStream(stream)[Symbol.asyncIterator]();
  }

  async skipTo(offset: number): Promise<void> {
    // eslint-disable-next-line no-empty -- they are only passed over
    for await (const _ of this.take(offset - this.at)) {
    }
  }

  async *take(length: number): AsyncGenerator<Uint8Array, void, void> {
    let left = length;
    while (left > 0) {
      if (this.#rest.length === 0) this.#rest = await this.#next();
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      this.at += part.length;
      yield part;
    }
  }

  /** What comes after the last block is part of the file too. */
  async digest(): Promise<string> {
    while ((await this.#pull()) !== null);
    return this.#hash.digest('hex');
  }

  async close(): Promise<void> {
    await this.#unpacked.return?.();
    await this.#packed.return?.();
  }

  async #next(): Promise<Uint8Array> {
    try {
      const { value, done } = await this.#unpacked.next();
      if (done !== true) return value;
    } catch (error) {
      throw this.#fault === null ? unreadable(this.#name, error) : this.#fault.error;
    }
    throw unreadable(this.#name, new XzError('It ends too early.'));
  }

  async #pull(): Promise<Uint8Array | null> {
    try {
      const { value, done } = await this.#packed.next();
      if (done === true) return null;
      this.#hash.update(value);
      return value;
    } catch (error) {
      this.#fault = { error };
      throw error;
    }
  }
}

function unreadable(name: string, error: unknown): FailureError {
  const detail = error instanceof Error ? error.message : String(error);
  return new FailureError({ code: 'UNSUPPORTED', message: `${name} cannot be unpacked.`, detail }, error);
}
