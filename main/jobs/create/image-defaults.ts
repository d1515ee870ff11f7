import type { ClonezillaImage } from '../../../drivers/formats/clonezilla/image.ts';
import type { DefaultsInput } from '../../contract/create.ts';
import type { DiskSpec, MachineSpec, NicSourceSpec } from '../../contract/machine-spec.ts';
import { plainDisk } from '../../contract/plain-disk.ts';
import { FailureError } from '../../hosts/failures.ts';
import { isX86 } from '../../os/index.ts';
import { imageFailure } from '../p2v/failure.ts';
import { planOfDisk, readImageFacts, type ImageFacts } from '../p2v/image-facts.ts';

type Asked = NonNullable<DefaultsInput['clonezilla']>;

/** What is known of the host. */
export interface ImageHost {
  readonly name: string;
  readonly cpus: number;
  /** New disks go there; null: it has no pool. */
  readonly pool: string | null;
  readonly nic: NicSourceSpec;
}

/** The machine that an image is of, as far as its own reports tell it, with the devices that systems of all ages know. */
export interface ImageDefaults {
  readonly spec: MachineSpec;
  /** Those of the image that fill the spec's, in order. */
  readonly disks: readonly string[];
  readonly warnings: readonly string[];
}

/** @throws FailureError where the image cannot be read, or has no such disk */
export async function readImageDefaults(
  spec: MachineSpec,
  asked: Asked | undefined,
  host: ImageHost,
): Promise<ImageDefaults> {
  if (asked === undefined)
    throw new FailureError({ code: 'BAD_INPUT', message: 'Say where the image of Clonezilla is.' });
  const facts = await readImageFacts(asked.path).catch((error: unknown) => {
    throw imageFailure(error);
  });
  return imageDefaults(spec, asked, { facts, host });
}

/** @throws FailureError NOT_FOUND where the image has no such disk */
export function imageDefaults(
  spec: MachineSpec,
  asked: Asked,
  { facts, host }: { readonly facts: Pick<ImageFacts, 'image' | 'contents'>; readonly host: ImageHost },
): ImageDefaults {
  const { hardware, disks: saved } = facts.image;
  const disks = asked.disks ?? saved.map(({ name }) => name);
  const x86 = isX86(spec.arch);
  const vcpus = Math.max(1, Math.min(hardware.cpus ?? spec.cpu.vcpus, host.cpus));
  const nic = { source: host.nic, model: x86 ? 'e1000e' : 'virtio', vlan: null, filter: null, linkUp: true };
  const macs = hardware.macs.filter(isOfOne).slice(0, MAX_CARDS);
  return {
    disks,
    spec: {
      ...spec,
      firmware: hardware.firmware === 'uefi' ? 'efi' : 'bios',
      secureBoot: false,
      tpm: null,
      cpu: { ...spec.cpu, vcpus, topology: null },
      memory:
        hardware.memoryBytes === null
          ? spec.memory
          : { ...spec.memory, sizeMiB: Math.max(1, Math.floor(hardware.memoryBytes / 1024 ** 2)) },
      disks: disks.map((name) =>
        diskSpec(name, asked, { facts, pool: host.pool, bus: x86 ? 'sata' : 'virtio' }),
      ),
      nics: (macs.length === 0 ? [null] : macs).map((mac) => ({ ...nic, mac })),
      ...(isWindows(facts.image) ? { clock: 'localtime' } : {}),
      ...(x86 && spec.graphics.type !== 'none' ? { video: 'vga' } : {}),
    },
    warnings:
      hardware.cpus === null || hardware.cpus <= host.cpus
        ? []
        : [`The machine had ${hardware.cpus} CPUs, and ${host.name} has ${host.cpus}: it gets as many.`],
  };
}

/** By its file systems: it takes the clock of the machine for the time of its place. */
function isWindows({ disks, groups }: ClonezillaImage): boolean {
  const partitions = disks.flatMap((disk) => disk.partitions.flatMap(({ fileSystem }) => fileSystem ?? []));
  return groups.length === 0 && partitions.includes('ntfs') && !partitions.some((name) => UNIX.test(name));
}

const UNIX = /^(?:ext|xfs|btrfs|f2fs|reiser|jfs|swap|ufs|hfs|apfs)/;

/** More are hardly wanted of a server with a card of many ports. */
const MAX_CARDS = 8;

/** What no group of machines has, and is not all zeros. */
function isOfOne(mac: string): boolean {
  return (parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== '00:00:00:00:00:00';
}

function diskSpec(
  name: string,
  { format }: Asked,
  {
    facts,
    pool,
    bus,
  }: {
    readonly facts: Pick<ImageFacts, 'image' | 'contents'>;
    readonly pool: string | null;
    readonly bus: DiskSpec['bus'];
  },
): DiskSpec {
  const plan = planOfDisk(facts, name, null);
  if (plan === null)
    throw new FailureError({
      code: 'NOT_FOUND',
      message: `The image has no disk ${name}; it has ${facts.image.disks.map((disk) => disk.name).join(', ')}.`,
    });
  const sizeBytes = Math.max(1, plan.sizeBytes);
  return plainDisk(
    { kind: 'new', pool: pool ?? '', name: null, format, sizeBytes, preallocation: 'none' },
    bus,
  );
}
