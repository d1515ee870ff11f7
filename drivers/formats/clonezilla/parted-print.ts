/** What `parted -s DISK unit s print` (`DISK-pt.parted`) tells beyond what `sfdisk -d` does. */
export interface PartedPrint {
  readonly sizeBytes: number;
  readonly sectorSize: number;
  /** `msdos`, `gpt`, `loop`… */
  readonly table: string;
}

/** null where it does not say it. */
export function readPartedPrint(text: string): PartedPrint | null {
  const sectors = Number(/^Disk \/dev\/\S+: (\d{1,16})s\s*$/m.exec(text)?.[1]);
  const sectorSize = Number(/^Sector size \(logical\/physical\): (\d{1,5})B/m.exec(text)?.[1] ?? 512);
  const table = /^Partition Table: (\S+)\s*$/m.exec(text)?.[1];
  const sizeBytes = sectors * sectorSize;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes === 0 || table === undefined) return null;
  return { sizeBytes, sectorSize, table };
}
