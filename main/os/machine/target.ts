import type { CapabilitiesModel, GuestCapability } from '../../../drivers/libvirt/model/index.ts';
import type { OperatingSystem } from '../operating-system.ts';

/** What domain capabilities are asked for: they differ with each of these. */
export interface MachineTarget {
  readonly virtType: 'kvm' | 'qemu';
  readonly arch: string;
  /** An alias where there is one (`q35`), so that a new machine gets the newest. */
  readonly machine: string;
}

export interface TargetWishes {
  /** Left out: the host's own. */
  readonly arch?: string | undefined;
  /** Left out: `kvm` where there is. */
  readonly virtType?: 'kvm' | 'qemu' | undefined;
}

/** The one machine type of architectures that have a usual one; x86 has two. */
const USUAL_MACHINES: Readonly<Record<string, string>> = {
  aarch64: 'virt',
  armv7l: 'virt',
  riscv64: 'virt',
  ppc64: 'pseries',
  ppc64le: 'pseries',
  s390x: 's390-ccw-virtio',
};

export function isX86(arch: string): boolean {
  return arch === 'x86_64' || arch === 'i686';
}

/** The kind of machine that suits the system; null: the host runs none of that architecture. */
export function chooseTarget(
  os: OperatingSystem,
  capabilities: CapabilitiesModel,
  wishes: TargetWishes = {},
): MachineTarget | null {
  const arch = wishes.arch ?? capabilities.arch;
  const guest = findGuest(capabilities, arch);
  if (guest === null) return null;
  const offered = (['kvm', 'qemu'] as const).filter((type) => guest.domainTypes.includes(type));
  const virtType = offered.find((type) => type === wishes.virtType) ?? offered[0];
  const machine = chooseMachine(os, guest);
  return virtType === undefined || machine === null ? null : { virtType, arch, machine };
}

/** The entry of whole machines of an architecture. */
export function findGuest(capabilities: CapabilitiesModel, arch: string): GuestCapability | null {
  return capabilities.guests.find((guest) => guest.osType === 'hvm' && guest.arch === arch) ?? null;
}

function chooseMachine(os: OperatingSystem, guest: GuestCapability): string | null {
  const usual = USUAL_MACHINES[guest.arch];
  const wanted = isX86(guest.arch)
    ? os.q35
      ? ['q35', 'pc']
      : ['pc', 'q35']
    : usual === undefined
      ? []
      : [usual];
  const names = guest.machines.map(({ name }) => name);
  return wanted.find((name) => names.includes(name)) ?? names[0] ?? null;
}
