import type { MachineChoices } from '../../contract/machine-choices.ts';
import type { MachineSpec, NicSourceSpec } from '../../contract/machine-spec.ts';
import type { MachineDefaults } from './defaults.ts';
import { choicesOf } from './offers.ts';

const NONE = 'A container has the host’s kernel, and no hardware of its own.';

/** Nothing of it is a machine's: the fields may be what they are, and no other. */
const CHOICES: MachineChoices = {
  virtType: choicesOf(['lxc']),
  machine: [],
  firmware: [],
  cpuMode: choicesOf(['default']),
  cpuModel: [],
  diskBus: [],
  nicModel: [],
  graphics: choicesOf(['none']),
  video: choicesOf(['none']),
  sound: [],
  usb: choicesOf(['none']),
  watchdog: [],
  tpmModel: [],
  hyperv: [],
  secureBoot: NONE,
  tpm: NONE,
  rng: NONE,
  hugepages: NONE,
  sharedMemory: NONE,
  maxVcpus: null,
};

/** A container of libvirt's LXC driver: it has the host's kernel, and none of a machine's devices but its card. */
export function containerDefaults(input: {
  readonly arch: string;
  readonly host: { readonly memoryMiB: number; readonly cpus: number };
  readonly nic: NicSourceSpec | null;
}): MachineDefaults & { readonly unavailable: [] } {
  const { arch, host, nic } = input;
  const spec: MachineSpec = {
    virtType: 'lxc',
    arch,
    machine: null,
    firmware: 'bios',
    secureBoot: false,
    cpu: { vcpus: Math.min(2, Math.max(1, host.cpus)), topology: null, mode: 'default', model: null },
    memory: {
      sizeMiB: Math.max(128, Math.min(1024, Math.floor(host.memoryMiB / 2))),
      hugepages: false,
      shared: false,
    },
    disks: [],
    nics:
      nic === null
        ? []
        : [{ source: nic, model: 'virtio', mac: null, vlan: null, filter: null, linkUp: true }],
    graphics: { type: 'none', listen: 'loopback', password: false },
    video: 'none',
    sound: null,
    tpm: null,
    watchdog: null,
    rng: false,
    balloon: { model: 'none', statsPeriodSec: 0 },
    vsock: false,
    agent: false,
    serial: true,
    usb: 'none',
    tablet: false,
    clock: 'utc',
    hyperv: [],
    boot: null,
    bootMenu: false,
    pm: false,
  };
  return { spec, unavailable: [], choices: CHOICES };
}
