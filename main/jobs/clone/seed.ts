import type { DomainModel } from '../../../drivers/libvirt/model/index.ts';
import type { NewElement } from '../../../drivers/xml/index.ts';
import { SEED_ENDING } from '../create/names.ts';
import type { ClonedDisks } from './disks.ts';
import type { CloneFacts } from './facts.ts';

/** Where the CD of the first boot lies, and the drive that it goes into. */
export interface SeedDrive {
  readonly pool: string;
  readonly poolName: string;
  readonly file: string;
  readonly path: string;
  readonly target: string;
  /** The drive and what it is plugged into, where the machine has none to put it into. */
  readonly add: readonly NewElement[];
}

/** The drive of the machine's own seed, or an empty one, or one that is added. Null: there is no new disk to lay the CD beside. */
export function seedDrive(
  { model, pools }: CloneFacts,
  { volumes, omitted }: ClonedDisks,
  file: string,
): SeedDrive | null {
  const [beside] = volumes;
  const pool = pools.find(({ uuid }) => uuid === beside?.pool);
  if (pool === undefined) return null;
  const path = `${(pool.path ?? '').replace(/\/$/, '')}/${file}`;
  const drives = model.disks.filter(({ device, target }) => device === 'cdrom' && !omitted.includes(target));
  const drive =
    drives.find(({ source }) => source?.path?.endsWith(SEED_ENDING) === true) ??
    drives.find(({ source }) => source === null);
  const at = { pool: pool.uuid, poolName: pool.name, file, path };
  if (drive !== undefined) return { ...at, target: drive.target, add: [] };
  const taken = new Set(model.disks.map(({ target }) => target));
  const target =
    Array.from('abcdefghij', (letter) => `sd${letter}`).find((name) => !taken.has(name)) ?? 'sdz';
  return { ...at, target, add: addedDrive({ path, target }, model) };
}

/** Kernels of cloud images may know no drives but virtio's: where the disks are such, so is the drive, with a controller if there is none. */
function addedDrive({ path, target }: { path: string; target: string }, model: DomainModel): NewElement[] {
  const virtio = model.disks.some(({ bus }) => bus === 'virtio' || bus === 'scsi');
  const controlled = model.controllers.some(({ type }) => type === 'scsi');
  const controller = { name: 'controller', attributes: { type: 'scsi', model: 'virtio-scsi' } };
  const drive: NewElement = {
    name: 'disk',
    attributes: { type: 'file', device: 'cdrom' },
    children: [
      { name: 'driver', attributes: { name: 'qemu', type: 'raw' } },
      { name: 'source', attributes: { file: path } },
      { name: 'target', attributes: { dev: target, bus: virtio ? 'scsi' : 'sata' } },
      { name: 'readonly' },
    ],
  };
  return virtio && !controlled ? [controller, drive] : [drive];
}
