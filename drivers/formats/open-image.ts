import { ByteReader, type ByteStream, type Run } from './byte-stream.ts';
import type { FileSystemImage } from './file-system-image.ts';
import { isNtfsclone, openNtfsclone } from './ntfsclone.ts';
import { partcloneVersion, VERSION_END } from './partclone/header.ts';
import { openPartclone } from './partclone/open.ts';

/** What one read of a plain copy is at most. */
const DD_BYTES = 1024 ** 2;

/**
 * What a file of an image holds, decompressed: partclone's and ntfsclone's images are told by their magic, anything else is the device's
 * bytes themselves. When it throws, the stream is let go.
 * @param maxBytes of the device that it is for
 * @throws FormatError
 */
export async function openImage(bytes: ByteStream, maxBytes = Infinity): Promise<FileSystemImage> {
  const reader = new ByteReader(bytes);
  try {
    const head = await reader.peek(VERSION_END);
    const version = partcloneVersion(head);
    if (version !== null) return await openPartclone(reader, version, maxBytes);
    if (isNtfsclone(head)) return await openNtfsclone(reader);
    return {
      format: 'dd',
      fileSystem: null,
      deviceBytes: null,
      usedBytes: null,
      checked: 'none',
      runs: readAll(reader),
    };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function* readAll(reader: ByteReader): AsyncGenerator<Run, void, void> {
  try {
    for (;;) {
      const { offset } = reader;
      const data = await reader.some(DD_BYTES);
      if (data === null) return;
      yield { offset, data };
    }
  } finally {
    await reader.close();
  }
}
