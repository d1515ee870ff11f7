import type { DataFile } from './data-files.ts';
import type { Content } from './image.ts';
import { readText, type ImageFiles } from './image-files.ts';
import { fileStem, swapIdentity, type PhysicalVolumeLine } from './lists.ts';

/** What is known of the devices of an image before its tables are read. */
export interface Devices {
  readonly files: ImageFiles;
  readonly data: ReadonlyMap<string, DataFile>;
  /** Those that Clonezilla was to save. */
  readonly saved: ReadonlySet<string>;
  readonly fileSystems: ReadonlyMap<string, string>;
  readonly physical: readonly PhysicalVolumeLine[];
  readonly luks: ReadonlySet<string>;
}

/** What a device holds, but for an extended partition, which its table tells. */
export async function contentOf(devices: Devices, device: string, swapType: boolean): Promise<Content> {
  const data = devices.data.get(fileStem(device));
  if (data !== undefined) return { kind: 'data', data };
  if (devices.luks.has(device)) return { kind: 'luks' };
  const volume = devices.physical.find((line) => line.device === device);
  if (volume !== undefined) return { kind: 'physicalVolume', group: volume.group, uuid: volume.uuid };
  const file = `swappt-${fileStem(device)}.info`;
  const swap = await readText(devices.files, file);
  if (swap !== null) return { kind: 'swap', identity: swapIdentity(file, swap) };
  if (isSwap(devices, device, swapType)) return { kind: 'swap', identity: { uuid: null, label: null } };
  return { kind: devices.saved.has(device) ? 'missing' : 'empty' };
}

/** What Clonezilla was to save is no swap, whatever its type says: its file is lost. */
function isSwap({ fileSystems, saved }: Devices, device: string, swapType: boolean): boolean {
  const fileSystem = fileSystems.get(device);
  return fileSystem === undefined ? swapType && !saved.has(device) : fileSystem === 'swap';
}
