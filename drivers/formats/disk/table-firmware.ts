import { partitionType } from './partition-types.ts';

/** What a table of partitions tells of what starts from its disk. */
export interface StartingTable {
  /** null: there is none, or none that can be read. */
  readonly kind: 'mbr' | 'gpt' | null;
  readonly partitions: readonly { readonly type: string }[];
}

/** What can start a machine from the disk; null: its table does not tell. */
export function tableFirmware({ kind, partitions }: StartingTable): 'uefi' | 'bios' | 'either' | null {
  if (kind !== 'gpt') return kind === null ? null : 'bios';
  const has = (name: string): boolean => partitions.some(({ type }) => partitionType(type) === name);
  if (has('EFI system')) return has('BIOS boot') ? 'either' : 'uefi';
  return has('BIOS boot') ? 'bios' : null;
}
