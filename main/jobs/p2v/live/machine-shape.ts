import type { MachineShape } from '../saved-machine.ts';
import type { SourceDisk, SourceFacts } from './model.ts';
import { diskProblems } from './report/disk-problems.ts';
import { groupsOn, placesOn, volumesIn } from './report/places.ts';

/** A running machine as a new one is shaped after it. */
export function machineShape(facts: SourceFacts): MachineShape {
  const { memoryBytes, cpus, firmware, nics, clock, disks } = facts;
  return {
    hardware: { memoryBytes, cpus, firmware, macs: nics.map(({ mac }) => mac) },
    // Its clock is what counts, and a Linux that shares a machine with Windows has the same.
    isWindows: clock.rtc === 'local',
    disks: disks.map((disk) => ({
      name: disk.name,
      sectorBytes: disk.sectorBytes,
      plan: (sizeBytes) => ({
        sizeBytes: sizeBytes ?? disk.sizeBytes,
        problems: [
          ...diskProblems(disk, facts),
          ...(sizeBytes === null || sizeBytes === disk.sizeBytes
            ? []
            : [
                `The new disk must be as large as ${disk.path}, ${disk.sizeBytes} bytes: make it larger afterwards.`,
              ]),
        ],
        warnings: [],
        writesBytes: usedBytes(disk, facts),
      }),
    })),
  };
}

/** What its file systems say that they hold; of what tells nothing all of it may be in use. */
function usedBytes(disk: SourceDisk, facts: SourceFacts): number {
  const places = [...placesOn(disk), ...volumesIn(groupsOn(disk, facts))];
  return places.reduce((sum, { content, sizeBytes }) => {
    if (content.kind === 'fileSystem') return sum + (content.usedBytes ?? sizeBytes);
    return content.kind === 'luks' ? sum + sizeBytes : sum;
  }, 0);
}
