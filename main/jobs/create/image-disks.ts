import type { CreateInput, CreateProblem } from '../../contract/create.ts';
import { isRaw } from '../../storage/image.ts';
import { WRITTEN_RAW } from '../../storage/volume-image.ts';
import type { PlannedStep } from '../engine/step.ts';
import type { NewVolume } from './disks.ts';
import type { CreateFacts } from './facts.ts';
import {
  firmwareWarnings,
  hasLargeSectors,
  plannedDisks,
  preallocationProblems,
  roomWarnings,
} from './filled-disks.ts';
import { noSuchDisk } from './image-defaults.ts';
import { filledDisks, placedPath, savedDisksOf, stepOn, type VolumeImageDisk } from './image-places.ts';

/** What stands against the image, or against what is made of its disks. */
export function imageProblems(input: CreateInput, { saved }: CreateFacts): CreateProblem[] {
  const { source, count, spec } = input;
  const names = savedDisksOf(source);
  if (names === null || source.kind === 'live') return [];
  const [place, field] =
    source.kind === 'clonezilla' ? ['source.path', 'source.disks'] : ['source.paths', 'source.paths'];
  if (saved === null || typeof saved === 'string')
    return [{ field: place, message: saved ?? 'The image was not read.' }];
  const problems: CreateProblem[] = [];
  if (count > 1) problems.push({ field: 'count', message: 'An image is of one machine: clone that one.' });
  if (new Set(names).size < names.length)
    problems.push({ field, message: 'A disk of the image is named twice.' });
  if (filledDisks(spec).length < names.length)
    problems.push({
      field: 'spec.disks',
      message: `The image has ${names.length} disks to be restored (${names.join(', ')}): each needs a new disk.`,
    });
  const disks = plannedDisks(input, saved);
  return [
    ...problems,
    ...disks.flatMap(({ name, index, disk, plan, bus }) => [
      ...(plan === null ? [{ field, message: noSuchDisk(saved, name) }] : []),
      ...(plan?.problems ?? []).map((problem) => ({
        field: `spec.disks.${index}.source`,
        message: `${name} cannot be restored. ${problem}`,
      })),
      ...(disk === null || disk.sectorBytes === 512 || hasLargeSectors(bus)
        ? []
        : [
            {
              field: `spec.disks.${index}.bus`,
              message: `${name} has sectors of ${disk.sectorBytes} bytes, which no disk on ${bus} has: put it on virtio or scsi.`,
            },
          ]),
    ]),
    ...preallocationProblems(disks),
  ];
}

/** What is lost, or not proven, of what is restored. */
export function imageWarnings(input: CreateInput, { saved, pools }: CreateFacts): string[] {
  const names = savedDisksOf(input.source);
  if (names === null || input.source.kind === 'live' || saved === null || typeof saved === 'string')
    return [];
  const { hardware, isWindows } = saved;
  const disks = plannedDisks(input, saved);
  const left = saved.disks.map(({ name }) => name).filter((name) => !names.includes(name));
  const { firmware } = input.spec;
  const large = disks.filter(({ disk }) => (disk?.sectorBytes ?? 512) !== 512);
  return [
    ...new Set([
      ...disks.flatMap(({ plan }) => plan?.warnings ?? []),
      ...roomWarnings(disks, { source: input.source, pools, what: 'the image' }),
      ...(left.length === 0
        ? []
        : [`${left.join(', ')} of the image ${left.length === 1 ? 'is' : 'are'} left out.`]),
      ...firmwareWarnings(hardware, input.spec),
      ...(hardware.firmware === 'uefi' && firmware === 'efi'
        ? [
            'What the old firmware had for starting is not taken over: the new one starts \\EFI\\BOOT\\BOOTX64.EFI of the EFI partition.',
          ]
        : []),
      ...large.map(
        ({ name, disk, bus }) =>
          `${name} has sectors of ${disk?.sectorBytes} bytes, and so has its new disk, on ${bus}: the system must have the driver of that already${isWindows ? ', which Windows by itself has not' : ''}, and BIOS does not start from it.`,
      ),
      ...(input.spec.nics.some(({ mac }) => mac !== null && hardware.macs.includes(mac.toLowerCase()))
        ? ['It has the MACs of the machine that was saved: the two must not be on one network at once.']
        : []),
    ]),
  ];
}

/** Reads all of the image before anything is made, where that is asked for. */
export function verifyImageSteps(
  { source, host }: CreateInput,
  { savedOn: on }: Pick<CreateFacts, 'savedOn'>,
): PlannedStep[] {
  if (source.kind !== 'clonezilla' || source.verify !== true) return [];
  const { path: image } = source;
  const title = `Read all of ${placedPath({ path: image, on })}, and check it`;
  const params = { image, on: stepOn(on) };
  return [{ id: 'verify-image', kind: 'p2v.verify', host, title, params, weight: 30 }];
}

/**
 * The steps that make a volume of a saved disk. Bytes of a raw disk go into a raw volume alone: where another format is wanted, the host
 * converts it.
 * @param token what tells the volume that is converted from others; from the machine's UUID
 */
export function fillSteps(
  volume: Omit<NewVolume, 'image'>,
  image: VolumeImageDisk,
  { id, token }: { readonly id: string; readonly token: string },
): PlannedStep[] {
  const { host, pool, poolName, name, capacityBytes, format } = volume;
  const at = { host, pool, poolName };
  const { path, disk, on } = image;
  const raw = rawName(volume, token);
  const fill: PlannedStep = {
    id,
    kind: 'p2v.fill',
    host,
    title: `Restore ${disk === null ? '' : `${disk} of `}${placedPath(image)} to ${name} in ${poolName}`,
    params: {
      ...at,
      name: raw,
      image: path,
      disk,
      on: stepOn(on),
      sizeBytes: capacityBytes,
      isConverted: !isRaw(format),
    },
    weight: 50,
  };
  return [fill, ...convertSteps({ host, pool, poolName, name, capacityBytes, format }, { id, raw })];
}

type Converted = Pick<NewVolume, 'host' | 'pool' | 'poolName' | 'name' | 'capacityBytes' | 'format'>;

/** What raw bytes are written to first; the volume itself where it is to be raw. */
export function rawName({ name, format }: Pick<Converted, 'name' | 'format'>, token: string): string {
  // While it is only planned there is no token.
  return isRaw(format) ? name : `${name}.${token === '' ? '' : `${token}.`}import`;
}

/** The steps that make a volume of what was written to a raw one; none where it is that. */
export function convertSteps(
  { host, pool, poolName, name, capacityBytes, format }: Converted,
  { id, raw }: { readonly id: string; readonly raw: string },
): PlannedStep[] {
  if (isRaw(format)) return [];
  const at = { host, pool, poolName };
  return [
    {
      id: `${id}-convert`,
      kind: 'volume.copy',
      host,
      title: `Convert it to ${format}`,
      params: { ...at, name, capacityBytes, format, from: { pool, poolName, name: raw, claim: WRITTEN_RAW } },
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
