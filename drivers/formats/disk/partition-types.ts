/** What partitions are for, by the type that their table has: of GPT, then of MBR in hexadecimal. Those that machines boot from, or have usually. */
const TYPES: Readonly<Record<string, string>> = {
  'C12A7328-F81F-11D2-BA4B-00A0C93EC93B': 'EFI system',
  '21686148-6449-6E6F-744E-656564454649': 'BIOS boot',
  'E3C9E316-0B5C-4DB8-817D-F92DF00215AE': 'Microsoft reserved',
  'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7': 'Microsoft basic data',
  'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC': 'Windows recovery',
  '0FC63DAF-8483-4772-8E79-3D69D8477DE4': 'Linux file system',
  '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F': 'Linux swap',
  'E6D6D379-F507-44C2-A23C-238F2A3DF928': 'Linux LVM',
  '05': 'extended',
  '0f': 'extended',
  '07': 'NTFS or exFAT',
  '0b': 'FAT32',
  '0c': 'FAT32',
  '27': 'Windows recovery',
  '82': 'Linux swap',
  '83': 'Linux file system',
  '8e': 'Linux LVM',
  ef: 'EFI system',
};

/** In words; null: it is none of those. */
export function partitionType(type: string): string | null {
  return TYPES[type] ?? null;
}
