import type { ByteStream } from '../byte-stream.ts';
import { decompressBzip2 } from './bzip2.ts';
import { decompressGzip } from './gzip.ts';
import { UnsupportedCompression, type Compression } from './kinds.ts';
import { decompressLz4 } from './lz4.ts';
import { decompressLzip, decompressLzma } from './lzma-files.ts';
import { decompressLzop } from './lzop.ts';
import { decompressXz } from './xz.ts';
import { decompressZstd } from './zstd.ts';

/**
 * What is packed in a stream: all of its members, frames or streams, one after another. Every checksum that the format has is verified.
 * What is held is bounded, at most a dictionary (64 MiB, Zstandard’s 128) and a block. Nothing is thrown before the first piece is asked for,
 * and only the end of the stream proves the last bytes.
 * @throws UnsupportedCompression
 * @throws FormatError `offset`: about where in the packed bytes
 */
export async function* decompress(
  kind: Compression,
  bytes: ByteStream,
): AsyncGenerator<Uint8Array, void, void> {
  switch (kind) {
    case 'none':
      return yield* bytes;
    case 'gzip':
      return yield* decompressGzip(bytes);
    case 'bzip2':
      return yield* decompressBzip2(bytes);
    case 'xz':
      return yield* decompressXz(bytes);
    case 'lzma':
      return yield* decompressLzma(bytes);
    case 'lzip':
      return yield* decompressLzip(bytes);
    case 'lz4':
      return yield* decompressLz4(bytes);
    case 'lzo':
      return yield* decompressLzop(bytes);
    case 'zstd':
      return yield* decompressZstd(bytes);
    case 'lrzip':
      throw new UnsupportedCompression(
        'lrzip',
        'its files are not read from front to back; lrzip -d can, where it is installed',
      );
  }
}
