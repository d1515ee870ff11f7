import type { Pool } from '../contract/storage.ts';
import { poolAbilities, type PoolAbilities } from '../contract/pool-abilities.ts';
import { isPartitionName, partitionStem } from '../contract/partition-name.ts';
import { FailureError } from '../hosts/failures.ts';

const DONE: Record<Exclude<keyof PoolAbilities, 'files' | 'makes'>, string> = {
  copies: 'copied within libvirt',
  deletes: 'deleted',
  resizes: 'resized',
  bytes: 'read or written through libvirt',
  wipes: 'wiped',
};

/**
 * Refuses what libvirt cannot do in the pool, before anything is begun.
 * @throws FailureError UNSUPPORTED
 */
export function refuseUnable(
  { name, type }: Pick<Pool, 'name' | 'type'>,
  ...needed: readonly (keyof typeof DONE | 'makes')[]
): void {
  const abilities = poolAbilities(type);
  const missing = needed.find((ability) => !abilities[ability]);
  if (missing === undefined) return;
  const message =
    missing === 'makes'
      ? `libvirt makes no volumes in ${type} pools: what is in ${name} is made where it comes from.`
      : `A volume of ${name} cannot be ${DONE[missing]}: libvirt has no way to do it in ${type} pools.`;
  throw new FailureError({ code: 'UNSUPPORTED', message });
}

/**
 * Refuses a name that libvirt would refuse only after it has made the partition.
 * @throws FailureError CONFLICT
 */
export function refuseNoPartition(pool: Pick<Pool, 'name' | 'type' | 'source'>, name: string): void {
  if (isPartitionName(pool, name)) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `The volumes of ${pool.name} are partitions of ${pool.source ?? 'its device'} and have their names: ${partitionStem(pool) ?? ''} and a number.`,
  });
}
