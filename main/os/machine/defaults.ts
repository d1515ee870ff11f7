import type { MachineChoices } from '../../contract/machine-choices.ts';
import type { MachineSpec } from '../../contract/machine-spec.ts';
import type { OperatingSystem } from '../operating-system.ts';
import { machineChoices } from './choices.ts';
import {
  cdBus,
  cdDrive,
  defaultGraphics,
  defaultNic,
  defaultVideo,
  diskBus,
  newDisk,
  usableDevices,
  usesVirtio,
} from './devices.ts';
import type { DefaultsInput } from './input.ts';
import { missing, type Missing } from './missing.ts';
import { pick } from './offers.ts';
import { defaultCpu } from './processor.ts';
import { isX86 } from './target.ts';

export interface MachineDefaults {
  readonly spec: MachineSpec;
  /** What the system wants and the host does not have, by field of the spec. */
  readonly unavailable: readonly Missing[];
  readonly choices: MachineChoices;
}

/** A machine that suits the system on this host: virtinst's defaults, with what is known to go wrong with them put right. */
export function machineDefaults(input: DefaultsInput): MachineDefaults {
  const { os, target } = input;
  const choices = machineChoices(input);
  const devices = usableDevices(os, input.virtioDrivers === true);
  const virtio = (knows: boolean): boolean => usesVirtio(knows, devices, target);
  const firmware = defaultFirmware(input, choices);
  const graphics = defaultGraphics(choices, target.arch);
  const x86 = isX86(target.arch);
  const balloon = virtio(devices.virtioBalloon);
  const spec: MachineSpec = {
    ...target,
    firmware,
    // What asks for a TPM asks for it too. Others start without, and with it modules of one's own making would not load.
    secureBoot: firmware === 'efi' && os.tpm === 'needed' && choices.secureBoot === null,
    cpu: defaultVcpus(input),
    memory: { sizeMiB: defaultMemoryMiB(input), hugepages: false, shared: false },
    disks: defaultDisks(input, choices),
    nics: input.nic === null ? [] : [defaultNic(input.nic, devices, target, choices)],
    graphics,
    video: defaultVideo({ graphics, firmware }, devices, target, choices),
    sound: null,
    tpm: defaultTpm(os, firmware, choices),
    watchdog: null,
    rng: virtio(devices.virtioRng) && choices.rng === null,
    balloon: { model: balloon ? 'virtio' : 'none', statsPeriodSec: balloon ? 10 : 0 },
    vsock: false,
    agent: os.agent && virtio(devices.virtioSerial),
    serial: true,
    usb: defaultUsb(devices.xhci, target.arch),
    tablet: graphics.type !== 'none' && target.arch !== 's390x',
    clock: os.clock,
    hyperv:
      os.hyperv && x86
        ? choices.hyperv.filter((choice) => choice.unavailable === null).map(({ value }) => value)
        : [],
    boot: null,
    bootMenu: false,
    pm: false,
  };
  return { spec, unavailable: missing(input, spec, choices), choices };
}

/** BIOS where the system boots by it: it starts faster and asks nothing of the host. */
function defaultFirmware(
  { os, firmwares, target }: DefaultsInput,
  choices: MachineChoices,
): MachineSpec['firmware'] {
  const order = (['bios', 'efi'] as const).filter((firmware) => os[firmware]);
  const wanted = firmwares === undefined ? order : order.filter((firmware) => firmwares.includes(firmware));
  const fallback = isX86(target.arch) ? 'bios' : 'efi';
  return pick(choices.firmware, wanted) ?? pick(choices.firmware, ['bios', 'efi'] as const) ?? fallback;
}

function defaultTpm(
  os: OperatingSystem,
  firmware: MachineSpec['firmware'],
  choices: MachineChoices,
): MachineSpec['tpm'] {
  if (os.tpm === 'no' || firmware !== 'efi' || choices.tpm !== null) return null;
  const model = pick(choices.tpmModel, ['tpm-crb', 'tpm-tis'] as const);
  return model === null ? null : { model, version: '2.0' };
}

/** Editions of Windows for clients use two sockets at most, so all its vCPUs are in one. */
function defaultVcpus(input: DefaultsInput): MachineSpec['cpu'] {
  const { os, host, target, domainCapabilities } = input;
  const wanted = Math.max(os.minimum.vcpus, Math.min(os.recommended.vcpus, host.cpus));
  const vcpus = Math.max(1, Math.min(wanted, domainCapabilities.maxVcpus ?? wanted));
  return {
    vcpus,
    topology: os.family === 'windows' ? { sockets: 1, cores: vcpus, threads: 1 } : null,
    ...defaultCpu(target, domainCapabilities),
  };
}

/** What is recommended, unless that were more than half of the host. */
function defaultMemoryMiB({ os, host }: DefaultsInput): number {
  const half = Math.floor(host.memoryMiB / 2 / 256) * 256;
  return Math.max(os.minimum.memoryMiB, Math.min(os.recommended.memoryMiB, half));
}

function defaultDisks(input: DefaultsInput, choices: MachineChoices): MachineSpec['disks'] {
  const { os, target, source, place } = input;
  if (source === 'disk' || source === 'clonezilla' || source === 'diskFile' || source === 'live') return [];
  const devices = usableDevices(os, input.virtioDrivers === true);
  const sizeGiB = Math.max(os.recommended.diskGiB, input.minDiskGiB ?? 0);
  const disks = place === null ? [] : [newDisk(place, sizeGiB, diskBus(devices, target, choices))];
  const drive = cdDrive(cdBus(devices, target, choices, source === 'cloudImage'));
  return source === 'network' || source === 'tree' ? disks : [...disks, drive];
}

function defaultUsb(xhci: boolean, arch: string): MachineSpec['usb'] {
  if (arch === 's390x') return 'none';
  return xhci || !isX86(arch) ? 'qemu-xhci' : 'ich9-ehci1';
}
