import { hashes } from '../../drivers/formats/hashes.ts';

const SECTOR = 4096;
const HEADERS = [64 * 1024, 128 * 1024] as const;
const GUID = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

/** What a log writes: a sector, or zeros. */
export type Written =
  { readonly place: number; readonly sector: Buffer } | { readonly place: number; readonly zeros: number };

/** CRC-32C of the bytes, put at `at` in them. */
export async function sum(bytes: Buffer, at = 4): Promise<void> {
  bytes.writeUInt32LE(0, at);
  const hasher = (await hashes().createCRC32(0x82f63b78)).init();
  bytes.writeUInt32LE(parseInt(hasher.update(bytes).digest('hex'), 16), at);
}

/**
 * Makes a VHDX (whole, in memory) one that was not closed: its log has an entry for each list, in their order, of which the first one that
 * counts is the oldest. The entries begin at a sector of the log, and go on at its beginning where it ends.
 */
export async function leaveOpen(
  file: Buffer,
  entries: readonly (readonly Written[])[],
  from = 0,
): Promise<void> {
  const offset = Number(file.readBigUInt64LE(HEADERS[0] + 72));
  const length = file.readUInt32LE(HEADERS[0] + 68);
  const log = file.subarray(offset, offset + length);
  log.fill(0);
  let at = from * SECTOR;
  for (const [index, written] of entries.entries()) {
    const entry = await entryOf(written, {
      sequence: BigInt(index + 7),
      tail: from * SECTOR,
      fileBytes: file.length,
    });
    for (let done = 0; done < entry.length; done += SECTOR)
      log.set(entry.subarray(done, done + SECTOR), (at + done) % length);
    at = (at + entry.length) % length;
  }
  for (const header of HEADERS) {
    const bytes = file.subarray(header, header + SECTOR);
    bytes.set(GUID, 48);
    await sum(bytes);
  }
}

async function entryOf(
  written: readonly Written[],
  { sequence, tail, fileBytes }: { sequence: bigint; tail: number; fileBytes: number },
): Promise<Buffer> {
  const sectors = written.flatMap((one) => ('sector' in one ? [one.sector] : []));
  const entry = Buffer.alloc(SECTOR * (1 + sectors.length));
  entry.write('loge', 'latin1');
  entry.writeUInt32LE(entry.length, 8);
  entry.writeUInt32LE(tail, 12);
  entry.writeBigUInt64LE(sequence, 16);
  entry.writeUInt32LE(written.length, 24);
  entry.set(GUID, 32);
  entry.writeBigUInt64LE(BigInt(fileBytes), 48);
  entry.writeBigUInt64LE(BigInt(fileBytes), 56);
  for (const [index, one] of written.entries()) {
    const descriptor = entry.subarray(64 + index * 32, 96 + index * 32);
    descriptor.write('sector' in one ? 'desc' : 'zero', 'latin1');
    if ('sector' in one) {
      one.sector.copy(descriptor, 4, SECTOR - 4);
      one.sector.copy(descriptor, 8, 0, 8);
    } else descriptor.writeBigUInt64LE(BigInt(one.zeros), 8);
    descriptor.writeBigUInt64LE(BigInt(one.place), 16);
    descriptor.writeBigUInt64LE(sequence, 24);
  }
  for (const [index, sector] of sectors.entries()) {
    const data = entry.subarray((index + 1) * SECTOR, (index + 2) * SECTOR);
    sector.copy(data, 8, 8, SECTOR - 4);
    data.write('data', 'latin1');
    data.writeUInt32LE(Number(sequence >> 32n), 4);
    data.writeUInt32LE(Number(sequence & 0xffffffffn), SECTOR - 4);
  }
  await sum(entry);
  return entry;
}
