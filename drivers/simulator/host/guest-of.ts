import { GUEST_SYSTEMS, type MachineSpec } from '../fleet/spec.ts';
import type { GuestFacts, GuestMachine } from '../guest/facts.ts';
import type { Machine } from './machine.ts';

/** Of a guest's memory what its kernel hands out. */
export const VISIBLE_MEMORY = 0.97;

export function guestFacts(spec: MachineSpec): GuestFacts {
  const system = GUEST_SYSTEMS[spec.os];
  return {
    hostname: spec.name,
    kind: system.kind,
    osName: system.name,
    kernel: system.kernel,
    vcpus: spec.vcpus,
    memoryKiB: spec.memoryKiB,
    nics: spec.nics.map((nic, index) => ({
      device: index === 0 ? system.nic : `enp${index + 1}s0`,
      mac: nic.mac,
      address: nic.address,
      prefix: nic.prefix,
    })),
    disks: spec.disks
      .filter(({ device }) => device === 'disk')
      .map((disk) => ({
        device: disk.target,
        capacityBytes: disk.capacityBytes,
        usedBytes: disk.allocationBytes,
      })),
    services: spec.services,
    leftOpen: spec.leftOpen,
  };
}

/** Memory of the guest as its own tools would count it, in KiB. */
export function guestMemory(
  machine: Machine,
  now: number,
): { totalKiB: number; usedKiB: number; cacheKiB: number } {
  const { spec, figures } = machine;
  const totalKiB = Math.floor(spec.memoryKiB * VISIBLE_MEMORY);
  const share = figures.activity(now).memory;
  const usedKiB = Math.floor(totalKiB * Math.min(0.96, share));
  const cacheKiB = Math.floor(Math.min(totalKiB * spec.load.cache, (totalKiB - usedKiB) * 0.95));
  return { totalKiB, usedKiB, cacheKiB };
}

export function guestMachine(
  machine: Machine,
  does: { now(): number; reboot(): void; powerOff(): void },
): GuestMachine {
  return {
    ...does,
    bootedAt: () => machine.bootedAt,
    isRunning: () => machine.isRunning,
    load: () => {
      const now = does.now();
      const { usedKiB, cacheKiB } = guestMemory(machine, now);
      return { cpu: machine.figures.activity(now).cpu, memoryUsedKiB: usedKiB, cacheKiB };
    },
  };
}
