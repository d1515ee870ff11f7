import type { BuildDisk } from '../../../drivers/libvirt/model/domain-build.ts';
import type { CreateInput } from '../../contract/create.ts';
import type { NicSpec } from '../../contract/machine-spec.ts';
import { findSystem } from '../../os/index.ts';
import type { PlannedMachine } from './plan.ts';

/** About the same machine as a line for virt-install, for a person to read; quoted for a shell. */
export function virtInstall(input: CreateInput, machine: PlannedMachine): string {
  const { spec, source, os } = input;
  const words = [
    ['--name', machine.name],
    ['--osinfo', (os === null ? null : findSystem(os)?.osinfo) ?? 'generic'],
    ['--virt-type', spec.virtType],
    ['--arch', spec.arch],
    ...(spec.machine === null ? [] : [['--machine', spec.machine]]),
    ['--memory', String(spec.memory.sizeMiB)],
    ['--vcpus', String(spec.cpu.vcpus)],
    ...(spec.firmware === 'efi' ? [['--boot', 'uefi']] : []),
    ...machine.disks.disks.map((disk) => ['--disk', diskWord(disk, machine)]),
    ...(spec.nics.length === 0
      ? [['--network', 'none']]
      : spec.nics.map((nic) => ['--network', nicWord(nic)])),
    ['--graphics', spec.graphics.type],
    ...(source.kind === 'network' ? [['--pxe']] : [['--import']]),
    ...(input.autostart ? [['--autostart']] : []),
    ...(input.start ? [] : [['--noreboot']]),
  ];
  return ['virt-install', ...words.map((pair) => pair.map(quoted).join(' '))].join(' \\\n  ');
}

function diskWord(disk: BuildDisk, { disks }: PlannedMachine): string {
  const { source, device, bus } = disk;
  const made = disks.volumes.find(({ name }) => source?.path.endsWith(`/${name}`) === true);
  const parts = [
    ...(source === null ? [] : [`path=${source.path}`]),
    `device=${device}`,
    `bus=${bus}`,
    ...(made === undefined ? [] : [`size=${Math.ceil(made.capacityBytes / 1024 ** 3)}`]),
    ...(made === undefined || made.format === null ? [] : [`format=${made.format}`]),
  ];
  return parts.join(',');
}

function nicWord({ source, model, mac }: NicSpec): string {
  const more = `model=${model}${mac === null ? '' : `,mac=${mac}`}`;
  switch (source.kind) {
    case 'network':
      return `network=${source.network},${more}`;
    case 'bridge':
      return `bridge=${source.bridge},${more}`;
    case 'direct':
      return `type=direct,source=${source.device},source.mode=${source.mode},${more}`;
    case 'user':
      return `user,${more}`;
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
