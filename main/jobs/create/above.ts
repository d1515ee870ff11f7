import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { CreateInput } from '../../contract/create.ts';
import type { DiskSpec } from '../../contract/machine-spec.ts';
import { readFileUsers } from '../../storage/users.ts';

/** Machines, and volumes of no machine, that lie on files which a new machine would write to; by path. */
export type Above = ReadonlyMap<string, readonly string[]>;

interface Found {
  readonly path: string;
}

/** What pools have of that which is asked for. */
interface Asked {
  readonly volume: (place: { readonly pool: string; readonly name: string }) => Found | undefined;
  readonly paths: ReadonlyMap<string, Found>;
}

/** Asks only of disks that are there and are to be written to. */
export async function readAbove(
  client: LibvirtClient,
  { spec }: Pick<CreateInput, 'spec'>,
  asked: Asked,
  options: CallOptions,
): Promise<Above> {
  const above = new Map<string, readonly string[]>();
  for (const disk of spec.disks.filter(isWritten)) {
    const path = foundAt(disk, asked)?.path;
    if (path === undefined || above.has(path)) continue;
    const { users, breaks } = await readFileUsers(client, new Set([path]), options);
    const machines = [...users.values()].flat().filter(({ via }) => via === 'backing');
    above.set(path, machines.length > 0 ? [...new Set(machines.map(({ name }) => name))] : breaks);
  }
  return above;
}

function foundAt({ source }: DiskSpec, { volume, paths }: Asked): Found | undefined {
  if (source.kind === 'volume') return volume(source);
  return source.kind === 'path' ? paths.get(source.path) : undefined;
}

/** What lies on a disk reads it, and is destroyed by who writes to it. */
export function aboveProblem(above: Above, disk: DiskSpec, path: string): string | null {
  const names = above.get(path) ?? [];
  if (names.length === 0 || !isWritten(disk)) return null;
  return `${names.join(', ')} ${names.length === 1 ? 'lies' : 'lie'} on ${path}: a machine that writes to it destroys that. Choose another disk, or make it read-only.`;
}

function isWritten({ device, readonly }: DiskSpec): boolean {
  return device === 'disk' && !readonly;
}
