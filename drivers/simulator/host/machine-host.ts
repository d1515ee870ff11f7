import type { HostEvent } from './events.ts';
import type { Machine } from './machine.ts';

/** What a machine needs of its host. */
export interface MachineHost {
  readonly seed: number;
  /** Milliseconds since the epoch. */
  now(): number;
  emit(event: HostEvent): void;
  /** Does something later, unless the host is closed or the returned function called first. */
  later(milliseconds: number, action: () => void): () => void;
  /** Numbers for a machine that starts: its id, the port of its screen, the devices of its NICs. */
  allocate(nics: number): { id: number; port: number; nicTargets: string[] };
  /** A port that `allocate` gave is free again. */
  release(port: number): void;
  /** A machine without a definition has stopped and is no more. */
  forget(machine: Machine): void;
  /** @throws {LibvirtError} when a file of a disk is not there */
  requireFile(path: string): void;
}
