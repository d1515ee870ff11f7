import * as z from './zod.ts';
import { vlan } from './network.ts';

/**
 * What a machine is made of, as a person sees and changes it in the wizard. `main/os` gives defaults for a system on a host, and
 * drivers/libvirt/model writes it as domain XML. Names of values are libvirt's own.
 */
const name = z.string().max(250);
/** A guest's own: libvirt refuses the address of a group. */
const mac = z.string().regex(/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i);

export const DISK_BUSES = ['virtio', 'scsi', 'sata', 'ide', 'usb', 'fdc'] as const;

export const diskSourceSpec = z.discriminatedUnion('kind', [
  /** A new volume in a pool. `name` null: made from the machine's. */
  z.object({
    kind: z.literal('new'),
    pool: z.string().max(64),
    name: name.nullable(),
    format: z.enum(['raw', 'qcow2']),
    sizeBytes: z.number().int().min(1),
    preallocation: z.enum(['none', 'metadata', 'full']),
  }),
  /** A volume that is there, by its pool's UUID and its name. */
  z.object({ kind: z.literal('volume'), pool: z.string().max(64), name }),
  /** A file or a block device of the host that no pool has. */
  z.object({
    kind: z.literal('path'),
    path: z.string().max(4096).startsWith('/'),
    type: z.enum(['file', 'block']),
    format: z.enum(['raw', 'qcow2']),
  }),
  /** A drive without a medium. */
  z.object({ kind: z.literal('empty') }),
]);
export type DiskSourceSpec = z.infer<typeof diskSourceSpec>;

export const diskSpec = z.object({
  device: z.enum(['disk', 'cdrom', 'floppy']),
  source: diskSourceSpec,
  bus: z.enum(DISK_BUSES),
  /** Null: left to QEMU. */
  cache: z.enum(['none', 'writeback', 'writethrough', 'directsync', 'unsafe']).nullable(),
  io: z.enum(['native', 'threads', 'io_uring']).nullable(),
  discard: z.enum(['unmap', 'ignore']).nullable(),
  ioThread: z.boolean(),
  readonly: z.boolean(),
  shareable: z.boolean(),
  /** What the guest sees it by; the characters are those that libvirt lets through. */
  serial: z
    .string()
    .regex(/^[\w.+-]{1,36}$/)
    .nullable(),
});
export type DiskSpec = z.infer<typeof diskSpec>;

export const nicSourceSpec = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('network'), network: name, portGroup: name.nullable() }),
  z.object({
    kind: z.literal('bridge'),
    bridge: z.string().max(64),
    virtualPort: z.literal('openvswitch').nullable(),
  }),
  /** macvtap on a device of the host. */
  z.object({
    kind: z.literal('direct'),
    device: z.string().max(64),
    mode: z.enum(['bridge', 'private', 'vepa', 'passthrough']),
  }),
  /** QEMU's own network: out, but not in. */
  z.object({ kind: z.literal('user') }),
]);
export type NicSourceSpec = z.infer<typeof nicSourceSpec>;

export const nicSpec = z.object({
  source: nicSourceSpec,
  model: z.string().max(64),
  /** Null: made new, and checked against all machines known. */
  mac: mac.nullable(),
  vlan: vlan.nullable(),
  filter: name.nullable(),
  linkUp: z.boolean(),
});
export type NicSpec = z.infer<typeof nicSpec>;

export const cpuSpec = z.object({
  vcpus: z.number().int().min(1).max(4096),
  /** Its product is `vcpus`. Null: as many sockets as vCPUs, which is what libvirt makes of it. */
  topology: z
    .object({
      sockets: z.number().int().min(1),
      cores: z.number().int().min(1),
      threads: z.number().int().min(1),
    })
    .nullable(),
  /** `default`: no `<cpu>`, what QEMU takes. */
  mode: z.enum(['host-passthrough', 'host-model', 'maximum', 'custom', 'default']),
  /** Of `custom`. */
  model: z.string().max(128).nullable(),
});

export const memorySpec = z.object({
  sizeMiB: z.number().int().min(1),
  hugepages: z.boolean(),
  /** For virtiofs and vhost-user: memfd, shared. */
  shared: z.boolean(),
});

export const graphicsSpec = z.object({
  type: z.enum(['vnc', 'spice', 'none']),
  listen: z.enum(['loopback', 'socket']),
  /** A password is made for it. */
  password: z.boolean(),
});

export const bootDevice = z.enum(['hd', 'cdrom', 'network', 'fd']);

export const machineSpec = z.object({
  virtType: z.enum(['kvm', 'qemu', 'lxc']),
  arch: z.string().max(32),
  /** `q35`, `pc`, `virt`…; null for containers. */
  machine: z.string().max(128).nullable(),
  firmware: z.enum(['bios', 'efi']),
  /** With the keys of Microsoft enrolled. False is to be written out: UEFI alone has it on where the host's firmware does. */
  secureBoot: z.boolean(),
  cpu: cpuSpec,
  memory: memorySpec,
  disks: z.array(diskSpec).max(64),
  nics: z.array(nicSpec).max(32),
  graphics: graphicsSpec,
  /** `virtio`, `vga`, `qxl`, `bochs`, `none`… */
  video: z.string().max(32),
  sound: z.string().max(32).nullable(),
  /** Null: none. */
  tpm: z.object({ model: z.enum(['tpm-crb', 'tpm-tis']), version: z.enum(['1.2', '2.0']) }).nullable(),
  watchdog: z
    .object({ model: z.string().max(32), action: z.enum(['reset', 'poweroff', 'shutdown', 'pause', 'none']) })
    .nullable(),
  rng: z.boolean(),
  balloon: z.object({ model: z.enum(['virtio', 'none']), statsPeriodSec: z.number().int().min(0).max(3600) }),
  vsock: z.boolean(),
  /** The channel of the QEMU guest agent. */
  agent: z.boolean(),
  /** A serial console on the host's side of a pty. */
  serial: z.boolean(),
  /** `ich9-ehci1`: with its three UHCI companions, for what does not know USB 3. `default`: what libvirt takes. */
  usb: z.enum(['qemu-xhci', 'ich9-ehci1', 'none', 'default']),
  /** An absolute pointer, so that the mouse of a console is where the guest's is. */
  tablet: z.boolean(),
  clock: z.enum(['utc', 'localtime']),
  /** Hyper-V enlightenments, by libvirt's names, as the host offers them; where there are any, the timer `hypervclock` belongs to them. */
  hyperv: z.array(z.string().max(32)).max(32),
  /** What is tried first, second…; null: what suits the source, so that an installer boots until there is a system on the disk. */
  boot: z.array(bootDevice).min(1).max(4).nullable(),
  bootMenu: z.boolean(),
  /** Suspend to memory and to disk that a guest may ask for, of x86 alone; off, else a guest told to shut down may suspend. */
  pm: z.boolean(),
});
export type MachineSpec = z.infer<typeof machineSpec>;
