import type { Hardware } from '../../../drivers/formats/clonezilla/hardware.ts';
import type { ByteSource } from '../../storage/byte-source.ts';

/** A machine whose disks are saved where Virtlane can read them, as far as a new one is made of it. */
export interface SavedMachine {
  readonly hardware: Pick<Hardware, 'memoryBytes' | 'cpus' | 'macs'> & {
    /** What started it; null: nothing tells that. */
    readonly firmware: 'uefi' | 'bios' | null;
  };
  /** It takes the clock of the machine for the time of its place. */
  readonly isWindows: boolean;
  readonly disks: readonly SavedDisk[];
}

export interface SavedDisk {
  /** `sda`; of a file of its own: the file's path. */
  readonly name: string;
  readonly sectorBytes: number;
  /** @param sizeBytes of the new disk; null: as large as the saved one */
  plan(sizeBytes: number | null): SavedDiskPlan;
  /** @throws {ClonezillaError}, {FormatError} where it has become unreadable since it was looked at */
  open(sizeBytes: number): Promise<DiskBytes>;
}

export interface SavedDiskPlan {
  readonly sizeBytes: number;
  /** Why it cannot be restored, in sentences; empty: it can. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** At least so many bytes are written. */
  readonly writesBytes: number;
}

/** A new disk's bytes, as they come out of what is saved. */
export interface DiskBytes extends ByteSource {
  close(): Promise<void>;
}

/** A machine as a new one is shaped after it, whether its disks are saved or in use. */
export interface MachineShape extends Pick<SavedMachine, 'hardware' | 'isWindows'> {
  readonly disks: readonly Pick<SavedDisk, 'name' | 'sectorBytes' | 'plan'>[];
}

export function diskNamed<D extends Pick<SavedDisk, 'name'>>(
  { disks }: { readonly disks: readonly D[] },
  name: string,
): D | undefined {
  return disks.find((disk) => disk.name === name);
}
