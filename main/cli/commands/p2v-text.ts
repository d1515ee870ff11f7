import type { InspectedArea, InspectedDisk, InspectedDiskFile, Inspection } from '../../contract/p2v.ts';

import type { Verified, VerifiedContent } from '../../jobs/p2v/verify.ts';
import { bytes } from '../format.ts';
import { keyValues, table } from '../table.ts';

const FIRMWARE = { uefi: 'UEFI', bios: 'BIOS' } as const;

const CONTENT: Readonly<Record<InspectedArea['content'], string>> = {
  data: 'saved',
  swap: 'made anew',
  extended: 'extended',
  physicalVolume: 'LVM',
  luks: 'LUKS',
  empty: 'not saved',
  missing: 'MISSING',
};

/** What an image is, for people. */
export function inspectionLines(inspection: Inspection): string[] {
  const { savedAt, firmware, vendor, product, memoryBytes, cpus, cpuModel, macs, checksumLists } = inspection;
  return [
    ...keyValues([
      ['saved', savedAt],
      ['machine', [vendor, product].filter((word) => word !== null).join(' ')],
      ['firmware', firmware === 'uefi' ? 'UEFI' : 'BIOS'],
      ['memory', memoryBytes === null ? null : bytes(memoryBytes)],
      ['CPUs', cpus === null ? null : `${cpus}${cpuModel === null ? '' : ` (${cpuModel})`}`],
      ['MACs', macs.join(', ')],
      ['checksums', checksumLists.join(', ')],
    ]),
    ...inspection.disks.flatMap((disk) => ['', ...diskLines(disk)]),
    ...inspection.groups.flatMap(({ name, devices, volumes }) => [
      '',
      `${name}: volume group on ${devices.map((device) => device ?? 'a disk that is not in the image').join(', ')}`,
      ...areas(volumes),
    ]),
    ...(inspection.warnings.length === 0 ? [] : ['', ...inspection.warnings]),
  ];
}

function diskLines(disk: InspectedDisk): string[] {
  const { name, sizeBytes, sectorSize, partitions, problems, warnings } = disk;
  const size = sizeBytes === null ? 'of unknown size' : bytes(sizeBytes);
  const kind = disk.table === null ? 'no table of partitions that can be read' : disk.table.toUpperCase();
  return [
    `${name}: ${size}, ${kind}, sectors of ${sectorSize} bytes`,
    ...(partitions.length === 0 ? [] : areas(partitions)),
    ...problems.map((problem) => `Cannot be restored: ${problem}`),
    ...warnings,
  ];
}

function areas(rows: readonly InspectedArea[]): string[] {
  return table(
    [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'SIZE', value: ({ sizeBytes }) => bytes(sizeBytes), align: 'right' },
      { title: 'FILE SYSTEM', value: ({ fileSystem }) => fileSystem ?? '-' },
      { title: 'CONTENT', value: ({ content }) => CONTENT[content] },
      { title: 'USED', value: ({ image }) => bytes(image?.usedBytes ?? null), align: 'right' },
      { title: 'STORED', value: ({ image }) => bytes(image?.storedBytes ?? null), align: 'right' },
      { title: 'FORMAT', value: ({ image }) => image?.format ?? (image === null ? '-' : 'unreadable') },
      { title: 'COMPRESSION', value: ({ image }) => image?.compression ?? '-' },
      { title: 'CHECKSUM', value: ({ image }) => image?.checksum ?? '-' },
    ],
    rows,
  );
}

/** What a disk in a file of its own is, for people. */
export function diskFileLines(inspected: InspectedDiskFile): string[] {
  const {
    format,
    sizeBytes,
    usedBytes,
    sectorSize,
    table: kind,
    firmware,
    partitions,
    fault,
    warnings,
  } = inspected;
  return [
    ...keyValues([
      ['format', format.toUpperCase()],
      ['size', bytes(sizeBytes)],
      ['used', bytes(usedBytes)],
      ['sectors', `of ${sectorSize} bytes`],
      ['table', kind === null ? 'none that is known' : kind.toUpperCase()],
      ['firmware', firmware === null ? 'not told by its table' : FIRMWARE[firmware]],
    ]),
    ...(partitions.length === 0
      ? []
      : [
          '',
          ...table(
            [
              { title: 'NUMBER', value: ({ number }) => String(number), align: 'right' },
              { title: 'START', value: ({ offsetBytes }) => bytes(offsetBytes), align: 'right' },
              { title: 'SIZE', value: ({ sizeBytes: size }) => bytes(size), align: 'right' },
              { title: 'TYPE', value: ({ type, typeName }) => typeName ?? type },
              { title: 'NAME', value: ({ name }) => name ?? '-' },
            ],
            partitions,
          ),
        ]),
    ...(fault === null ? [] : ['', fault]),
    ...(warnings.length === 0 ? [] : ['', ...warnings]),
  ];
}

/** What became of each partition and volume, for people. */
export function verifiedLines({ contents }: Verified): string[] {
  return contents.map((content) => `${content.name}: ${outcome(content)}`);
}

function outcome({ checked, packed, lists, fault }: VerifiedContent): string {
  if (fault !== null) return 'damaged';
  const by = [
    ...(checked === null || checked === 'none' ? [] : [checked]),
    ...(packed === null ? [] : [`${packed}’s checksum`]),
    ...lists,
  ];
  return by.length === 0 ? 'unchecked: its image has no checksums' : `verified by ${by.join(', ')}`;
}
