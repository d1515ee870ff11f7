import { FormatError } from '../errors.ts';

const PAGE = 4096;
/** What `mkswap` takes at least. */
const MIN_PAGES = 10;

/**
 * The first page of an empty swap area, as `mkswap` of util-linux writes it (`linux/swap.h`, version 1, pages of 4 KiB).
 * @throws {FormatError} for less than ten pages
 */
export function swapHeader(
  sizeBytes: number,
  { uuid, label }: { readonly uuid: string | null; readonly label: string | null },
): Buffer {
  const pages = Math.min(Math.floor(sizeBytes / PAGE), 0xffffffff);
  if (pages < MIN_PAGES) throw new FormatError('BAD_VALUE', `${sizeBytes} bytes are too few for a swap area`);
  const page = Buffer.alloc(PAGE);
  page.writeUInt32LE(1, 1024);
  page.writeUInt32LE(pages - 1, 1028);
  if (uuid !== null) Buffer.from(uuid.replaceAll('-', ''), 'hex').copy(page, 1036);
  if (label !== null) Buffer.from(label, 'utf8').subarray(0, 16).copy(page, 1052);
  page.write('SWAPSPACE2', PAGE - 10, 'latin1');
  return page;
}
