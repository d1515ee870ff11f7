import type { MachineSpec } from '../../contract/machine-spec.ts';
import { FailureError } from '../../hosts/failures.ts';
import { machineShape } from '../p2v/live/machine-shape.ts';
import type { SeenSource } from '../p2v/live/looks.ts';
import { imageDefaults, type ImageAsked, type ImageDefaults, type ImageHost } from './image-defaults.ts';

/**
 * The running machine, with devices that its system has drivers for.
 * @throws FailureError NOT_FOUND where it has no such disk, UNSUPPORTED where it has none that can be copied
 */
export function liveDefaults(
  spec: MachineSpec,
  asked: ImageAsked,
  { seen, host }: { readonly seen: SeenSource; readonly host: ImageHost },
): ImageDefaults {
  const { report, facts } = seen;
  const removable = new Set(
    facts.disks.flatMap(({ name, transport, removable: out }) => (out || transport === 'usb' ? [name] : [])),
  );
  const able = report.disks.filter(({ name, problems }) => problems.length === 0 && !removable.has(name));
  const disks = asked.disks ?? able.map(({ name }) => name);
  const missing = disks.find((name) => !report.disks.some((disk) => disk.name === name));
  if (missing !== undefined) throw new FailureError({ code: 'NOT_FOUND', message: noDiskOf(seen, missing) });
  if (disks.length === 0) {
    const problems = [...report.problems, ...report.disks.flatMap((disk) => disk.problems)];
    throw new FailureError({
      code: 'UNSUPPORTED',
      message: `${report.source} has no disk that can be copied. ${problems[0] ?? ''}`.trim(),
      ...(problems.length > 1 ? { detail: problems.slice(1).join('\n') } : {}),
    });
  }
  const found = imageDefaults(spec, { ...asked, disks }, { saved: machineShape(facts), host });
  const { disk, nic } = report.devices;
  return {
    ...found,
    spec: {
      ...found.spec,
      disks: found.spec.disks.map((each) => (each.device === 'disk' ? { ...each, bus: disk } : each)),
      nics: found.spec.nics.map((each) => ({ ...each, model: nic })),
    },
  };
}

export function noDiskOf({ report }: Pick<SeenSource, 'report'>, name: string): string {
  return `${report.source} has no disk ${name}; it has ${report.disks.map((disk) => disk.name).join(', ')}.`;
}
