import type { CapabilitiesModel, DomainCapabilitiesModel } from '../../../drivers/libvirt/model/index.ts';
import type { MachineSpec, NicSourceSpec } from '../../contract/machine-spec.ts';
import type { OperatingSystem } from '../operating-system.ts';
import type { DiskPlace } from './devices.ts';
import type { MachineTarget } from './target.ts';

/** A kind of machine on a host, and what libvirt says of it. */
export interface ChoicesInput {
  readonly target: MachineTarget;
  readonly capabilities: CapabilitiesModel;
  /** Asked for the target. */
  readonly domainCapabilities: DomainCapabilitiesModel;
  /** What a person calls the host: the reasons name it. */
  readonly hostName: string;
}

export interface DefaultsInput extends ChoicesInput {
  readonly os: OperatingSystem;
  /** Where the system comes from; `disk`: it is there, and nothing new is made for it. */
  readonly source: 'iso' | 'cloudImage' | 'disk' | 'network' | 'tree' | 'clonezilla' | 'diskFile' | 'live';
  readonly host: { readonly memoryMiB: number; readonly cpus: number };
  /** For new disks; null: there is no pool, and the machine has no disk yet. */
  readonly place: DiskPlace | null;
  /** What its card is plugged into; null: no card. */
  readonly nic: NicSourceSpec | null;
  /** What boots the image, where it is not for all; left out: what suits the system. */
  readonly firmwares?: readonly MachineSpec['firmware'][] | undefined;
  /** Size of the disk in the image. */
  readonly minDiskGiB?: number | undefined;
  /** The ISO of the virtio drivers will be in a drive of its own while Windows is installed. */
  readonly virtioDrivers?: boolean | undefined;
}
