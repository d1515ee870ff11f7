import type { CreateInput, CreateProblem } from '../../contract/create.ts';
import { planOfDisk, type ImageFacts } from '../p2v/image-facts.ts';
import type { RestorePlan } from '../p2v/plan.ts';
import type { PlannedStep } from '../engine/step.ts';
import { gib, type NewVolume } from './disks.ts';
import type { CreateFacts } from './facts.ts';
import { filledDisks, type VolumeImageDisk } from './image-places.ts';

/** What stands against the image, or against what is made of its disks. */
export function imageProblems(input: CreateInput, { clonezilla }: CreateFacts): CreateProblem[] {
  const { source, count, spec } = input;
  if (source.kind !== 'clonezilla') return [];
  if (clonezilla === null || typeof clonezilla === 'string')
    return [{ field: 'source.path', message: clonezilla ?? 'The image was not read.' }];
  const problems: CreateProblem[] = [];
  if (count > 1) problems.push({ field: 'count', message: 'An image is of one machine: clone that one.' });
  if (new Set(source.disks).size < source.disks.length)
    problems.push({ field: 'source.disks', message: 'A disk of the image is named twice.' });
  const filled = filledDisks(spec);
  if (filled.length < source.disks.length)
    problems.push({
      field: 'spec.disks',
      message: `The image has ${source.disks.length} disks to be restored (${source.disks.join(', ')}): each needs a new disk.`,
    });
  return [
    ...problems,
    ...planned(input, clonezilla).flatMap(({ name, index, plan, preallocated }) => [
      ...(plan === null ? [{ field: 'source.disks', message: noSuchDisk(clonezilla, name) }] : []),
      ...[...(plan?.problems ?? []), ...sectorProblems(clonezilla, name)].map((problem) => ({
        field: `spec.disks.${index}.source`,
        message: `${name} cannot be restored. ${problem}`,
      })),
      ...(preallocated
        ? [
            {
              field: `spec.disks.${index}.source`,
              message:
                'A disk that is filled from an image takes its room as it is filled: choose no preallocation.',
            },
          ]
        : []),
    ]),
  ];
}

/** What is lost, or not proven, of what is restored. */
export function imageWarnings(input: CreateInput, { clonezilla, pools }: CreateFacts): string[] {
  if (input.source.kind !== 'clonezilla' || clonezilla === null || typeof clonezilla === 'string') return [];
  const { image } = clonezilla;
  const left = image.disks.map(({ name }) => name).filter((name) => !isNamed(input, name));
  return [
    ...new Set([
      ...planned(input, clonezilla).flatMap(({ plan }) => plan?.warnings ?? []),
      ...roomWarnings(planned(input, clonezilla), pools),
      ...(left.length === 0
        ? []
        : [`${left.join(', ')} of the image ${left.length === 1 ? 'is' : 'are'} left out.`]),
      ...(image.hardware.firmware === 'uefi' && input.spec.firmware === 'bios'
        ? ['The machine was started by UEFI: by BIOS it most likely does not start.']
        : []),
      ...(image.hardware.firmware === 'bios' && input.spec.firmware === 'efi'
        ? ['The machine was started by BIOS: by UEFI it most likely does not start.']
        : []),
      ...(image.hardware.firmware === 'uefi' && input.spec.firmware === 'efi'
        ? [
            'What the old firmware had for starting (efi-nvram.dat) is not taken over: the new one starts \\EFI\\BOOT\\BOOTX64.EFI of the EFI partition.',
          ]
        : []),
      ...(input.spec.nics.some(({ mac }) => mac !== null && image.hardware.macs.includes(mac.toLowerCase()))
        ? ['It has the MACs of the machine that was saved: the two must not be on one network at once.']
        : []),
    ]),
  ];
}

/** What counts in larger sectors finds nothing on a disk with sectors of 512 bytes. */
function sectorProblems({ image }: ImageFacts, name: string): string[] {
  const size = image.disks.find((disk) => disk.name === name)?.sectorSize ?? 512;
  return size === 512
    ? []
    : [`It has sectors of ${size} bytes, and the disks of a machine that is made here have 512.`];
}

function isNamed({ source }: CreateInput, name: string): boolean {
  return source.kind === 'clonezilla' && source.disks.includes(name);
}

/**
 * By what file systems have in use: blocks of it may be zeros, which take no room, and a plain copy tells nothing before it is read. What is
 * converted is there twice for a while.
 */
function roomWarnings(disks: readonly PlannedDisk[], pools: CreateFacts['pools']): string[] {
  return pools.flatMap(({ uuid, name, availableBytes }) => {
    const here = disks.filter(({ pool }) => pool === uuid);
    const bytes = here.reduce(
      (sum, { plan, converted }) => sum + (plan?.writesBytes ?? 0) * (converted ? 2 : 1),
      0,
    );
    if (availableBytes === null || bytes <= availableBytes) return [];
    const twice = here.some(({ converted }) => converted)
      ? ', as it is there twice while it is converted'
      : '';
    return [
      `The pool ${name} has ${gib(availableBytes)} GiB left, and what is in the image may take ${gib(bytes)} GiB${twice}.`,
    ];
  });
}

interface PlannedDisk {
  readonly name: string;
  /** UUID */
  readonly pool: string;
  /** The host makes another format of it. */
  readonly converted: boolean;
  /** In the spec. */
  readonly index: number;
  /** Null: the image has no such disk. */
  readonly plan: RestorePlan | null;
  readonly preallocated: boolean;
}

function planned({ source, spec }: CreateInput, facts: ImageFacts): PlannedDisk[] {
  if (source.kind !== 'clonezilla') return [];
  const filled = filledDisks(spec);
  return source.disks.flatMap((name, at): PlannedDisk[] => {
    const index = filled[at];
    const disk = index === undefined ? undefined : spec.disks[index]?.source;
    if (index === undefined || disk?.kind !== 'new') return [];
    const plan = planOfDisk(facts, name, disk.sizeBytes);
    const { pool, format, preallocation } = disk;
    return [{ name, pool, converted: format !== 'raw', index, plan, preallocated: preallocation !== 'none' }];
  });
}

function noSuchDisk({ image }: ImageFacts, name: string): string {
  return `The image has no disk ${name}; it has ${image.disks.map((disk) => disk.name).join(', ')}.`;
}

/**
 * The steps that make a volume of a disk of an image. Bytes of a raw disk go into a raw volume alone: where another format is wanted, the host
 * converts it.
 * @param token what tells the volume that is converted from others; from the machine's UUID
 */
export function fillSteps(
  volume: Omit<NewVolume, 'image'>,
  { path, disk }: VolumeImageDisk,
  { id, token }: { readonly id: string; readonly token: string },
): PlannedStep[] {
  const { host, pool, poolName, name, capacityBytes, format } = volume;
  const at = { host, pool, poolName };
  const converts = format !== null && format !== 'raw';
  const raw = converts ? `${name}.${token}.import` : name;
  const fill: PlannedStep = {
    id,
    kind: 'p2v.fill',
    host,
    title: `Restore ${disk} of ${path} to ${name} in ${poolName}`,
    params: { ...at, name: raw, image: path, disk, sizeBytes: capacityBytes },
    weight: 50,
  };
  if (!converts) return [fill];
  return [
    fill,
    {
      id: `${id}-convert`,
      kind: 'volume.copy',
      host,
      title: `Convert it to ${format}`,
      params: { ...at, name, capacityBytes, format, from: { pool, poolName, name: raw } },
      weight: 20,
    },
    {
      id: `${id}-tidy`,
      kind: 'volume.delete',
      host,
      title: `Delete ${raw}`,
      // Nobody else knows its name.
      params: { ...at, name: raw, accepted: null },
    },
  ];
}
