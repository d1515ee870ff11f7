import type { BuildDisk } from '../../../drivers/libvirt/model/domain-build.ts';
import type { ContainerSource, CreateInput } from '../../contract/create.ts';
import type { MachineSpec, NicSpec } from '../../contract/machine-spec.ts';
import { findSystem } from '../../os/index.ts';
import { placed, type NewVolume } from './disks.ts';
import type { CreateFacts } from './facts.ts';
import { placedPath, type VolumeImageDisk } from './image-places.ts';
import { isoPlace } from './media.ts';
import type { PlannedMachine } from './plan.ts';

/**
 * About the same machine as a line for virt-install, for a person to read; quoted for a shell. What virt-install has no words for is a line
 * of its own before it.
 */
export function virtInstall(input: CreateInput, machine: PlannedMachine, facts: CreateFacts): string {
  const { spec, source, os } = input;
  if (source.kind === 'container') return container(input, source, machine);
  const installer = installerDisk(input, machine);
  const seed = seedDisk(input, machine);
  const disks = machine.disks.disks.filter((disk) => disk !== installer && disk !== seed);
  const words = [
    ['--name', machine.name],
    ['--osinfo', (os === null ? null : findSystem(os)?.osinfo) ?? 'generic'],
    ['--virt-type', spec.virtType],
    ['--arch', spec.arch],
    ...(spec.machine === null ? [] : [['--machine', spec.machine]]),
    ['--memory', String(spec.memory.sizeMiB)],
    ['--vcpus', vcpuWord(spec.cpu)],
    ...(spec.cpu.mode === 'default' ? [] : [['--cpu', spec.cpu.model ?? `mode=${spec.cpu.mode}`]]),
    ...(spec.firmware === 'efi' ? [['--boot', firmwareWord(spec)]] : []),
    ...fromWords(input, installer),
    ...(seed === undefined ? [] : [['--cloud-init', `user-data=${machine.name}-user-data`]]),
    ...(disks.length === 0
      ? [['--disk', 'none']]
      : disks.map((disk) => ['--disk', diskWord(disk, volumeOf(disk, machine), facts)])),
    ...(spec.nics.length === 0
      ? [['--network', 'none']]
      : spec.nics.map((nic) => ['--network', nicWord(nic)])),
    ['--graphics', graphicsWord(spec.graphics)],
    ...(spec.graphics.type === 'none' ? [] : [['--video', spec.video]]),
    ['--tpm', tpmWord(spec.tpm)],
    ['--sound', spec.sound ?? 'none'],
    ...(spec.rng ? [['--rng', '/dev/urandom']] : []),
    ...(input.autostart ? [['--autostart']] : []),
  ];
  const line = ['virt-install', ...words.map((pair) => pair.map(quoted).join(' '))].join(' \\\n  ');
  return [...copyLines(machine, facts), line].join('\n');
}

function container(
  { spec, autostart, start }: CreateInput,
  source: ContainerSource,
  machine: PlannedMachine,
): string {
  const words = [
    ['--connect', 'lxc:///system'],
    ['--name', machine.name],
    ['--memory', String(spec.memory.sizeMiB)],
    ['--vcpus', String(spec.cpu.vcpus)],
    ['--filesystem', `${machine.folder ?? ''},/`],
    ['--boot', `init=${source.init}`],
    ...(spec.nics.length === 0
      ? [['--network', 'none']]
      : spec.nics.map((nic) => ['--network', nicWord(nic)])),
    ...(autostart ? [['--autostart']] : []),
    ...(start ? [] : [['--noreboot']]),
  ];
  return ['virt-install', ...words.map((pair) => pair.map(quoted).join(' '))].join(' \\\n  ');
}

/** The drive of the installer's ISO. */
function installerDisk({ source }: CreateInput, machine: PlannedMachine): BuildDisk | undefined {
  return source.kind === 'iso' ? cdOf(machine, isoPlace(source.medium).name) : undefined;
}

/** The drive of cloud-init's data, which virt-install makes by itself. */
function seedDisk({ source }: CreateInput, machine: PlannedMachine): BuildDisk | undefined {
  const { seed } = machine.disks;
  return source.kind === 'cloudImage' && seed !== null ? cdOf(machine, seed.name) : undefined;
}

function cdOf({ disks }: PlannedMachine, name: string): BuildDisk | undefined {
  return disks.disks.find(
    ({ device, source }) => device === 'cdrom' && source?.path.endsWith(`/${name}`) === true,
  );
}

/** Where the system comes from. */
function fromWords({ source }: CreateInput, installer: BuildDisk | undefined): string[][] {
  if (source.kind === 'network') return [['--pxe']];
  if (source.kind === 'tree')
    return [
      ['--location', source.url],
      ...(source.arguments === '' ? [] : [['--extra-args', source.arguments]]),
    ];
  const path = installer?.source?.path;
  return path === undefined ? [['--import']] : [['--cdrom', path]];
}

/** Copies of images: virt-install lays a new disk on another, or makes it empty. */
function copyLines(machine: PlannedMachine, facts: CreateFacts): string[] {
  return machine.disks.disks.flatMap((disk) => {
    const made = volumeOf(disk, machine);
    if (made?.image !== undefined && disk.source !== null) return restoreLines(made.image, disk.source);
    if (made?.from?.how !== 'copy' || disk.source === null) return [];
    const from = placed(facts, made.from)?.path ?? made.from.name;
    const { path, format } = disk.source;
    return [
      ['qemu-img', 'convert', '-O', format, from, path],
      ['qemu-img', 'resize', '-f', format, path, String(made.capacityBytes)],
    ].map((words) => words.map(quoted).join(' '));
  });
}

function restoreLines(image: VolumeImageDisk, to: NonNullable<BuildDisk['source']>): string[] {
  const { disk } = image;
  const which = disk === null ? [] : ['--disk', disk];
  const restore = ['virtlane', 'p2v', 'restore', placedPath(image), ...which, '--to-raw'];
  const raw = `${to.path}.raw`;
  const lines =
    to.format === 'raw'
      ? [[...restore, to.path]]
      : [
          [...restore, raw],
          ['qemu-img', 'convert', '-f', 'raw', '-O', to.format, raw, to.path],
        ];
  return lines.map((words) => words.map(quoted).join(' '));
}

/** What is to be made for a disk. */
function volumeOf({ source }: BuildDisk, { disks }: PlannedMachine): NewVolume | undefined {
  return disks.volumes.find(({ name }) => source?.path.endsWith(`/${name}`) === true);
}

function vcpuWord({ vcpus, topology }: MachineSpec['cpu']): string {
  if (topology === null) return String(vcpus);
  const { sockets, cores, threads } = topology;
  return `${vcpus},sockets=${sockets},cores=${cores},threads=${threads}`;
}

/** As the definition has it: left to itself the host's firmware says whether there is Secure Boot. */
function firmwareWord({ secureBoot }: MachineSpec): string {
  const enabled = secureBoot ? 'yes' : 'no';
  const features = ['secure-boot', 'enrolled-keys'].map(
    (name, index) => `firmware.feature${index}.name=${name},firmware.feature${index}.enabled=${enabled}`,
  );
  return ['firmware=efi', ...features].join(',');
}

function diskWord(disk: BuildDisk, made: NewVolume | undefined, facts: CreateFacts): string {
  const { source, device, bus, cache, io, discard } = disk;
  const options = { 'driver.cache': cache, 'driver.io': io, 'driver.discard': discard };
  const parts = [
    ...(source === null ? [] : [`path=${source.path}`]),
    `device=${device}`,
    `bus=${bus}`,
    ...(made === undefined || made.from?.how === 'copy' || made.image !== undefined
      ? []
      : newWords(made, facts)),
    ...Object.entries(options).flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`])),
    ...(disk.sectorBytes === undefined || disk.sectorBytes === 512
      ? []
      : ['logical', 'physical'].map((which) => `blockio.${which}_block_size=${disk.sectorBytes}`)),
  ];
  return parts.join(',');
}

function newWords({ capacityBytes, format, from }: NewVolume, facts: CreateFacts): string[] {
  const base = from === null ? null : placed(facts, from);
  return [
    `size=${capacityBytes / 1024 ** 3}`,
    ...(format === null ? [] : [`format=${format}`]),
    ...(base === null ? [] : [`backing_store=${base.path}`, `backing_format=${base.format}`]),
  ];
}

function nicWord({ source, model, mac, filter, linkUp }: NicSpec): string {
  const more = [
    `model.type=${model}`,
    ...(mac === null ? [] : [`mac=${mac}`]),
    ...(filter === null ? [] : [`filterref.filter=${filter}`]),
    ...(linkUp ? [] : ['link.state=down']),
  ];
  switch (source.kind) {
    case 'network': {
      const group = source.portGroup === null ? [] : [`source.portgroup=${source.portGroup}`];
      return [`network=${source.network}`, ...group, ...more].join(',');
    }
    case 'bridge': {
      const port = source.virtualPort === null ? [] : [`virtualport.type=${source.virtualPort}`];
      return [`bridge=${source.bridge}`, ...port, ...more].join(',');
    }
    case 'direct':
      return ['type=direct', `source.dev=${source.device}`, `source.mode=${source.mode}`, ...more].join(',');
    case 'user':
      return ['user', ...more].join(',');
  }
}

/** Its password is made with the machine, and is in no line that a shell keeps. */
function graphicsWord({ type, listen }: MachineSpec['graphics']): string {
  if (type === 'none') return 'none';
  return `${type},listen=${listen === 'socket' ? 'socket' : '127.0.0.1'}`;
}

function tpmWord(tpm: MachineSpec['tpm']): string {
  if (tpm === null) return 'none';
  return `model=${tpm.model},backend.type=emulator,backend.version=${tpm.version}`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
