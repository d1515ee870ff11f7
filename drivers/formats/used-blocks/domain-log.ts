import { FormatError } from '../errors.ts';
import type { BlockRun } from '../partclone/block-map.ts';
import type { UsedBlocks } from './used-blocks.ts';

/** What places are multiples of. */
const BLOCK = 512;
/** Of a file system that is in pieces all over; more is read as a whole. */
const MAX_RUNS = 2 ** 20;
/** Of a line; the first ones name the device. */
const MAX_LINE = 8192;

/**
 * Which bytes of a device a file system uses, as partclone tells (`partclone.btrfs -D`): the format of ddrescue's log, in which `+` is used and `?` is not.
 * @param deviceBytes of the device that it is of
 * @throws {FormatError} where it is not that, or not of all of the file system, or has places that the device has not
 */
export async function readDomainLog(
  text: AsyncIterable<Uint8Array>,
  deviceBytes: number,
): Promise<UsedBlocks> {
  const runs: BlockRun[] = [];
  let at = 0;
  let used = 0;
  let end: number | null = null;
  for await (const line of linesOf(text)) {
    if (line.startsWith('#') || line === '') continue;
    const [, first = '', length, status] =
      /^0x([0-9a-f]{1,13})\s+(?:0x([0-9a-f]{1,13})\s+)?([?+])$/i.exec(line) ?? [];
    const place = Number.parseInt(first, 16);
    // The first line is where the log ends, which is all of the file system.
    if (end === null) {
      if (length !== undefined || status === undefined) throw notOne();
      end = place;
      if (end === 0 || end > deviceBytes || end % BLOCK !== 0)
        throw new FormatError(
          'BAD_VALUE',
          `The map of used blocks is of ${end} bytes, its device has ${deviceBytes}`,
        );
      continue;
    }
    const bytes = Number.parseInt(length ?? '', 16);
    if (place !== at || !(bytes > 0) || bytes % BLOCK !== 0 || at + bytes > end) throw notOne();
    at += bytes;
    if (status !== '+') continue;
    if (runs.length === MAX_RUNS)
      throw new FormatError('TOO_LARGE', `The map of used blocks has more than ${MAX_RUNS} pieces`);
    runs.push({ first: place / BLOCK, count: bytes / BLOCK });
    used += bytes / BLOCK;
  }
  if (end === null || at !== end) throw notOne();
  return { blockBytes: BLOCK, blocks: end / BLOCK, used, runs: () => runs };
}

function notOne(): FormatError {
  return new FormatError('BAD_VALUE', 'It is no map of used blocks, or is cut');
}

async function* linesOf(text: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  let rest = '';
  for await (const bytes of text) {
    const lines = (rest + Buffer.from(bytes).toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE) throw notOne();
    for (const line of lines) yield line.trim();
  }
  yield rest.trim();
}
