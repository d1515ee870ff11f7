import { crc32 } from 'node:zlib';

/** Bytes of a stream's header, and of its footer (The .xz File Format 1.2.1, 2.1.1 and 2.1.2). */
export const XZ_FOOTER_BYTES = 12;
/** No index is larger: one record for each block, and blocks have some MiB. */
const MAX_INDEX_BYTES = 16 * 1024 ** 2;

/** It is no file of xz, or one of a kind that is not read here. */
export class XzError extends Error {
  override readonly name = 'XzError';
}

/**
 * How long the index before the footer is, in bytes.
 * @param footer the last 12 bytes of the file
 * @throws {XzError}
 */
export function xzIndexBytes(footer: Uint8Array): number {
  const view = viewOf(footer);
  if (footer.length !== XZ_FOOTER_BYTES || view.getUint16(10) !== 0x59_5a)
    throw new XzError('It does not end as a file of xz does.');
  if (view.getUint32(0, true) !== crc32(footer.subarray(4, 10))) throw new XzError('Its footer is damaged.');
  const bytes = (view.getUint32(4, true) + 1) * 4;
  if (bytes > MAX_INDEX_BYTES) throw new XzError(`Its index has ${bytes} bytes.`);
  return bytes;
}

/**
 * How many bytes are in a file of xz, by its index (section 4 of the format).
 * @param fileBytes the size of the file, which must be one stream
 * @throws {XzError}
 */
export function xzUnpackedBytes(index: Uint8Array, fileBytes: number): number {
  const end = index.length - 4;
  if (end < 4 || viewOf(index).getUint32(end, true) !== crc32(index.subarray(0, end)))
    throw new XzError('Its index is damaged.');
  let at = 1;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = index[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) break;
    }
    if (at > end || !Number.isSafeInteger(value)) throw new XzError('Its index is damaged.');
    return value;
  };
  let packed = XZ_FOOTER_BYTES * 2 + index.length;
  let unpacked = 0;
  for (let left = next(); left > 0; left -= 1) {
    packed += Math.ceil(next() / 4) * 4;
    unpacked += next();
  }
  if (packed !== fileBytes) throw new XzError('It is made of several files of xz.');
  if (!Number.isSafeInteger(unpacked)) throw new XzError('Its index is damaged.');
  return unpacked;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
