/** The unit of everything on the medium (ECMA-119, 6.1.2: logical sectors; every image in use has them of this size). */
export const SECTOR = 2048;
/** Where the volume descriptors begin; what is before belongs to boot loaders. */
export const FIRST_DESCRIPTOR = 16;
export const FLAG_DIRECTORY = 0x02;
export const FLAG_ASSOCIATED = 0x04;
export const FLAG_MULTI_EXTENT = 0x80;
/** The names of a directory's own record and of its parent's. */
export const SELF = Buffer.from([0]);
export const PARENT = Buffer.from([1]);

export const sectorsOf = (bytes: number): number => Math.ceil(bytes / SECTOR);

/** A 32-bit number in both byte orders (7.3.3). */
export function writeBoth32(target: Buffer, offset: number, value: number): void {
  target.writeUInt32LE(value, offset);
  target.writeUInt32BE(value, offset + 4);
}

/** A 16-bit number in both byte orders (7.2.3). */
export function writeBoth16(target: Buffer, offset: number, value: number): void {
  target.writeUInt16LE(value, offset);
  target.writeUInt16BE(value, offset + 2);
}

/** UCS-2 with the high byte first, as Joliet writes it. */
export function ucs2(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

export function fromUcs2(bytes: Buffer): string {
  return Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le');
}
