import { liveXml } from '../descriptions/live-xml.ts';
import type { MachineSpec } from '../fleet/spec.ts';

/** What there is of a machine only while it is on. */
export interface Run {
  id: number;
  port: number;
  nicTargets: string[];
  bootedAt: number;
  /** What it was started from; a later definition counts for the next start. */
  definition: string;
  cancel: (() => void)[];
}

/** What virDomainSave's flags make of a machine that is restored; null leaves it as it was. */
export type SavedAs = 'running' | 'paused' | null;

/** The XML of a machine that is on: what it was started from, with what was chosen at its start. */
export function runXml(run: Run, now: { spec: MachineSpec; agentConnected: boolean }): string {
  const { balloonPeriodSec, memoryKiB, vcpus } = now.spec;
  return liveXml(run.definition, {
    id: run.id,
    graphicsPort: run.port,
    nicTargets: run.nicTargets,
    ptyPath: `/dev/pts/${run.id}`,
    agentConnected: now.agentConnected,
    balloonPeriodSec,
    memoryKiB,
    vcpus,
  });
}

/** It was started by a kernel, as installers are. */
export function isInstaller(definition: string): boolean {
  return definition.includes('<kernel>');
}

/** What libvirt's on_reboot says. */
export function endsAtRestart({ definition }: Run): boolean {
  return definition.includes('<on_reboot>destroy<');
}
