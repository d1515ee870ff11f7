import type { Zeros } from '../../drivers/formats/zero-runs.ts';

/** Bytes that can be read from any offset, more than once: a file of the laptop, a volume, a buffer. */
export interface ByteSource {
  readonly sizeBytes: number;
  /**
   * Reads exactly `length` bytes from `offset`; ends with an error when there are fewer.
   * Chunks may have any size; a source that knows of runs of zeros names them.
   */
  read(offset: number, length: number, signal: AbortSignal): AsyncIterable<Uint8Array | Zeros>;
}

/** Bytes in memory. */
export function bufferSource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    async *read(offset, length, signal) {
      signal.throwIfAborted();
      yield bytes.subarray(offset, offset + length);
    },
  };
}

/** The same source; what it fails with is told as `asTold` has it. */
export function failingAs(source: ByteSource, asTold: (error: unknown) => unknown): ByteSource {
  return {
    sizeBytes: source.sizeBytes,
    async *read(offset, length, signal) {
      try {
        yield* source.read(offset, length, signal);
      } catch (error) {
        throw asTold(error);
      }
    },
  };
}
