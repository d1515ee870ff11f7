import type { DiskSpec } from './machine-spec.ts';

/** A disk, or a drive, with what a person may choose of it left as it is mostly. */
export function plainDisk(
  source: DiskSpec['source'],
  bus: DiskSpec['bus'],
  device: DiskSpec['device'] = 'disk',
): DiskSpec {
  return {
    device,
    source,
    bus,
    cache: null,
    io: null,
    discard: device === 'disk' ? 'unmap' : null,
    ioThread: false,
    readonly: device === 'cdrom',
    shareable: false,
    serial: null,
  };
}
