import type { CreateInput } from '../../contract/create.ts';
import type { SourceFacts } from '../p2v/live/model.ts';
import { holdsData, movingOn, SERVICE, snapshotId } from '../p2v/live/report/changes.ts';
import type { Place, VolumePlace } from '../p2v/live/report/places.ts';

type LiveSource = Extract<CreateInput['source'], { kind: 'live' }>;

/** Of which moment of the source a copy is. */
export interface Moments {
  /** Volumes that get a snapshot each. */
  readonly snapshots: readonly VolumePlace[];
  /** What else is written to: it is compared, and sent again, until nothing of it changes any more. */
  readonly others: readonly Place[];
  /** Services that stand still for a moment of all of it. */
  readonly services: readonly string[];
  /** That moment comes when all but what snapshots hold was read; else it is the first of the copy, and what is beside the snapshots is of its end. */
  readonly isLate: boolean;
}

export function momentsOf({ disks, allow }: LiveSource, facts: SourceFacts): Moments {
  const taken = facts.disks.filter(({ name }) => disks.includes(name));
  const moving = movingOn(taken, facts);
  const snapshots = moving.snapshots.filter((place) => allow.includes(snapshotId(place)));
  const services = allow.flatMap((id) => (id.startsWith(SERVICE) ? [id.slice(SERVICE.length)] : []));
  const others = [...moving.twice, ...moving.snapshots.filter((place) => !snapshots.includes(place))];
  // What a snapshot holds needs services to rest no longer than that is made; else they rest while what has changed is looked for.
  const isLate = snapshots.length > 0 ? others.some(holdsData) : services.length > 0;
  return { snapshots, others, services, isLate };
}

/** What of the copy is not of the moment that the rest is of. */
export function momentWarnings({ snapshots, others, services, isLate }: Moments): string[] {
  if (snapshots.length === 0 || others.length === 0 || (isLate && services.length > 0)) return [];
  const names = others.map(nameOf).join(', ');
  const are = others.length === 1 ? 'is' : 'are';
  return [
    isLate
      ? `${names} ${are} of a moment after the snapshots: what a program keeps both there and in these may not agree. Stop its service for the copy, or the program yourself.`
      : `${names} ${are} of the end of the copy, and what snapshots hold is of its beginning: update nothing meanwhile, above all no kernel, or copy it anew.`,
  ];
}

/** `/dev/sda1 (/boot)` */
function nameOf({ path, content }: Place): string {
  const mounted = content.kind === 'fileSystem' ? content.mountpoints[0] : undefined;
  return mounted === undefined ? path : `${path} (${mounted})`;
}
