import type { MachineSpec, NicSourceSpec } from '../../contract/machine-spec.ts';
import { plainDisk } from '../../contract/plain-disk.ts';
import { FailureError } from '../../hosts/failures.ts';
import { isX86 } from '../../os/index.ts';
import { diskNamed, type MachineShape } from '../p2v/saved-machine.ts';

/** What a person chooses of it. */
export interface ImageAsked {
  /** Left out: all. */
  readonly disks?: readonly string[] | undefined;
  readonly format?: 'raw' | 'qcow2' | undefined;
}

/** What is known of the host. */
export interface ImageHost {
  readonly name: string;
  readonly cpus: number;
  /** New disks go there; null: it has no pool. */
  readonly pool: string | null;
  /** What the pool can have, unless another is asked for. */
  readonly format: 'raw' | 'qcow2';
  readonly nic: NicSourceSpec;
}

/** The machine that was saved, as far as that tells it, with the devices that systems of all ages know. */
export interface ImageDefaults {
  readonly spec: MachineSpec;
  /** Those that fill the spec's, in order. */
  readonly disks: readonly string[];
  readonly warnings: readonly string[];
}

/** @throws FailureError NOT_FOUND where there is no such disk */
export function imageDefaults(
  spec: MachineSpec,
  asked: ImageAsked,
  { saved, host }: { readonly saved: MachineShape; readonly host: ImageHost },
): ImageDefaults {
  const { hardware } = saved;
  const disks = asked.disks ?? saved.disks.map(({ name }) => name);
  const x86 = isX86(spec.arch);
  const vcpus = Math.max(1, Math.min(hardware.cpus ?? spec.cpu.vcpus, host.cpus));
  const nic = { source: host.nic, model: x86 ? 'e1000e' : 'virtio', vlan: null, filter: null, linkUp: true };
  const macs = hardware.macs.filter(isOfOne).slice(0, MAX_CARDS);
  const made: MachineSpec = {
    ...spec,
    ...(hardware.firmware === null ? {} : { firmware: hardware.firmware === 'uefi' ? 'efi' : 'bios' }),
    secureBoot: false,
    tpm: null,
    cpu: { ...spec.cpu, vcpus, topology: null },
    memory:
      hardware.memoryBytes === null
        ? spec.memory
        : { ...spec.memory, sizeMiB: Math.max(1, Math.floor(hardware.memoryBytes / 1024 ** 2)) },
    disks: disks.map((name) => {
      const disk = diskNamed(saved, name);
      if (disk === undefined) throw new FailureError({ code: 'NOT_FOUND', message: noSuchDisk(saved, name) });
      const sizeBytes = Math.max(1, disk.plan(null).sizeBytes);
      const { format = host.format } = asked;
      return plainDisk(
        { kind: 'new', pool: host.pool ?? '', name: null, format, sizeBytes, preallocation: 'none' },
        x86 && disk.sectorBytes === 512 ? 'sata' : 'virtio',
      );
    }),
    nics: (macs.length === 0 ? [null] : macs).map((mac) => ({ ...nic, mac })),
    ...(saved.isWindows ? { clock: 'localtime' } : {}),
    ...(x86 && spec.graphics.type !== 'none' ? { video: 'vga' } : {}),
  };
  return { disks, spec: made, warnings: differences(hardware, made, host) };
}

/** What is otherwise than it was, or nobody knows how it was. */
function differences(
  { cpus, memoryBytes, firmware, macs }: MachineShape['hardware'],
  made: MachineSpec,
  host: ImageHost,
): string[] {
  const name = made.firmware === 'efi' ? 'UEFI' : 'BIOS';
  return [
    ...(cpus === null || cpus <= host.cpus
      ? []
      : [
          `The machine had ${cpus} CPUs, and ${host.name} has ${host.cpus}: where nobody says how many, it gets those of the host.`,
        ]),
    ...(cpus === null && memoryBytes === null && macs.length === 0
      ? [
          'Nothing tells the memory, CPUs and MACs of the machine that was saved: what you do not choose is as of any new machine.',
        ]
      : []),
    ...(firmware === null
      ? [`The disks do not tell what started the machine: where nobody says, ${name} is tried.`]
      : []),
  ];
}

export function noSuchDisk({ disks }: MachineShape, name: string): string {
  return `The image has no disk ${name}; it has ${disks.map((disk) => disk.name).join(', ')}.`;
}

/** More are hardly wanted of a server with a card of many ports. */
const MAX_CARDS = 8;

/** What no group of machines has, and is not all zeros. */
function isOfOne(mac: string): boolean {
  return (parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== '00:00:00:00:00:00';
}
