const CRC32C = table(0x82f63b78);
const CRC16 = table(0xa001);

function table(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ polynomial;
    return value;
  });
}

function crc(entries: Uint32Array, start: number, bytes: Uint8Array): number {
  let value = start;
  for (const byte of bytes) value = (entries[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return value >>> 0;
}

/** CRC-32C as ext4 chains it: no inversion at either end. */
export function extCrc32c(start: number, bytes: Uint8Array): number {
  return crc(CRC32C, start, bytes);
}

/** CRC-16 (of ANSI), without inversions, too. */
export function extCrc16(start: number, bytes: Uint8Array): number {
  return crc(CRC16, start, bytes);
}
