import { tableFirmware } from '../disk/table-firmware.ts';
import type { ImageDisk } from './image.ts';
import type { ImageFiles } from './image-files.ts';

export interface FoundFirmware {
  readonly firmware: 'uefi' | 'bios';
  /** What it is guessed from where the image does not tell it, in sentences. */
  readonly warnings: readonly string[];
}

/**
 * By `efi-nvram.dat`, which Clonezilla writes on machines that were started by UEFI alone. Without it BIOS started what saved the image, which may have
 * been another system than the machine's own, or an old Clonezilla: the first table that tells what starts from its disk counts.
 */
export function firmwareOf(
  { sizes }: Pick<ImageFiles, 'sizes'>,
  disks: readonly Pick<ImageDisk, 'name' | 'table' | 'partitions'>[],
): FoundFirmware {
  if (sizes.has('efi-nvram.dat')) return { firmware: 'uefi', warnings: [] };
  const told = disks.flatMap(({ name, table, partitions }) => {
    const starts = tableFirmware({ kind: table?.kind ?? null, partitions });
    return starts === null ? [] : [{ name, starts }];
  });
  const byUefi = told.find(({ starts }) => starts === 'uefi');
  if (byUefi === undefined) return { firmware: 'bios', warnings: [] };
  const [first = byUefi] = told;
  const esp = `${byUefi.name} has an EFI system partition and no BIOS boot partition`;
  const guessed =
    first === byUefi
      ? `UEFI is guessed, since ${esp}`
      : `BIOS is guessed, since it can start from ${first.name}; but ${esp}`;
  return {
    firmware: first === byUefi ? 'uefi' : 'bios',
    warnings: [
      `The image has no efi-nvram.dat, which would tell that the machine was started by UEFI. ${guessed}. The new machine’s firmware can be chosen.`,
    ],
  };
}
