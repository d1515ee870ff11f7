import { FormatError } from './errors.ts';
import { readExactly, type RandomSource } from './random-source.ts';

/** What the header of a qcow2 image says (QEMU, docs/interop/qcow2.txt). */
export interface Qcow2Header {
  readonly version: 2 | 3;
  /** What a guest sees. */
  readonly virtualBytes: bigint;
  readonly clusterBytes: number;
  /** As it is written: a path, or `json:…`, by which QEMU opens another file. Null: the image stands alone. */
  readonly backingFile: string | null;
  /** Null: not written, so QEMU would guess it, which libvirt refuses. */
  readonly backingFormat: string | null;
  readonly encryption: 'none' | 'aes' | 'luks';
  readonly compression: 'zlib' | 'zstd';
  /** The guest's bytes are in a file of their own: this one is useless alone. */
  readonly externalData: boolean;
  /** Its name, where it is written. */
  readonly dataFile: string | null;
  readonly extendedL2: boolean;
  /** It was not closed properly: its reference counts may be wrong. */
  readonly dirty: boolean;
  readonly corrupt: boolean;
  readonly snapshots: number;
  /** Bits of incompatible features that this program does not know. */
  readonly unknownFeatures: bigint;
}

const MAGIC = 0x514649fb;
const V2_BYTES = 72;
const V3_BYTES = 104;
/** What is read at most for extensions and the backing file's name: the smallest usual cluster. */
const MAX_HEADER = 64 * 1024;
const MAX_NAME = 1023;
const MIN_CLUSTER_BITS = 9;
const MAX_CLUSTER_BITS = 21;
const EXTENSION = { end: 0, backingFormat: 0xe2792aca, dataFile: 0x44415441 } as const;
const FEATURE = { dirty: 1n, corrupt: 2n, externalData: 4n, compression: 8n, extendedL2: 16n } as const;
const KNOWN = Object.values(FEATURE).reduce((all, bit) => all | bit, 0n);

/** @throws {FormatError} OTHER_FORMAT when this is no qcow2 image; else its header is damaged, cut or of an unknown version */
export async function readQcow2Header(source: RandomSource): Promise<Qcow2Header> {
  const start = await source.read(0, V3_BYTES + 8);
  const head = Buffer.from(start.buffer, start.byteOffset, start.length);
  if (head.length < 4 || head.readUInt32BE(0) !== MAGIC)
    throw new FormatError('OTHER_FORMAT', 'Not a qcow2 image', 0);
  if (head.length < V2_BYTES) await readExactly(source, 0, V2_BYTES);
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3)
    throw new FormatError('UNSUPPORTED', `A qcow2 image of version ${version}`, 4);
  if (version === 3 && head.length < V3_BYTES) await readExactly(source, 0, V3_BYTES);

  const clusterBits = head.readUInt32BE(20);
  if (clusterBits < MIN_CLUSTER_BITS || clusterBits > MAX_CLUSTER_BITS)
    throw new FormatError('BAD_VALUE', `Clusters of 2^${clusterBits} bytes`, 20);
  const clusterBytes = 2 ** clusterBits;
  const headerBytes = version === 2 ? V2_BYTES : head.readUInt32BE(100);
  if (headerBytes < (version === 2 ? V2_BYTES : V3_BYTES) || headerBytes > clusterBytes)
    throw new FormatError('BAD_VALUE', `A header of ${headerBytes} bytes`, 100);
  const features = version === 2 ? 0n : head.readBigUInt64BE(72);
  const has = (bit: bigint): boolean => (features & bit) !== 0n;

  const backing = backingName(head, clusterBytes);
  const extensionsEnd = Math.min(backing?.offset ?? clusterBytes, MAX_HEADER);
  const extensions = await readExtensions(source, headerBytes, extensionsEnd);
  return {
    version,
    virtualBytes: head.readBigUInt64BE(24),
    clusterBytes,
    backingFile: backing === null ? null : await readText(source, backing.offset, backing.length),
    backingFormat: extensions.get(EXTENSION.backingFormat) ?? null,
    encryption: encryption(head.readUInt32BE(32)),
    compression: has(FEATURE.compression) && headerBytes > V3_BYTES && head[104] === 1 ? 'zstd' : 'zlib',
    externalData: has(FEATURE.externalData),
    dataFile: extensions.get(EXTENSION.dataFile) ?? null,
    extendedL2: has(FEATURE.extendedL2),
    dirty: has(FEATURE.dirty),
    corrupt: has(FEATURE.corrupt),
    snapshots: head.readUInt32BE(60),
    unknownFeatures: features & ~KNOWN,
  };
}

/** Where the backing file's name is: in the first cluster. */
function backingName(head: Buffer, clusterBytes: number): { offset: number; length: number } | null {
  const offset = head.readBigUInt64BE(8);
  const length = head.readUInt32BE(16);
  if (offset === 0n) return null;
  if (length > MAX_NAME) throw new FormatError('BAD_VALUE', `A backing file's name of ${length} bytes`, 16);
  if (offset + BigInt(length) > BigInt(clusterBytes))
    throw new FormatError('BAD_VALUE', "The backing file's name is outside of the header", 8);
  return length === 0 ? null : { offset: Number(offset), length };
}

function encryption(method: number): Qcow2Header['encryption'] {
  if (method === 0) return 'none';
  if (method === 1) return 'aes';
  if (method === 2) return 'luks';
  throw new FormatError('UNSUPPORTED', `A qcow2 image with encryption of kind ${method}`, 32);
}

/** Extensions that are texts, by their types. */
async function readExtensions(
  source: RandomSource,
  start: number,
  end: number,
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  if (end <= start) return found;
  const read = await source.read(start, end - start);
  const bytes = Buffer.from(read.buffer, read.byteOffset, read.length);
  for (let at = 0; at + 8 <= bytes.length;) {
    const type = bytes.readUInt32BE(at);
    const length = bytes.readUInt32BE(at + 4);
    if (type === EXTENSION.end) break;
    if (length > bytes.length - at - 8)
      throw new FormatError('BAD_VALUE', `A header extension of ${length} bytes`, start + at + 4);
    if (type === EXTENSION.backingFormat || type === EXTENSION.dataFile)
      found.set(type, bytes.toString('utf8', at + 8, at + 8 + Math.min(length, MAX_NAME)));
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return found;
}

async function readText(source: RandomSource, offset: number, length: number): Promise<string> {
  return (await readExactly(source, offset, length)).toString('utf8');
}
