import type { DiskModel, DomainModel } from '../../../drivers/libvirt/model/index.ts';
import { ANSWERS_ENDING, isCdLikeThatOf, isCdMadeFor, SEED_ENDING } from '../create/names.ts';
import type { SourceVolume } from '../clone/facts.ts';
import type { PlannedStep } from '../engine/step.ts';
import type { Pool } from '../../contract/storage.ts';
import { firstFree } from '../../storage/names-like.ts';
import { poolFor, type CopiedDisk } from './disks.ts';
import { ownCopyOf, type ProvenCopy } from './own-copies.ts';
import type { MigrateFacts } from './live.ts';
import type { MovedCd } from './xml.ts';

/** A CD that was made for the machine alone: its first boot, or its installer, may still have to read it. So it goes with the machine. */
export interface CarriedCd {
  readonly target: string;
  /** Its volume on the source. */
  readonly source: SourceVolume;
  /** Where it is on the target. */
  readonly pool: Pool;
  readonly name: string;
  readonly path: string;
  readonly replaces: ProvenCopy | null;
}

/** A CD that was made for the machine, or a copy of that: it can go with the machine. */
export function goesAlong({ name }: DomainModel, { device, source }: DiskModel): boolean {
  return device === 'cdrom' && source !== null && isCdLikeThatOf(name, source.path ?? source.volume ?? '');
}

/** The CDs that go with it: those that were made for it and that the target does not have as the same file. Pure. */
export function planMedia(
  pool: string | null,
  facts: MigrateFacts,
  copied: readonly CopiedDisk[],
): CarriedCd[] {
  const { source, target, volumes } = facts;
  const carried: CarriedCd[] = [];
  for (const { model, path } of source.disks) {
    const volume = volumes.get(model.target) ?? null;
    if (!goesAlong(source.model, model) || path === null || volume === null) continue;
    const there =
      target.files.get(model.target) === 'same' ? null : poolFor({ pool }, path, { source, target });
    if (there === null) continue;
    const taken = new Set(target.volumeNames.get(there.uuid));
    for (const other of [...copied, ...carried]) if (other.pool.uuid === there.uuid) taken.add(other.name);
    const left = ownCopyOf({ target: model.target, path }, there, facts);
    // With a number it may be another machine's.
    const replaces = left !== null && isCdMadeFor(source.model.name, left.name) ? left : null;
    const name = replaces?.name ?? firstFree(volume.name, (one) => taken.has(one), endingOf(volume.name));
    carried.push({
      target: model.target,
      source: volume,
      pool: there,
      name,
      path: `${there.path ?? ''}/${name}`,
      replaces,
    });
  }
  return carried;
}

/** By it such a CD is known (isMadeCd): a number goes before it. */
function endingOf(name: string): string {
  return [SEED_ENDING, ANSWERS_ENDING].find((ending) => name.endsWith(ending)) ?? '';
}

/** As the definition there is to have them. */
export function movedMedia(
  media: readonly CarriedCd[],
  { source: { pools } }: Pick<MigrateFacts, 'source'>,
): MovedCd[] {
  return media.map(({ target, source: { path: from, pool, name }, path }) => {
    const poolName = pools.find(({ uuid }) => uuid === pool)?.name ?? null;
    return { target, from, volume: poolName === null ? null : { pool: poolName, name }, path };
  });
}

/** They are read only, so they are sent before the machine goes, also of one that runs. */
export function mediaSteps(media: readonly CarriedCd[], { source, target }: MigrateFacts): PlannedStep[] {
  return media.map(({ target: drive, source: from, pool, name }) => {
    const host = target.host.id;
    const fromPool = source.pools.find(({ uuid }) => uuid === from.pool)?.name ?? from.pool;
    return {
      id: `cd-${drive}`,
      kind: 'clone.send',
      host,
      title: `Send the CD ${from.name} from ${source.host.name} to ${name} in ${pool.name}`,
      params: {
        host,
        pool: pool.uuid,
        poolName: pool.name,
        name,
        from: { host: source.host.id, pool: from.pool, poolName: fromPool, name: from.name },
        what: 'cd',
        format: 'raw',
        temporary: false,
      },
    };
  });
}
