import { setImmediate } from 'node:timers/promises';
import type { ByteStream, Run } from '../../../drivers/formats/byte-stream.ts';
import type { DataFile } from '../../../drivers/formats/clonezilla/data-files.ts';
import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import { isOtherFileSystem } from '../../../drivers/formats/clonezilla/file-system-names.ts';
import { streamOf, type ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { decompress } from '../../../drivers/formats/compression/decompress.ts';
import {
  compressionOf,
  UnsupportedCompression,
  type Compression,
} from '../../../drivers/formats/compression/kinds.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';
import type { FileSystemImage } from '../../../drivers/formats/file-system-image.ts';
import { openImage } from '../../../drivers/formats/open-image.ts';

/** The content of a partition or volume, its header read. */
export interface OpenContent {
  readonly compression: Compression;
  /** Its errors name the file, the place and what to do. */
  readonly image: FileSystemImage;
  /** Nothing more is read. */
  close(): Promise<void>;
}

const BY_SUFFIX: Readonly<Record<string, Compression>> = {
  gz: 'gzip',
  bz2: 'bzip2',
  lzo: 'lzo',
  lzma: 'lzma',
  xz: 'xz',
  lzip: 'lzip',
  lrz: 'lrzip',
  lz4: 'lz4',
  zst: 'zstd',
  uncomp: 'none',
};
/** What says the compression of a file that is not named after it. */
const HEAD_BYTES = 32;
const TURN_MS = 50;
const AGAIN = 'Copy the file again from where it was saved, or save the machine anew.';

/**
 * @param bytes of the partition or volume that it is of
 * @param onRead told how many bytes of the files were read since
 * @throws {ClonezillaError} UNSUPPORTED or DAMAGED
 */
export async function openContent(
  files: ImageFiles,
  { bytes, data }: { readonly bytes: number; readonly data: DataFile },
  onRead: (bytes: number) => void = () => undefined,
): Promise<OpenContent> {
  const { head, stream } = await peeked(counted(streamOf(files, data.parts), onRead));
  const compression =
    data.suffix === null ? (compressionOf(head) ?? 'none') : (BY_SUFFIX[data.suffix] ?? 'none');
  const unpacked = named(decompress(compression, stream), (error) => packedError(files, data, error));
  const fault = (error: unknown): unknown => unpackedError(data, error);
  let image: FileSystemImage;
  try {
    image = await openImage({ [Symbol.asyncIterator]: () => unpacked }, bytes);
    refuseOtherFormat(data, image);
  } catch (error) {
    await unpacked.return();
    throw fault(error);
  }
  return {
    compression,
    image: { ...image, runs: named<Run>(image.runs, fault) },
    close: async () => void (await unpacked.return()),
  };
}

/** What a content is of. */
export interface Place {
  readonly device: string;
  readonly bytes: number;
}

/**
 * What is written of a content, proven to be what its place takes: a plain copy is cut where its last part, or the end of it, is lost, and
 * nothing else tells that.
 * @throws {ClonezillaError} DAMAGED; the signal's reason; what `image.runs` throws
 */
export async function* runsFor(
  { device, bytes }: Place,
  data: DataFile,
  { format, runs }: FileSystemImage,
  signal: AbortSignal,
): AsyncGenerator<Run, void, void> {
  let end = 0;
  let turn = performance.now();
  for await (const run of runs) {
    // A little that is packed may be very much: signals are heard between.
    if (performance.now() - turn > TURN_MS) {
      await setImmediate();
      signal.throwIfAborted();
      turn = performance.now();
    }
    end = run.offset + run.data.length;
    if (end > bytes)
      throw new ClonezillaError(
        'DAMAGED',
        `${fileOf(data)} holds more than the ${bytes} bytes that ${device} has: it is of another image.`,
        data.parts[0] ?? null,
      );
    yield run;
  }
  if (format === 'dd' && end !== bytes)
    throw new ClonezillaError(
      'DAMAGED',
      `${fileOf(data)} ends after ${end} of the ${bytes} bytes that ${device} has: its end, or its last part, is missing. ${AGAIN}`,
      data.parts.at(-1) ?? null,
    );
}

/** Whether what is packed so always has a checksum of what is unpacked; in other packings it may be left out. */
export function hasChecksum(compression: Compression): boolean {
  return compression === 'gzip' || compression === 'bzip2' || compression === 'lzip';
}

/** The file or the parts of it, for a person. */
export function fileOf({ parts }: DataFile): string {
  const [first = ''] = parts;
  return parts.length === 1 ? first : `${first}…${parts.at(-1)?.split('.').at(-1) ?? ''}`;
}

/** What is no image by its first bytes is taken for a plain copy: only where its name says so is it one. */
function refuseOtherFormat(data: DataFile, { format, fileSystem }: FileSystemImage): void {
  if (format === 'dd' && data.fileSystem !== 'dd')
    throw new ClonezillaError(
      'DAMAGED',
      `${fileOf(data)}: no image of partclone or ntfsclone begins there. ${AGAIN}`,
      data.parts[0] ?? null,
    );
  if (fileSystem !== null && isOtherFileSystem(data.fileSystem, fileSystem))
    throw new ClonezillaError(
      'DAMAGED',
      `${fileOf(data)} is named after ${data.fileSystem}, and its header tells ${fileSystem}: it is of another partition or image.`,
      data.parts[0] ?? null,
    );
}

function packedError(files: ImageFiles, data: DataFile, error: unknown): unknown {
  const file = fileOf(data);
  if (error instanceof UnsupportedCompression)
    return new ClonezillaError(
      'UNSUPPORTED',
      `${file}: ${error.message}. Unpack it, pack it by gzip or zstd, and name it after that.`,
      file,
    );
  if (!(error instanceof FormatError)) return error;
  // Where in which part it is.
  let at = error.offset;
  let part = data.parts[0] ?? file;
  for (const next of data.parts.slice(1)) {
    const size = files.sizes.get(part) ?? 0;
    if (at === null || at < size) break;
    at -= size;
    part = next;
  }
  const where = data.parts.length === 1 || at === null ? file : `${part}, at byte ${at} of it`;
  return new ClonezillaError('DAMAGED', `${where}: ${error.message}. ${AGAIN}`, part);
}

function unpackedError(data: DataFile, error: unknown): unknown {
  if (!(error instanceof FormatError)) return error;
  const file = fileOf(data);
  const advice = error.code === 'UNSUPPORTED' || error.code === 'TOO_LARGE' ? 'It is not restored.' : AGAIN;
  const code = advice === AGAIN ? 'DAMAGED' : 'UNSUPPORTED';
  return new ClonezillaError(code, `${file}, unpacked: ${error.message}. ${advice}`, file);
}

/** The same stream, whose errors are told otherwise. */
async function* named<T>(
  stream: AsyncIterable<T>,
  say: (error: unknown) => unknown,
): AsyncGenerator<T, void, void> {
  try {
    yield* stream;
  } catch (error) {
    throw say(error);
  }
}

async function* counted(
  stream: ByteStream,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of stream) {
    onRead(piece.length);
    yield piece;
  }
}

async function peeked(
  stream: AsyncGenerator<Uint8Array, void, void>,
): Promise<{ head: Buffer; stream: ByteStream }> {
  const pieces: Uint8Array[] = [];
  for (let length = 0; length < HEAD_BYTES;) {
    const { value, done } = await stream.next();
    if (done === true) break;
    pieces.push(value);
    length += value.length;
  }
  return { head: Buffer.concat(pieces), stream: again(pieces, stream) };
}

async function* again(
  pieces: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array, void, void>,
): ByteGenerator {
  try {
    yield* pieces;
    yield* rest;
  } finally {
    await rest.return();
  }
}

type ByteGenerator = AsyncGenerator<Uint8Array, void, void>;
