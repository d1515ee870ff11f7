import type { NewElement } from '../../xml/index.ts';

/** Sizes in MiB, as "Hard Drives and Partitions" of Windows' own manual has them; null: the rest of the disk. */
interface Partition {
  readonly type: 'EFI' | 'MSR' | 'Primary';
  readonly sizeMiB: number | null;
  readonly format: 'FAT32' | 'NTFS' | null;
  readonly label: string | null;
  readonly active: boolean;
}

const EFI: readonly Partition[] = [
  { type: 'EFI', sizeMiB: 300, format: 'FAT32', label: 'System', active: false },
  { type: 'MSR', sizeMiB: 16, format: null, label: null, active: false },
  { type: 'Primary', sizeMiB: null, format: 'NTFS', label: 'Windows', active: false },
];
const BIOS: readonly Partition[] = [
  { type: 'Primary', sizeMiB: 500, format: 'NTFS', label: 'System', active: true },
  { type: 'Primary', sizeMiB: null, format: 'NTFS', label: 'Windows', active: false },
];

/** The first disk, emptied and parted for a firmware; `partition` is where Windows goes, from 1. */
export function windowsDisk(firmware: 'bios' | 'efi'): { disk: NewElement; partition: number } {
  const partitions = firmware === 'efi' ? EFI : BIOS;
  const text = (name: string, value: string): NewElement => ({ name, text: value });
  const add = { 'wcm:action': 'add' };
  const create = partitions.map(({ type, sizeMiB }, index): NewElement => ({
    name: 'CreatePartition',
    attributes: add,
    children: [
      text('Order', String(index + 1)),
      text('Type', type),
      sizeMiB === null ? text('Extend', 'true') : text('Size', String(sizeMiB)),
    ],
  }));
  const modify = partitions.map(({ format, label, active }, index): NewElement => ({
    name: 'ModifyPartition',
    attributes: add,
    children: [
      text('Order', String(index + 1)),
      text('PartitionID', String(index + 1)),
      ...(active ? [text('Active', 'true')] : []),
      ...(format === null ? [] : [text('Format', format)]),
      ...(label === null ? [] : [text('Label', label)]),
    ],
  }));
  const disk: NewElement = {
    name: 'Disk',
    attributes: add,
    children: [
      text('DiskID', '0'),
      text('WillWipeDisk', 'true'),
      { name: 'CreatePartitions', children: create },
      { name: 'ModifyPartitions', children: modify },
    ],
  };
  return {
    disk: { name: 'DiskConfiguration', children: [disk, text('WillShowUI', 'OnError')] },
    partition: partitions.length,
  };
}
