/** What a simulated machine is made of, before it has any state. */
export interface MachineSpec {
  name: string;
  uuid: Uint8Array;
  title: string | null;
  os: keyof typeof GUEST_SYSTEMS;
  vcpus: number;
  maxVcpus: number;
  memoryKiB: number;
  maxMemoryKiB: number;
  disks: DiskSpec[];
  nics: NicSpec[];
  graphics: 'vnc' | 'spice' | 'none';
  /** Of the VNC server; null for none. */
  password: string | null;
  serial: boolean;
  agent: boolean;
  /** Seconds between the balloon's reports; 0 when the guest reports nothing. */
  balloonPeriodSec: number;
  firmware: 'bios' | 'efi';
  load: LoadProfile;
  services: string[];
  /** Somebody stayed logged in on its screen and left `top` running. */
  leftOpen: boolean;
}

export interface DiskSpec {
  /** `vda`, `sda`… */
  target: string;
  bus: 'virtio' | 'sata';
  device: 'disk' | 'cdrom';
  /** Path of the file; null for an empty drive. */
  path: string | null;
  format: 'qcow2' | 'raw';
  capacityBytes: number;
  allocationBytes: number;
}

export interface NicSpec {
  mac: string;
  network: string;
  model: 'virtio' | 'e1000e';
  address: string;
  prefix: number;
}

/** How busy a machine is in the middle of the day. Rates are per second. */
export interface LoadProfile {
  /** Share of all vCPUs, 0 to 1. */
  cpu: number;
  /** Share of the memory that programs hold, 0 to 1. */
  memory: number;
  /** Share of the memory that is page cache. */
  cache: number;
  diskReadBytes: number;
  diskWriteBytes: number;
  netInBytes: number;
  netOutBytes: number;
  /** 0: steady; 1: follows the working day wholly. */
  daily: number;
  /** Height of bursts over the usual level: 0 none, 3 four times as much. */
  bursts: number;
}

/** The guest systems of the fleet: what they call themselves, and libosinfo's id in the metadata. */
export const GUEST_SYSTEMS = {
  debian: {
    kind: 'linux',
    name: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0-26-amd64',
    osinfo: 'http://debian.org/debian/12',
    nic: 'enp1s0',
  },
  ubuntu: {
    kind: 'linux',
    name: 'Ubuntu 24.04.1 LTS',
    kernel: '6.8.0-45-generic',
    osinfo: 'http://ubuntu.com/ubuntu/24.04',
    nic: 'enp1s0',
  },
  fedora: {
    kind: 'linux',
    name: 'Fedora Linux 40 (Server Edition)',
    kernel: '6.10.11-200.fc40.x86_64',
    osinfo: 'http://fedoraproject.org/fedora/40',
    nic: 'enp1s0',
  },
  rocky: {
    kind: 'linux',
    name: 'Rocky Linux 9.4 (Blue Onyx)',
    kernel: '5.14.0-427.el9.x86_64',
    osinfo: 'http://rockylinux.org/rocky/9',
    nic: 'enp1s0',
  },
  alpine: {
    kind: 'linux',
    name: 'Alpine Linux 3.20',
    kernel: '6.6.53-0-virt',
    osinfo: 'http://alpinelinux.org/alpinelinux/3.20',
    nic: 'eth0',
  },
  windows: {
    kind: 'windows',
    name: 'Windows Server 2022',
    kernel: '10.0.20348',
    osinfo: 'http://microsoft.com/win/2k22',
    nic: 'Ethernet',
  },
} as const satisfies Record<
  string,
  { kind: 'linux' | 'windows'; name: string; kernel: string; osinfo: string; nic: string }
>;
