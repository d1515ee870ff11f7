import { FormatError } from '../errors.ts';
import { readExactly, type RandomSource } from '../random-source.ts';
import { SECTOR } from './fields.ts';

/** What Rock Ridge (IEEE P1282) adds to a record. */
export interface RockRidge {
  /** Null: the record has no name of this kind. */
  readonly name: string | null;
  readonly symlink: boolean;
  /** A folder that was moved up, because of too many levels: the sector where it is now. */
  readonly movedTo: number | null;
  /** Where such a folder was moved to: it is not shown there. */
  readonly moved: boolean;
  /** The content is compressed (zisofs). */
  readonly compressed: boolean;
}

const MAX_CONTINUATIONS = 16;
const MAX_AREA = SECTOR;

/** How many more reads a folder may cost: an image by a stranger must not ask for one of each of its records. */
export class ReadBudget {
  #left: number;

  constructor(reads: number) {
    this.#left = reads;
  }

  /** @throws {FormatError} TOO_LARGE when none is left */
  spend(): void {
    this.#left -= 1;
    if (this.#left < 0) throw new FormatError('TOO_LARGE', 'A folder is spread over too many places');
  }
}

/** Bytes to pass over at the beginning of each system use area; null when the image has no Rock Ridge (SUSP 1.12, 5.3: SP of the root's own record). */
export function rockRidgeSkip(systemUse: Buffer): number | null {
  const sp = systemUse.length >= 7 && systemUse.toString('latin1', 0, 2) === 'SP';
  return sp && systemUse[4] === 0xbe && systemUse[5] === 0xef ? (systemUse[6] ?? 0) : null;
}

/** Fields that are damaged end the reading of the area: the name by ISO 9660 stays. @throws {FormatError} TOO_LARGE as `reads` says, TRUNCATED */
export async function readRockRidge(
  source: RandomSource,
  systemUse: Buffer,
  reads: ReadBudget,
): Promise<RockRidge> {
  const found = { symlink: false, movedTo: null as number | null, moved: false, compressed: false };
  let name: Buffer[] = [];
  let special = false;
  let area = systemUse;
  for (let count = 0; count <= MAX_CONTINUATIONS; count += 1) {
    let continuation: { offset: number; length: number } | null = null;
    for (const { signature, body } of fieldsOf(area)) {
      if (signature === 'NM' && body.length >= 1) {
        // Flags 2 and 4 mean `.` and `..`, which have no name of their own.
        special ||= ((body[0] ?? 0) & 6) !== 0;
        name.push(body.subarray(1));
      } else if (signature === 'SL') found.symlink = true;
      else if (signature === 'CL' && body.length >= 8) found.movedTo = body.readUInt32LE(0);
      else if (signature === 'RE') found.moved = true;
      else if (signature === 'ZF') found.compressed = true;
      else if (signature === 'CE' && body.length >= 24)
        continuation = {
          offset: body.readUInt32LE(0) * SECTOR + body.readUInt32LE(8),
          length: body.readUInt32LE(16),
        };
    }
    if (continuation === null || continuation.length > MAX_AREA) break;
    reads.spend();
    area = await readExactly(source, continuation.offset, continuation.length);
  }
  if (special) name = [];
  return { name: name.length === 0 ? null : Buffer.concat(name).toString('utf8'), ...found };
}

function* fieldsOf(area: Buffer): Generator<{ signature: string; body: Buffer }> {
  let at = 0;
  while (at + 4 <= area.length) {
    const length = area[at + 2] ?? 0;
    const signature = area.toString('latin1', at, at + 2);
    if (length < 4 || at + length > area.length || signature === 'ST') return;
    yield { signature, body: area.subarray(at + 4, at + length) };
    at += length;
  }
}
