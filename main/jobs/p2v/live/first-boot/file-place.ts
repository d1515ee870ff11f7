import type { SourceDisk, SourceFacts } from '../model.ts';
import { disksOfGroup, placesOn, volumesIn, type Place } from '../report/places.ts';

/** Where a file of the source lies. */
export interface FilePlace {
  /** The partition, disk or volume. */
  readonly device: string;
  /** Disks that hold it. */
  readonly disks: readonly SourceDisk[];
}

/** null: on nothing that is copied as it is, or that cannot be written to. */
export function filePlace(file: string, facts: SourceFacts): FilePlace | null {
  const places = [
    ...facts.disks.flatMap((disk) => placesOn(disk).map((place) => ({ place, disks: [disk] }))),
    ...volumesIn(facts.groups).map((place) => ({ place, disks: disksOfGroup(place.group, facts) })),
    ...facts.stacks.map((place) => ({ place, disks: [] })),
  ];
  const [nearest] = places
    .flatMap(({ place, disks }) => mountpointsOf(place).map((at) => ({ at, place, disks })))
    .filter(({ at }) => file.startsWith(at === '/' ? at : `${at}/`))
    .toSorted((a, b) => b.at.length - a.at.length);
  if (nearest === undefined || nearest.disks.length === 0) return null;
  const { place, disks } = nearest;
  if (place.content.kind !== 'fileSystem' || place.content.readOnly) return null;
  return { device: place.path, disks };
}

function mountpointsOf({ content }: Place): readonly string[] {
  return content.kind === 'fileSystem' ? content.mountpoints : [];
}
