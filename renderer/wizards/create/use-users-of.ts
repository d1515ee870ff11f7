import { useHostStorage, useStorageWatch } from '../../state/storage.ts';
import type { VolumeRef } from './form.ts';

/** Who has a volume of the host as a disk, as far as its storage tells: names in a row, or nothing. Asked only where it is `wanted`. */
export function useUsersOf(host: string, wanted: boolean): (volume: VolumeRef) => string {
  useStorageWatch(wanted ? [host] : []);
  const { volumes } = useHostStorage(host);
  return ({ pool, name }) => {
    const found = volumes.get(pool)?.find((volume) => volume.name === name);
    return [...new Set(found?.usedBy.map((user) => user.name))].join(', ');
  };
}
