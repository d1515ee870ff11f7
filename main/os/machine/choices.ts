import type { Choice, MachineChoices } from '../../contract/machine-choices.ts';
import { DISK_BUSES } from '../../contract/machine-spec.ts';
import { firmwareChoices, secureBootLack, tpmLack } from './firmware.ts';
import { choicesOf, deviceRefuses, isRefused } from './offers.ts';
import { cpuModeChoices, cpuModelChoices, hypervChoices } from './processor.ts';
import type { ChoicesInput } from './input.ts';
import { findGuest, isX86, type MachineTarget } from './target.ts';

/** Of whole machines; a drive on `fdc` is a floppy's and always there. */
const BUSES = DISK_BUSES.filter((bus) => bus !== 'fdc');
const NIC_MODELS = ['virtio', 'e1000e', 'e1000', 'rtl8139'];
const VIDEO_MODELS = ['virtio', 'vga', 'qxl', 'bochs', 'cirrus', 'ramfb', 'none'];

/** What the fields of a machine of this kind may be, and why not where the host says no. */
export function machineChoices(input: ChoicesInput): MachineChoices {
  const { target, capabilities, domainCapabilities, hostName } = input;
  const { arch } = target;
  const x86 = isX86(arch);
  const guest = findGuest(capabilities, arch);
  const refuses = (device: string, list: string, value: string): boolean =>
    deviceRefuses(domainCapabilities, device, list, value);
  return {
    virtType: choicesOf(['kvm', 'qemu'], (type) =>
      guest?.domainTypes.includes(type) === true
        ? null
        : `${hostName} has no hardware virtualization for ${arch}.`,
    ),
    machine: machines(guest?.machines ?? []),
    firmware: firmwareChoices(input),
    cpuMode: cpuModeChoices(input),
    cpuModel: cpuModelChoices(input),
    diskBus: diskBuses(input),
    nicModel: choicesOf(nicModels(target)),
    graphics: choicesOf(['vnc', 'spice', 'none'], (type) =>
      type !== 'none' && refuses('graphics', 'type', type)
        ? `QEMU on ${hostName} is built without ${type === 'vnc' ? 'VNC' : 'SPICE'}.`
        : null,
    ),
    video: choicesOf(VIDEO_MODELS, (model) =>
      refuses('video', 'modelType', model) ? `QEMU on ${hostName} has no ${model} display.` : null,
    ),
    sound: choicesOf(x86 ? ['ich9', 'ich6', 'ac97'] : []),
    usb: choicesOf(x86 ? ['qemu-xhci', 'ich9-ehci1', 'default', 'none'] : ['qemu-xhci', 'default', 'none']),
    watchdog: choicesOf(watchdogs(arch)),
    tpmModel: choicesOf(x86 ? ['tpm-crb', 'tpm-tis'] : ['tpm-tis'], (model) =>
      refuses('tpm', 'model', model) ? `QEMU on ${hostName} has no ${model}.` : null,
    ),
    hyperv: hypervChoices(input),
    secureBoot: secureBootLack(input),
    tpm: tpmLack(input),
    rng: refuses('rng', 'model', 'virtio') ? `QEMU on ${hostName} has no virtio random numbers.` : null,
    hugepages:
      capabilities.hugePages === 0 ? `${hostName} has set no huge pages aside (vm.nr_hugepages).` : null,
    sharedMemory: isRefused(domainCapabilities.memoryBacking, 'sourceType', 'memfd')
      ? `QEMU on ${hostName} has no shared memory by memfd.`
      : null,
    maxVcpus: domainCapabilities.maxVcpus,
  };
}

/** Aliases first: `q35` before `pc-q35-7.2`. */
function machines(list: readonly { readonly name: string; readonly canonical: string | null }[]): Choice[] {
  const [aliases, versions] = [
    list.filter(({ canonical }) => canonical !== null),
    list.filter(({ canonical }) => canonical === null),
  ];
  return choicesOf([...aliases, ...versions].map(({ name }) => name));
}

function diskBuses({ target, domainCapabilities, hostName }: ChoicesInput): Choice[] {
  const noIde = target.machine.includes('q35') || !isX86(target.arch);
  return choicesOf(BUSES, (bus) => {
    if (bus === 'ide' && noIde) return `Machines of type ${target.machine} have SATA in place of IDE.`;
    if (deviceRefuses(domainCapabilities, 'disk', 'bus', bus))
      return `${hostName} offers no ${bus} disks for machines of type ${target.machine}.`;
    return null;
  });
}

/** Libvirt has no list of them: what QEMU has had for long. Cards of ISA days fit the older chipset alone. */
function nicModels({ arch, machine }: MachineTarget): readonly string[] {
  if (!isX86(arch)) return arch === 's390x' ? ['virtio'] : ['virtio', 'e1000e', 'e1000', 'rtl8139'];
  return machine.includes('q35') ? NIC_MODELS : [...NIC_MODELS, 'ne2k_pci', 'pcnet'];
}

function watchdogs(arch: string): readonly string[] {
  if (arch === 's390x') return ['diag288'];
  return isX86(arch) ? ['i6300esb', 'ib700'] : ['i6300esb'];
}
