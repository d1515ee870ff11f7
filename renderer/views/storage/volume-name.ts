import { isPartitionName, nextPartition } from '../../../main/contract/partition-name.ts';
import type { Pool } from '../../../main/contract/storage.ts';
import { useHostStorage } from '../../state/storage.ts';

export type NameProblem = 'taken' | 'slash' | 'partition';

/** What is wrong with a new volume's name; null: nothing. An empty one is no fault, and no name. */
export function nameProblem(name: string, taken: ReadonlySet<string>, pool: Pool): NameProblem | null {
  if (taken.has(name)) return 'taken';
  if (name.includes('/')) return 'slash';
  return name === '' || isPartitionName(pool, name) ? null : 'partition';
}

/** Names of the volumes of a pool. */
export function useVolumeNames(host: string, pool: string): ReadonlySet<string> {
  const { volumes } = useHostStorage(host);
  return new Set((volumes.get(pool) ?? []).map(({ name }) => name));
}

/** What a file's volume is called; in a pool of partitions the next of them. */
export function nameIn(pool: Pool, fileName: string, taken: ReadonlySet<string>): string {
  return nextPartition(pool, taken) ?? fileName;
}

/** `disk.qcow2` becomes `disk-copy.qcow2`, or the next number that is free. */
export function copyName(name: string, taken: ReadonlySet<string>): string {
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  let copy = `${stem}-copy${ending}`;
  for (let number = 2; taken.has(copy); number += 1) copy = `${stem}-copy-${number}${ending}`;
  return copy;
}
