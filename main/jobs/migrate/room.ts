import type { MigratePlan } from '../../contract/migrate.ts';
import { poolsForDisks } from './disks.ts';
import type { Checked } from './check-items.ts';

/** What goes over, where it can be put, and what the target has left then. */
export function shownRoom({
  source,
  target,
  disks: { copied },
  offline,
}: Pick<Checked, 'source' | 'target' | 'disks' | 'offline'>): Pick<
  MigratePlan,
  'pools' | 'bytes' | 'afterwards'
> {
  const memory = offline ? 0 : source.model.memoryKiB * 1024;
  const taken = (pool: string): number =>
    copied
      .filter((disk) => disk.pool.uuid === pool)
      .reduce((sum, { capacityBytes }) => sum + capacityBytes, 0);
  const used = new Set(copied.map(({ pool }) => pool));
  return {
    pools: poolsForDisks(target).map(({ uuid, name }) => ({ uuid, name })),
    bytes: { memory, disks: copied.reduce((sum, { capacityBytes }) => sum + capacityBytes, 0) },
    afterwards: {
      memory:
        target.memory === null
          ? null
          : {
              totalBytes: target.memory.totalKiB * 1024,
              freeBytes: target.memory.freeKiB * 1024,
              takenBytes: memory,
            },
      pools: [...used].flatMap(({ uuid, name, capacityBytes, availableBytes }) =>
        capacityBytes === null || availableBytes === null
          ? []
          : [{ pool: uuid, name, capacityBytes, availableBytes, takenBytes: taken(uuid) }],
      ),
    },
  };
}
