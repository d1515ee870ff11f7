const SECTOR = 512;
const BLOCK = 1 << 20;
const UNUSED = 0xffffffff;

/** A VHD that grows (Virtual Hard Disk Image Format Specification 1.0), of a disk in blocks of 1 MiB; those that are zeros it has not, and the last one lies first. */
export function growingVhd(disk: Buffer): Buffer {
  const blocks = Math.ceil(disk.length / BLOCK);
  const footer = Buffer.alloc(SECTOR);
  footer.write('conectix');
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x00010000, 12);
  footer.writeBigUInt64BE(BigInt(SECTOR), 16);
  footer.writeBigUInt64BE(BigInt(disk.length), 40);
  footer.writeBigUInt64BE(BigInt(disk.length), 48);
  footer.writeUInt32BE(3, 60);
  footer.writeUInt32BE(sum(footer), 64);
  const header = Buffer.alloc(2 * SECTOR);
  header.write('cxsparse');
  header.writeBigUInt64BE(BigInt(3 * SECTOR), 16);
  header.writeUInt32BE(0x00010000, 24);
  header.writeUInt32BE(blocks, 28);
  header.writeUInt32BE(BLOCK, 32);
  header.writeUInt32BE(sum(header), 36);
  const table = Buffer.alloc(Math.ceil((blocks * 4) / SECTOR) * SECTOR, 0xff);
  const pieces = [footer, header, table];
  let at = pieces.reduce((bytes, { length }) => bytes + length, 0);
  for (let block = blocks - 1; block >= 0; block -= 1) {
    const data = Buffer.alloc(BLOCK);
    disk.copy(data, 0, block * BLOCK);
    const isEmpty = data.every((byte) => byte === 0);
    table.writeUInt32BE(isEmpty ? UNUSED : at / SECTOR, block * 4);
    if (isEmpty) continue;
    pieces.push(Buffer.alloc(SECTOR, 0xff), data);
    at += SECTOR + BLOCK;
  }
  return Buffer.concat([...pieces, footer]);
}

/** The complement of the sum of all bytes, while the sum's own are zero. */
function sum(bytes: Buffer): number {
  return ~bytes.reduce((all, byte) => all + byte, 0) >>> 0;
}
