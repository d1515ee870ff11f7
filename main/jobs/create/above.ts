import path from 'node:path/posix';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readDomain, type DiskModel, type DomainModel } from '../../../drivers/libvirt/model/index.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { CreateInput } from '../../contract/create.ts';
import type { DiskSpec } from '../../contract/machine-spec.ts';
import type { Pool } from '../../contract/storage.ts';
import { pathOf as pathOfSource } from '../../storage/machine-files.ts';
import { readFileUsers } from '../../storage/users.ts';
import { isActive } from '../../storage/views.ts';
import { VolumeReader } from '../delete/volumes.ts';

/** Machines, and volumes of no machine, that lie on files which a new machine would write to; by path. */
export type Above = ReadonlyMap<string, readonly string[]>;

/** What else may need the files that a new machine would write to. */
export interface Neighbours {
  readonly above: Above;
  /** Paths of volumes that XML of one's own names by their pool, by `volumeName`. */
  readonly named: ReadonlyMap<string, string>;
  /** What cannot be seen of it, as sentences; by path. */
  readonly unseen: ReadonlyMap<string, readonly string[]>;
}

interface Found {
  readonly path: string;
}

/** What pools have of that which is asked for. */
interface Asked {
  readonly volume: (place: { readonly pool: string; readonly name: string }) => Found | undefined;
  readonly paths: ReadonlyMap<string, Found>;
  readonly pools: readonly Pool[];
  /** Of some pools, by UUID. */
  readonly volumeNames: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Who has the files as disks, by whatever path, and who lies on them.
 * Asks only of disks that are to be written to: of those of the fields that are there, and of all files that XML of one's own names.
 */
export async function readAbove(
  client: LibvirtClient,
  { spec, xml }: Pick<CreateInput, 'spec' | 'xml'>,
  asked: Asked,
  options: CallOptions,
): Promise<Neighbours & { readonly owners: ReadonlyMap<string, string> }> {
  const above = new Map<string, readonly string[]>();
  const owners = new Map<string, string>();
  const unseen = new Map<string, readonly string[]>();
  const ofFields = spec.disks.filter(isWritten).flatMap((disk) => pathOf(disk, asked) ?? []);
  const ofXml = await readWritten(client, { xml: xml ?? '', unseen }, asked, options);
  for (const file of new Set([...ofFields, ...ofXml.files])) {
    const { users, breaks, unseen: sentences } = await readFileUsers(client, new Set([file]), options);
    if (sentences.length > 0) unseen.set(file, sentences);
    const found = [...users.values()].flat();
    const owner = found.find(({ via }) => via === 'disk');
    if (owner !== undefined) owners.set(file, owner.name);
    const machines = found.filter(({ via }) => via === 'backing');
    above.set(file, machines.length > 0 ? [...new Set(machines.map(({ name }) => name))] : breaks);
  }
  return { above, named: ofXml.named, owners, unseen };
}

/** What XML of one's own writes to and is there. A pool that is stopped may be started later, and then the machine. */
async function readWritten(
  client: LibvirtClient,
  { xml, unseen }: { readonly xml: string; readonly unseen: Map<string, readonly string[]> },
  asked: Asked,
  options: CallOptions,
): Promise<{ readonly files: readonly string[]; readonly named: ReadonlyMap<string, string> }> {
  const model = modelOf(xml);
  if (model === null) return { files: [], named: new Map() };
  const named = await new VolumeReader(client, options).namedPaths(model);
  for (const { source } of model.disks.filter(isWritten)) {
    const pool = asked.pools.find(({ name }) => name === source?.pool);
    if (source === null || pool === undefined || isActive(pool.state)) continue;
    unseen.set(source.display, [`The pool ${pool.name} is not active.`]);
  }
  return { files: writtenFiles(model, named).filter((file) => !isNew(file, asked)), named };
}

/** To be made: nothing lies on it, and to ask that of every machine of a host while somebody types is too much. */
function isNew(file: string, { pools, volumeNames }: Asked): boolean {
  const pool = pools.find((one) => one.path === path.dirname(file));
  return pool !== undefined && volumeNames.get(pool.uuid)?.has(path.basename(file)) === false;
}

function pathOf({ source }: DiskSpec, { volume, paths }: Asked): string | undefined {
  if (source.kind === 'volume') return volume(source)?.path;
  // Also one that no pool has: a machine may lie on it all the same.
  return source.kind === 'path' ? (paths.get(source.path)?.path ?? source.path) : undefined;
}

/** Null where it cannot be read, which is told elsewhere. */
function modelOf(xml: string): DomainModel | null {
  try {
    return xml === '' ? null : readDomain(xml);
  } catch {
    return null;
  }
}

/** Files and devices of the host that a machine of this definition would write to: libvirt takes `//` and `/./` for `/`, as the kernel does. */
function writtenFiles({ disks }: DomainModel, named: Neighbours['named']): string[] {
  const paths = disks
    .filter(isWritten)
    .flatMap(({ source }) => (source === null ? [] : (pathOfSource(source, named) ?? [])));
  // Behind a link `..` leads elsewhere than the text says: the host may tell where.
  return paths.flatMap((file) => [path.normalize(file), ...(file.split('/').includes('..') ? [file] : [])]);
}

/** The same of a definition that somebody wrote. */
export function aboveProblems({ above, named }: Neighbours, xml: string): string[] {
  const model = modelOf(xml);
  return model === null ? [] : writtenFiles(model, named).flatMap((file) => told(above, file) ?? []);
}

/** What lies on a disk reads it, and is destroyed by who writes to it. */
export function aboveProblem(above: Above, disk: DiskSpec, file: string): string | null {
  return isWritten(disk) ? told(above, file) : null;
}

function told(above: Above, file: string): string | null {
  const names = above.get(file) ?? [];
  if (names.length === 0) return null;
  return `${names.join(', ')} ${names.length === 1 ? 'lies' : 'lie'} on ${file}: a machine that writes to it destroys that. Choose another disk, or make it read-only.`;
}

function isWritten({ device, readonly }: Pick<DiskSpec | DiskModel, 'device' | 'readonly'>): boolean {
  return device !== 'cdrom' && !readonly;
}
