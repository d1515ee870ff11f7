import type { ByteReader, Run } from './byte-stream.ts';
import { FormatError } from './errors.ts';
import type { FileSystemImage } from './file-system-image.ts';

const MAGIC = '\0ntfsclone-image';
/** Up to where all versions have the same. */
const COMMON_BYTES = 46;
/** The first version that is little endian on every computer and says where its data is. */
const SAFE_MAJOR = 10;
/** What NTFS has: 256 bytes to 2 MiB. */
const MIN_CLUSTER_BYTES = 256;
const MAX_CLUSTER_BYTES = 2 * 1024 ** 2;
const MAX_HEADER_BYTES = 64 * 1024;
const GAP = 0;
const CLUSTER = 1;

/** @param head of the file, 16 bytes */
export function isNtfsclone(head: Buffer): boolean {
  return head.toString('latin1', 0, MAGIC.length) === MAGIC;
}

/**
 * An image of `ntfsclone --save-image` (image_hdr in ntfsclone.c): 0 magic (16), 16 major u8, 17 minor u8, 18 cluster's bytes u32, 22 device's
 * size u64, 30 clusters i64, 38 clusters in use u64, 46 where the data is u32; then commands: 0 and a number of clusters (i64) that are left
 * out, or 1 and a cluster. From 10.1 on what lies behind the last whole cluster is there as one more, as it has the second boot sector.
 * There are no checksums.
 * @throws FormatError
 */
export async function openNtfsclone(reader: ByteReader): Promise<FileSystemImage> {
  const header = await reader.exact(COMMON_BYTES, 'the header');
  const number = (at: number, what: string): number => {
    const value = header.readBigInt64LE(at);
    if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new FormatError('BAD_VALUE', `The ${what} is ${value}`, at);
    return Number(value);
  };
  const major = header.readUInt8(16);
  if (major > SAFE_MAJOR)
    throw new FormatError('UNSUPPORTED', `The image has ntfsclone’s format ${major}.${header[17]}`, 16);
  const clusterBytes = header.readUInt32LE(18);
  const isPower = (clusterBytes & (clusterBytes - 1)) === 0;
  if (!isPower || clusterBytes < MIN_CLUSTER_BYTES || clusterBytes > MAX_CLUSTER_BYTES)
    throw new FormatError('BAD_VALUE', `A cluster would have ${clusterBytes} bytes`, 18);
  const deviceBytes = number(22, 'size of the device');
  const clusters = number(30, 'number of clusters');
  if (clusters * clusterBytes > deviceBytes)
    throw new FormatError(
      'BAD_VALUE',
      `${clusters} clusters of ${clusterBytes} bytes do not fit on a device of ${deviceBytes}`,
      30,
    );
  const used = number(38, 'number of clusters in use');
  if (used > clusters + 1)
    throw new FormatError('BAD_VALUE', `${used} clusters would be in use, of ${clusters}`, 38);
  if (major === SAFE_MAJOR) await skipHeader(reader);
  return {
    format: 'ntfsclone',
    fileSystem: 'NTFS',
    deviceBytes,
    usedBytes: used * clusterBytes,
    checked: 'none',
    runs: readClusters(reader, { clusterBytes, clusters, deviceBytes }),
  };
}

async function skipHeader(reader: ByteReader): Promise<void> {
  const at = reader.offset;
  const begin = (await reader.exact(4, 'the header')).readUInt32LE();
  if (begin < reader.offset || begin > MAX_HEADER_BYTES)
    throw new FormatError('BAD_VALUE', `The header would have ${begin} bytes`, at);
  await reader.skip(begin - reader.offset, 'the header');
}

async function* readClusters(
  reader: ByteReader,
  { clusterBytes, clusters, deviceBytes }: { clusterBytes: number; clusters: number; deviceBytes: number },
): AsyncGenerator<Run, void, void> {
  try {
    for (let cluster = 0; cluster <= clusters;) {
      if (cluster === clusters && (await reader.atEnd())) return;
      const at = reader.offset;
      const command = (await reader.exact(1, `what cluster ${cluster} is`)).readUInt8();
      if (command === GAP) {
        const count = (await reader.exact(8, 'a number of clusters')).readBigInt64LE();
        if (count < 0n)
          throw new FormatError('UNSUPPORTED', 'The image goes backwards, as one of metadata alone does', at);
        if (count === 0n || count > BigInt(clusters - cluster))
          throw new FormatError(
            'BAD_VALUE',
            `The image is damaged: ${count} clusters are left out after ${cluster} of ${clusters}`,
            at,
          );
        cluster += Number(count);
        continue;
      }
      if (command !== CLUSTER)
        throw new FormatError('BAD_VALUE', `The image is damaged: ${command} is no command`, at);
      const from = cluster * clusterBytes;
      const end = Math.min(from + clusterBytes, deviceBytes);
      for (let offset = from; offset < end;) {
        const data = await reader.some(end - offset);
        if (data === null)
          throw new FormatError(
            'TRUNCATED',
            `The image is cut off: the device’s bytes from ${offset} on are missing`,
            reader.offset,
          );
        yield { offset, data };
        offset += data.length;
      }
      cluster += 1;
    }
    await reader.end('the last cluster');
  } finally {
    await reader.close();
  }
}
