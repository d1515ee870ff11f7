import { readGpt, type Gpt } from '../disk/gpt.ts';
import { isExtended, PROTECTIVE_TYPE, readMbr, type MbrEntry } from '../disk/mbr.ts';
import { FormatError } from '../errors.ts';
import type { DataFile } from './data-files.ts';
import { contentOf, type Devices } from './devices.ts';
import { ClonezillaError, damaged } from './errors.ts';
import type { DiskTable, ImageDisk, ImagePartition } from './image.ts';
import { readSmall, readText, type ImageFiles } from './image-files.ts';
import { fileStem } from './lists.ts';
import { readPartedPrint } from './parted-print.ts';
import { readSfdiskDump, type DumpedPartition, type SfdiskDump } from './sfdisk-dump.ts';

/** Of swap, as sfdisk words them. */
const SWAP_TYPES: ReadonlySet<string> = new Set(['82', '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F']);
const SECTOR = 512;
const BOOT_CODE_BYTES = 440;
const GPT_SLOTS = 128;
const GPT_ROW_BYTES = 128;
/** A file of a table: 34 sectors, and more on a disk with larger ones. */
const TABLE_LIMIT = 256 * 1024;

/** A disk one of whose files is not what it should be is not restored, and keeps no other one from it. */
export async function readDisk(devices: Devices, name: string): Promise<ImageDisk> {
  let sizeBytes: number | null = null;
  try {
    const parted = readPartedPrint((await readText(devices.files, `${fileStem(name)}-pt.parted`)) ?? '');
    sizeBytes = parted?.sizeBytes ?? null;
    return await diskOf(devices, name, sizeBytes);
  } catch (error) {
    if (!(error instanceof ClonezillaError)) throw error;
    return unreadable(name, sizeBytes, error.message);
  }
}

/** @throws {ClonezillaError} where a file of the disk is not what it should be */
async function diskOf(devices: Devices, name: string, partedBytes: number | null): Promise<ImageDisk> {
  const { files } = devices;
  const stem = fileStem(name);
  const text = await readText(files, `${stem}-pt.sf`);
  if (text === null || text.trim() === '') return withoutTable(devices, name, partedBytes);
  const file = `${stem}-pt.sf`;
  const dump = readSfdiskDump(file, name, text);
  const first = await firstSectorOf(files, stem, dump);
  const partitions: ImagePartition[] = [];
  for (const each of dump.partitions) partitions.push(await partitionOf(devices, dump, each));
  const found = dump.label === 'gpt' ? await gptOf(devices, stem, dump) : { gpt: null, warnings: [] };
  const extended = partitions.find(({ content }) => content.kind === 'extended');
  const record = extended === undefined ? null : `${fileStem(extended.name)}-ebr`;
  const hidden = `${stem}-hidden-data-after-mbr`;
  const table: DiskTable = {
    kind: dump.label === 'gpt' ? 'gpt' : 'mbr',
    dump,
    mbr: first.mbr,
    gpt: found.gpt,
    extendedRecord:
      record !== null && files.sizes.has(record) ? await readSmall(files, record, TABLE_LIMIT) : null,
    hidden:
      dump.label === 'dos' && files.sizes.has(hidden)
        ? { file: hidden, bytes: files.sizes.get(hidden) ?? 0 }
        : null,
  };
  const sizeBytes = partedBytes ?? sizeByTable(dump, found.gpt);
  return {
    name,
    sizeBytes,
    sectorSize: dump.sectorSize,
    table,
    partitions,
    problems: [
      ...tableProblems(stem, table),
      ...layoutProblems(partitions, table, sizeBytes),
      ...contentProblems(devices, partitions),
      ...hiddenProblems(stem, table, partitions),
    ],
    warnings: [
      ...hiddenWarnings(files, stem, table),
      ...first.warnings,
      ...found.warnings,
      ...emptyWarnings(partitions),
    ],
  };
}

/** A file system, or a physical volume, on a whole disk. */
function withoutTable({ files }: Devices, name: string, sizeBytes: number | null): ImageDisk {
  const why = files.sizes.has(`${fileStem(name)}-mbr`)
    ? `${fileStem(name)}-pt.sf is missing in the image. Copy it here, too.`
    : `${name} has no table of partitions (a file system or LVM on the whole disk), which is not restored.`;
  return unreadable(name, sizeBytes, why);
}

function unreadable(name: string, sizeBytes: number | null, why: string): ImageDisk {
  return {
    name,
    sizeBytes,
    sectorSize: SECTOR,
    table: null,
    partitions: [],
    problems: [why],
    warnings: [],
  };
}

async function partitionOf(
  devices: Devices,
  dump: SfdiskDump,
  partition: DumpedPartition,
): Promise<ImagePartition> {
  const { name, number, start, sectors, type } = partition;
  const extended = dump.label === 'dos' && isExtended(parseInt(type, 16));
  return {
    name,
    number,
    offset: start * dump.sectorSize,
    bytes: sectors * dump.sectorSize,
    type,
    fileSystem: devices.fileSystems.get(name) ?? fileSystemOf(devices.data.get(fileStem(name))),
    content: extended ? { kind: 'extended' } : await contentOf(devices, name, SWAP_TYPES.has(type)),
  };
}

/** A plain copy's name does not tell it. */
function fileSystemOf(data: DataFile | undefined): string | null {
  return data === undefined || data.fileSystem === 'dd' ? null : data.fileSystem;
}

/** The boot code, and what protects a GPT; of a disk with GPT its first copy begins with the same sector. */
async function firstSectorOf(
  files: ImageFiles,
  stem: string,
  { label }: SfdiskDump,
): Promise<{ mbr: Buffer | null; warnings: string[] }> {
  const own = `${stem}-mbr`;
  if (label !== 'gpt') {
    const bytes = files.sizes.has(own) ? await readSmall(files, own, TABLE_LIMIT) : null;
    return { mbr: bytes?.subarray(0, SECTOR) ?? null, warnings: [] };
  }
  const warnings: string[] = [];
  let mbr: Buffer | null = null;
  for (const file of [own, `${stem}-gpt-1st`]) {
    if (!files.sizes.has(file)) continue;
    const sector = (await readSmall(files, file, TABLE_LIMIT)).subarray(0, SECTOR);
    const why = whyNotProtective(sector);
    if (why !== null) {
      if (file === own) warnings.push(`${file} is not used: ${why}.`);
    } else if (mbr === null) mbr = sector;
    else if (!mbr.equals(sector))
      warnings.push(
        `${own} and ${file} begin with different sectors: one may be of another disk. ${own} is used.`,
      );
  }
  return { mbr, warnings };
}

function whyNotProtective(sector: Buffer): string | null {
  try {
    return readMbr(sector).some((row) => row?.type === PROTECTIVE_TYPE) ? null : 'It is of no disk with GPT';
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return error.message;
  }
}

/** The table by one of its saved copies: the first sector that is good counts. */
async function gptOf(
  devices: Devices,
  stem: string,
  dump: SfdiskDump,
): Promise<{ gpt: Gpt | null; warnings: string[] }> {
  const warnings: string[] = [];
  for (const file of [`${stem}-gpt-1st`, `${stem}-gpt-2nd`]) {
    if (!devices.files.sizes.has(file)) continue;
    const bytes = await readSmall(devices.files, file, TABLE_LIMIT);
    try {
      return { gpt: file.endsWith('1st') ? firstCopy(bytes, dump) : secondCopy(bytes), warnings };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      // Clonezilla copies 34 sectors of 512 bytes, which is not all where sectors are larger.
      if (dump.sectorSize === SECTOR) warnings.push(`${file} is not used: ${error.message}.`);
    }
  }
  return { gpt: null, warnings };
}

function firstCopy(bytes: Buffer, { sectorSize }: SfdiskDump): Gpt {
  return readGpt(bytes.subarray(sectorSize, 2 * sectorSize), (lba, length) =>
    bytes.subarray(lba * sectorSize, lba * sectorSize + length),
  );
}

/** The header is the last sector, and the rows come before it. Versions of Clonezilla that begin one sector late lack the first rows. */
function secondCopy(bytes: Buffer): Gpt {
  const header = bytes.subarray(-SECTOR);
  const own = header.length < SECTOR ? 0n : header.readBigUInt64LE(24);
  return readGpt(header, (lba, length) => {
    const at = bytes.length - SECTOR - (Number(own) - lba) * SECTOR;
    if (at < 0) throw new FormatError('TRUNCATED', 'The first rows are not in it');
    return bytes.subarray(at, at + length);
  });
}

function sizeByTable(dump: SfdiskDump, gpt: Gpt | null): number | null {
  if (gpt !== null) return (gpt.lastSector + 1) * dump.sectorSize;
  if (dump.label === 'gpt' && dump.lastLba !== null) {
    const rows = Math.ceil(((dump.tableLength ?? GPT_SLOTS) * GPT_ROW_BYTES) / dump.sectorSize);
    return (dump.lastLba + rows + 2) * dump.sectorSize;
  }
  return null;
}

/** Where the dump and the bytes of the table disagree nobody knows which is true. */
function tableProblems(stem: string, { kind, dump, mbr, gpt }: DiskTable): string[] {
  const label = kind === 'gpt' ? gpt?.diskGuid : labelOf(mbr);
  if (dump.labelId !== null && label != null && label.toLowerCase() !== dump.labelId.toLowerCase())
    return [
      `${stem}-${kind === 'gpt' ? 'gpt-1st' : 'mbr'} and ${stem}-pt.sf tell different disks (${label}, ${dump.labelId}): one of them is of another image.`,
    ];
  if (kind === 'gpt') {
    if (gpt === null) return [];
    const rows = new Map(
      gpt.partitions.map((row) => [row.number, `${row.start} ${row.sectors} ${row.type}`]),
    );
    const same =
      rows.size === dump.partitions.length &&
      dump.partitions.every(
        ({ number, start, sectors, type }) => rows.get(number) === `${start} ${sectors} ${type}`,
      );
    return same ? [] : [disagree(`${stem}-gpt-1st`, stem)];
  }
  if (dump.partitions.some(({ type }) => type === 'EE'))
    return [
      `${stem}-pt.sf was made by an sfdisk that does not know GPT, which the disk has: it is not restored.`,
    ];
  if (mbr === null) return [`${stem}-mbr is missing in the image. Copy it here, too.`];
  let rows: (MbrEntry | null)[];
  try {
    rows = readMbr(mbr);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw damaged(`${stem}-mbr`, `${error.message}. Copy it again from where it was saved.`);
  }
  const primaries = dump.partitions.filter(({ number }) => number <= 4);
  const same =
    primaries.length === rows.filter((row) => row !== null).length &&
    primaries.every(({ number, start, sectors, type }) => {
      const row = rows[number - 1];
      return row?.start === start && row.sectors === sectors && row.type === parseInt(type, 16);
    });
  return same ? [] : [disagree(`${stem}-mbr`, stem)];
}

/** The disk's identifier as sfdisk writes it. */
function labelOf(mbr: Buffer | null): string | null {
  return mbr === null || mbr.length < SECTOR
    ? null
    : `0x${mbr.readUInt32LE(440).toString(16).padStart(8, '0')}`;
}

function disagree(file: string, stem: string): string {
  return `${file} and ${stem}-pt.sf tell different partitions: one of them is of another image.`;
}

function layoutProblems(
  partitions: readonly ImagePartition[],
  { kind, dump, gpt }: DiskTable,
  sizeBytes: number | null,
): string[] {
  const extended = partitions.find(({ content }) => content.kind === 'extended');
  // Logical partitions, and the records before them, lie within the extended one.
  const isLogical = ({ number }: ImagePartition): boolean => kind === 'mbr' && number > 4;
  const problems = [
    ...overlaps(partitions.filter((partition) => !isLogical(partition))),
    ...overlaps(partitions.filter(isLogical)),
  ];
  for (const { name, offset, bytes } of partitions.filter(isLogical))
    if (
      extended === undefined ||
      offset <= extended.offset ||
      offset + bytes > extended.offset + extended.bytes
    )
      problems.push(`${name} does not lie within the extended partition.`);
  const rows = gpt?.rows.length ?? (dump.tableLength ?? GPT_SLOTS) * GPT_ROW_BYTES;
  const table = kind === 'gpt' ? 2 * dump.sectorSize + rows : dump.sectorSize;
  for (const { name, offset } of partitions)
    if (offset < table) problems.push(`${name} begins at byte ${offset}, where the table of partitions is.`);
  const end = Math.max(0, ...partitions.map(({ offset, bytes }) => offset + bytes));
  if (sizeBytes !== null && end > sizeBytes)
    problems.push(`The partitions end at byte ${end}, and the disk at ${sizeBytes}.`);
  return problems;
}

function overlaps(partitions: readonly ImagePartition[]): string[] {
  const sorted = partitions.toSorted((a, b) => a.offset - b.offset);
  return sorted.flatMap((partition, index) => {
    const next = sorted[index + 1];
    return next !== undefined && partition.offset + partition.bytes > next.offset
      ? [`${partition.name} and ${next.name} overlap in the table of partitions.`]
      : [];
  });
}

function contentProblems(devices: Devices, partitions: readonly ImagePartition[]): string[] {
  return partitions.flatMap(({ name, content }) => {
    const group = devices.physical.find(({ device }) => device === name)?.group ?? null;
    if (content.kind === 'data' && group !== null)
      return [
        `${name} is a physical volume of ${group}, and ${content.data.parts[0] ?? ''} is its content: one of them is of another image.`,
      ];
    if (content.kind === 'luks')
      return [
        `${name} is encrypted by LUKS, and was opened when it was saved: it is not restored. Save it anew without opening it, so that it is copied as it is.`,
      ];
    if (content.kind === 'physicalVolume' && content.group === null)
      return [`${name} is a physical volume of LVM in no group, which is not restored.`];
    if (content.kind === 'missing')
      return [
        `The content of ${name} is missing in the image: there is no file ${fileStem(name)}.…-img. Copy it here, too.`,
      ];
    return [];
  });
}

/** Clonezilla saves all sectors between the MBR and the first partition, counted in those of 512 bytes. */
function hiddenProblems(
  stem: string,
  { hidden, dump }: DiskTable,
  partitions: readonly ImagePartition[],
): string[] {
  if (hidden === null || dump.sectorSize !== SECTOR || partitions.length === 0) return [];
  const room = Math.min(...partitions.map(({ offset }) => offset)) - SECTOR;
  return hidden.bytes >= room
    ? []
    : [
        `${stem}-hidden-data-after-mbr has ${hidden.bytes} bytes, and ${room} are before the first partition: it is cut, or of another image.`,
      ];
}

function hiddenWarnings({ sizes }: ImageFiles, stem: string, { kind, hidden, mbr }: DiskTable): string[] {
  // Nothing is started from a disk without boot code.
  const boots = mbr?.subarray(0, BOOT_CODE_BYTES).some((byte) => byte !== 0) ?? false;
  if (kind !== 'mbr' || hidden !== null || !boots) return [];
  const file = `${stem}-hidden-data-after-mbr`;
  const why = sizes.has(`${file}.notes.txt`)
    ? `${file} was too large for Clonezilla to save`
    : `There is no ${file} in the image`;
  return [`${why}: a boot loader before the first partition (GRUB) has to be installed anew.`];
}

function emptyWarnings(partitions: readonly ImagePartition[]): string[] {
  return partitions
    .filter(({ content }) => content.kind === 'empty')
    .map(({ name }) => `${name} will be empty: Clonezilla did not save it.`);
}
