import type { CreateInput, CreateProblem } from '../../contract/create.ts';
import type { DiskSpec, MachineSpec } from '../../contract/machine-spec.ts';
import { diskNamed, type MachineShape, type SavedDiskPlan } from '../p2v/saved-machine.ts';
import { gib } from './disks.ts';
import type { CreateFacts } from './facts.ts';
import { filledDisks, savedDisksOf } from './image-places.ts';
import { OVERLAY_BYTES, wantsVirtV2v } from './wants-virt-v2v.ts';

/**
 * By what file systems have in use: blocks of it may be zeros, which take no room, and a plain copy tells nothing before it is read. What is
 * converted is there twice for a while.
 */
export function roomWarnings(
  disks: readonly PlannedDisk[],
  {
    pools,
    what,
    source,
  }: Pick<CreateFacts, 'pools'> & Pick<CreateInput, 'source'> & { /** `the image` */ readonly what: string },
): string[] {
  const isPrepared = wantsVirtV2v(source);
  return pools.flatMap(({ uuid, name, availableBytes }) => {
    const here = disks.filter(({ pool }) => pool === uuid);
    const bytes = here.reduce(
      (sum, { plan, converted }) => sum + (plan?.writesBytes ?? 0) * (converted ? 2 : 1),
      isPrepared && here.length > 0 ? OVERLAY_BYTES : 0,
    );
    if (availableBytes === null || bytes <= availableBytes) return [];
    const twice = here.some(({ converted }) => converted)
      ? ', as it is there twice while it is converted'
      : '';
    return [
      `The pool ${name} has ${gib(availableBytes)} GiB left, and what is in ${what} may take ${gib(bytes)} GiB${twice}.`,
    ];
  });
}

export interface PlannedDisk {
  readonly name: string;
  /** UUID */
  readonly pool: string;
  /** The host makes another format of it. */
  readonly converted: boolean;
  /** In the spec. */
  readonly index: number;
  readonly bus: DiskSpec['bus'];
  /** Null: the machine has no such disk. */
  readonly disk: MachineShape['disks'][number] | null;
  readonly plan: SavedDiskPlan | null;
  readonly preallocated: boolean;
}

/** The disks that the spec's new ones are filled from, in order, as far as each has one. */
export function plannedDisks({ source, spec }: CreateInput, shape: MachineShape): PlannedDisk[] {
  const filled = filledDisks(spec);
  return (savedDisksOf(source) ?? []).flatMap((name, at): PlannedDisk[] => {
    const index = filled[at];
    const wanted = index === undefined ? undefined : spec.disks[index];
    if (index === undefined || wanted?.source.kind !== 'new') return [];
    const { pool, format, preallocation, sizeBytes } = wanted.source;
    const disk = diskNamed(shape, name) ?? null;
    return [
      {
        name,
        pool,
        converted: format !== 'raw',
        index,
        bus: wanted.bus,
        disk,
        plan: disk?.plan(sizeBytes) ?? null,
        preallocated: preallocation !== 'none',
      },
    ];
  });
}

/** QEMU's other disks have sectors of 512 bytes alone. */
export function hasLargeSectors(bus: DiskSpec['bus']): boolean {
  return bus === 'virtio' || bus === 'scsi';
}

export function preallocationProblems(disks: readonly PlannedDisk[]): CreateProblem[] {
  return disks
    .filter(({ preallocated }) => preallocated)
    .map(({ index }) => ({
      field: `spec.disks.${index}.source`,
      message:
        'A disk that is filled from another one takes its room as it is filled: choose no preallocation.',
    }));
}

/** What the machine starts by, told or guessed, and is not what is to start the new one. */
export function firmwareWarnings(
  { firmware: had }: MachineShape['hardware'],
  { firmware }: Pick<MachineSpec, 'firmware'>,
): string[] {
  if (had === 'uefi' && firmware === 'bios')
    return ['The machine is set up for UEFI: by BIOS it most likely does not start.'];
  if (had === 'bios' && firmware === 'efi')
    return ['The machine is set up for BIOS: by UEFI it most likely does not start.'];
  return [];
}
