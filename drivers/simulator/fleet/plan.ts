import { hashText, randomFrom, randomUuid } from '../random.ts';
import { DEMO_MACHINES, ROLES, type Peculiarity, type Role } from './roles.ts';
import { GUEST_SYSTEMS, type DiskSpec, type MachineSpec, type NicSpec } from './spec.ts';

const GIB = 2 ** 30;
export const POOL_PATH = '/var/lib/libvirt/images';
const KIB_PER_GIB = 1024 * 1024;

/** One machine of a host as it is when the fleet begins. */
export interface PlannedMachine {
  spec: MachineSpec;
  state: 'running' | 'shutoff' | 'paused' | 'ioerror' | 'saved';
  autostart: boolean;
  /** Seconds since it was switched on, if it is on. */
  uptimeSec: number;
}

export interface PlannedHost {
  name: string;
  uuid: Uint8Array;
  cpus: number;
  memoryKiB: number;
  mhz: number;
  machines: PlannedMachine[];
}

/** The whole fleet, the same for the same seed and sizes. Beyond the 40 named machines names get a number. */
export function planFleet(options: { seed: number; hosts: number; machines: number }): PlannedHost[] {
  const random = randomFrom(options.seed);
  const hosts = Array.from({ length: options.hosts }, (_, index) => planHost(index, random));
  for (let index = 0; index < options.machines; index += 1) {
    const hostIndex = index % options.hosts;
    hosts[hostIndex]?.machines.push(planMachine({ index, hostIndex, hostCount: options.hosts, random }));
  }
  return hosts;
}

function planHost(index: number, random: () => number): PlannedHost {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const suffix = index < letters.length ? letters[index] : String(index + 1);
  const big = index % 2 === 0;
  return {
    name: `kvm-${suffix}`,
    uuid: randomUuid(random),
    cpus: big ? 64 : 48,
    memoryKiB: (big ? 256 : 192) * KIB_PER_GIB,
    mhz: 2400 + Math.floor(random() * 8) * 100,
    machines: [],
  };
}

/** Where in the fleet a machine stands. */
interface Placement {
  index: number;
  hostIndex: number;
  hostCount: number;
}

function planMachine(at: Placement & { random: () => number }): PlannedMachine {
  const { index, random } = at;
  const round = Math.floor(index / DEMO_MACHINES.length);
  const [listedName, roleName, peculiarity = {}] = DEMO_MACHINES[index % DEMO_MACHINES.length] ?? [
    `vm-${index}`,
    'small',
  ];
  const name = round === 0 ? listedName : `${listedName}-${round + 1}`;
  const role: Role = ROLES[roleName];
  return {
    spec: specOf({ ...at, name, role, peculiarity }),
    state: peculiarity.state ?? 'running',
    autostart: peculiarity.noAutostart !== true,
    uptimeSec: 3600 + Math.floor(random() ** 2 * 60 * 86_400),
  };
}

function specOf(from: {
  index: number;
  hostIndex: number;
  hostCount: number;
  random: () => number;
  name: string;
  role: Role;
  peculiarity: Peculiarity;
}): MachineSpec {
  const { name, role, peculiarity, random } = from;
  const windows = GUEST_SYSTEMS[role.os].kind === 'windows';
  const memoryKiB = role.memoryGiB * KIB_PER_GIB;
  return {
    name,
    uuid: randomUuid(random),
    title: peculiarity.title ?? null,
    os: role.os,
    vcpus: role.vcpus,
    maxVcpus: role.vcpus,
    memoryKiB,
    maxMemoryKiB: memoryKiB,
    disks: planDisks(name, role, random),
    nics: [planNic(from)],
    graphics: peculiarity.graphics ?? 'vnc',
    password: peculiarity.password ?? null,
    serial: !windows && peculiarity.serial !== false,
    agent: peculiarity.agent !== false,
    balloonPeriodSec: peculiarity.noBalloon === true ? 0 : 5,
    firmware: peculiarity.efi === true ? 'efi' : 'bios',
    // No two machines of a kind are equally busy.
    load: { ...role.load, cpu: role.load.cpu * (0.6 + random() * 0.8) },
    services: [...role.services],
    leftOpen: peculiarity.leftOpen === true,
  };
}

function planDisks(name: string, role: Role, random: () => number): DiskSpec[] {
  const windows = GUEST_SYSTEMS[role.os].kind === 'windows';
  const disks = role.disksGiB.map((gib, index): DiskSpec => ({
    target: `vd${'abcdef'[index] ?? 'z'}`,
    bus: 'virtio',
    device: 'disk',
    path: `${POOL_PATH}/${name}${index === 0 ? '' : `-data${index === 1 ? '' : index}`}.qcow2`,
    format: 'qcow2',
    capacityBytes: gib * GIB,
    allocationBytes: Math.floor(gib * GIB * (0.2 + random() * 0.6)),
  }));
  if (windows)
    disks.push({
      target: 'sda',
      bus: 'sata',
      device: 'cdrom',
      path: null,
      format: 'raw',
      capacityBytes: 0,
      allocationBytes: 0,
    });
  return disks;
}

function planNic({
  name,
  index,
  hostIndex,
  hostCount,
  role,
}: Placement & { name: string; role: Role }): NicSpec {
  const hash = hashText(name);
  const hex = (value: number) => (value & 0xff).toString(16).padStart(2, '0');
  const windows = GUEST_SYSTEMS[role.os].kind === 'windows';
  const bridged = role.load.netOutBytes > 2 ** 20;
  const place = 10 + (Math.floor(index / hostCount) % 240);
  return {
    // 52:54:00 is QEMU's own prefix; the index keeps two machines of a fleet apart.
    mac: `52:54:00:${hex(hash)}:${hex(index >> 8)}:${hex(index)}`,
    network: bridged ? 'br-lan' : 'default',
    model: windows ? 'e1000e' : 'virtio',
    address: bridged ? `10.20.${hostIndex % 256}.${place}` : `192.168.122.${place}`,
    prefix: bridged ? 16 : 24,
  };
}
