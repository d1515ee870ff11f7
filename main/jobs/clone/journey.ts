import { hasFormats, type NewVolume } from '../create/disks.ts';
import { volumeStepOf, volumeTitle } from '../create/plan.ts';
import type { PlannedStep } from '../engine/step.ts';
import { isStarted } from './choices.ts';
import type { ChosenDisk } from './disks.ts';
import type { CloneFacts, SourceVolume } from './facts.ts';
import type { Straight } from './straight.ts';

/** How the bytes of a disk come to another host. */
export interface Journey {
  /** A volume on the machine's own host for the time of the job: what lies on others, is converted or is written to does not travel. */
  readonly temporary: NewVolume | null;
  /** The volume whose bytes are sent, on the machine's own host. */
  readonly from: { readonly pool: string; readonly poolName: string; readonly name: string };
}

interface Traveller {
  readonly target: string;
  readonly source: SourceVolume;
  readonly made: NewVolume;
  /** What the volume on the way is copied from; null: a backup fills it; left out: from the disk. */
  readonly copiedFrom?: NewVolume['from'];
}

/** Null: it needs a volume for the time of the job, and no pool is there for that. */
export function journeyOf(
  { target, source, made, copiedFrom }: Traveller,
  facts: Pick<CloneFacts, 'source' | 'sourcePools' | 'running'>,
): Journey | null {
  const { sourcePools, running } = facts;
  const format = made.format ?? 'raw';
  const own = sourcePools.find(({ uuid }) => uuid === source.pool);
  if (!running && !source.backed && source.format === format)
    return {
      temporary: null,
      from: { pool: source.pool, poolName: own?.name ?? source.pool, name: source.name },
    };
  const good = sourcePools.filter((pool) => hasFormats(pool) && isStarted(pool));
  const pool = good.find(({ uuid }) => uuid === source.pool) ?? good[0];
  if (pool === undefined) return null;
  const place = {
    pool: pool.uuid,
    poolName: pool.name,
    name: `${made.name}-on-its-way-${target}.${format === 'qcow2' ? 'qcow2' : 'img'}`,
  };
  const temporary: NewVolume = {
    ...place,
    host: facts.source.id,
    capacityBytes: made.capacityBytes,
    format,
    preallocation: 'none',
    from: copiedFrom === undefined ? { pool: source.pool, name: source.name, how: 'copy' } : copiedFrom,
  };
  return { temporary, from: place };
}

/** The id of the step that makes the volume on the way. */
export function awayId(number: number, target: string): string {
  return `away-${number}-${target}`;
}

/** The id of the step that makes it again, or the clone's own volume, when a backup is refused. */
export function againId(number: number, target: string): string {
  return `again-${number}-${target}`;
}

export function noWayProblem(target: string, { source }: CloneFacts): string {
  return `To send ${target}, ${source.name} needs a pool of files that is started.`;
}

/** The steps before a disk is sent, and those that send it and clear up, of one machine. */
export function journeySteps(
  chosen: readonly Pick<ChosenDisk, 'target' | 'made' | 'journey'>[],
  facts: Pick<CloneFacts, 'source' | 'sourcePools' | 'host'>,
  { number, straight = null }: { readonly number: number; readonly straight?: Straight | null },
): { before: PlannedStep[]; send: PlannedStep[] } {
  const { source, host } = facts;
  const before: PlannedStep[] = [];
  const send: PlannedStep[] = [];
  const through: PlannedStep[] = [];
  const clear: PlannedStep[] = [];
  for (const { target, made, journey } of chosen) {
    if (made === null || journey === null) continue;
    const { temporary, from } = journey;
    const id = awayId(number, target);
    if (temporary !== null) {
      const at = { id, host: source.id, title: `${volumeTitle(temporary)} of ${source.name}` };
      before.push({ ...at, ...volumeStepOf(temporary, { pools: facts.sourcePools }), weight: 10 });
      const { host: on, pool, poolName, name } = temporary;
      clear.push({
        id: `${id}-end`,
        kind: 'clone.clear',
        host: on,
        title: `Delete ${name} in ${poolName} of ${source.name}`,
        params: { host: on, pool, poolName, name, by: id, again: againId(number, target) },
      });
    }
    const { pool, poolName, name, format } = made;
    const way = straight?.wayOf({ from, made }) ?? null;
    (way !== null && 'why' in way ? through : send).push({
      id: `send-${number}-${target}`,
      kind: 'clone.send',
      host: host.id,
      title: `Send ${from.name} from ${source.name} to ${name} in ${poolName}`,
      params: {
        host: host.id,
        pool,
        poolName,
        name,
        from: { ...from, host: source.id },
        what: 'disk',
        format: format ?? 'raw',
        temporary: temporary !== null,
        way,
      },
      weight: 30,
    });
  }
  return { before, send: [...(straight?.around(send) ?? send), ...through, ...clear] };
}
