import type { MachineSpec, NicSourceSpec } from '../../contract/machine-spec.ts';

/** A container of libvirt's LXC driver: it has the host's kernel, and none of a machine's devices but its card. */
export function containerDefaults(input: {
  readonly arch: string;
  readonly host: { readonly memoryMiB: number; readonly cpus: number };
  readonly nic: NicSourceSpec | null;
}): MachineSpec {
  const { arch, host, nic } = input;
  return {
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
    boot: [],
    bootMenu: false,
    pm: false,
  };
}
