import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import {
  readDomainCapabilities,
  readVolume,
  type CapabilitiesModel,
  type DomainCapabilitiesModel,
} from '../../../drivers/libvirt/model/index.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { MigrateInput } from '../../contract/migrate.ts';
import type { Pool } from '../../contract/storage.ts';
import type { Clock } from '../../hosts/clock.ts';
import type { HostSession } from '../../hosts/session.ts';
import { inPool } from '../../inventory/pool.ts';
import { readInterfacesWith } from '../../networks/read-interfaces.ts';
import { readPools } from '../../storage/read.ts';
import { readFileUsers } from '../../storage/users.ts';
import { readMemory, readNames, readNetworks, type CreateFacts } from '../create/facts.ts';
import { domainByName, domainByUuid } from '../create/steps/host-calls.ts';
import { orElse, volumeByPath } from '../delete/volumes.ts';
import { readCpu, type CpuFacts } from './cpu.ts';
import { poolsWanted } from './disks.ts';
import { HostFiles } from './host-files.ts';
import { refresher, seeFile, type SeenFile } from './same-file.ts';
import { readHostFacts, type HostFacts, type SourceFacts } from './source-facts.ts';

/** Disks that are asked about at one time: of the five calls that a connection is served some are left for others. */
const DISKS_AT_ONCE = 3;

/** What a plan must know of the host that a machine goes to. */
export interface TargetFacts extends HostFacts, CpuFacts {
  readonly capabilities: CapabilitiesModel;
  /** For the machine's own kind; null where the host does not tell. */
  readonly domainCapabilities: DomainCapabilitiesModel | null;
  /** A machine of the same UUID. */
  readonly sameUuid: { readonly name: string; readonly active: boolean } | null;
  /** UUID of the machine that has the name. */
  readonly sameName: string | null;
  /** Whether each is active; null: the host has none of them. */
  readonly networks: ReadonlyMap<string, boolean> | null;
  /** Names of the network devices, asked only where the machine has a card on one; null: the host does not tell. */
  readonly devices: ReadonlySet<string> | null;
  readonly memory: CreateFacts['memory'];
  /** Of the size that the machine has; null: it has none, or the host does not tell. */
  readonly freeLargePages: number | null;
  readonly pools: readonly Pool[];
  /** Names of the volumes of the pools that something of the machine may go to, by UUID. */
  readonly volumeNames: ReadonlyMap<string, ReadonlySet<string>>;
  /** By the disk's target, for those that have a path. */
  readonly files: ReadonlyMap<string, SeenFile>;
  /** What the machine's disks lie on that its pools have, too, by path. */
  readonly bases: ReadonlyMap<string, SeenBase>;
}

/** What a disk lies on, as it is at the same path of the target. */
export interface SeenBase {
  /** Of another format or size than the source's; null: the source's is in no pool, and cannot be compared. */
  readonly differs: boolean | null;
  /** Machines of the target that write to it; asked only where a disk is to lie on it. */
  readonly writers: readonly string[];
}

/** What a host tells whichever machine is to come: it can be asked while the machine's own host is. */
export interface TargetHost extends Pick<TargetFacts, 'networks' | 'memory' | 'pools'> {
  readonly facts: Awaited<ReturnType<typeof readHostFacts>>;
}

export async function readTargetHost(session: HostSession, options: CallOptions): Promise<TargetHost> {
  const { client } = session;
  const [facts, networks, memory, pools] = await Promise.all([
    readHostFacts(session, options),
    readNetworks(client, options),
    readMemory(client, options),
    readPools(client, session.id, options),
  ]);
  return { facts, networks, memory, pools };
}

/** How files that both hosts may see are looked at. */
export interface Looking {
  readonly clock: Clock;
  /** The source's, whichever target they are compared with. */
  readonly sourceFiles: HostFiles;
  /** The target's pools of a network look through their folders where they do not know a file. Nothing else is changed. */
  readonly refreshes: boolean;
}

/** Asks the host about the machine, and the source about the files that both may see. */
export async function readTargetFacts(
  clients: Clients & Looking,
  { facts: host, ...rest }: TargetHost,
  facts: SourceFacts,
  input: Pick<MigrateInput, 'networks' | 'name' | 'pool' | 'disks' | 'cpu'>,
  options: CallOptions,
): Promise<TargetFacts> {
  const { target: client } = clients;
  const { model } = facts;
  const { networks, name, disks, cpu: wishedCpu } = input;
  const names = model.nics.flatMap(({ type, source: from }) =>
    (type === 'bridge' || type === 'direct') && from !== null ? [networks[from] ?? from] : [],
  );
  const wanted = poolsWanted(input, { source: facts, target: rest });
  const [sameUuid, sameName, cpu, interfaces, volumeNames, domainCapabilities, freeLargePages, bases, files] =
    await Promise.all([
      domainByUuid(client, facts.uuidOfMachine),
      domainByName(client, name ?? model.name),
      readCpu(clients, facts, wishedCpu, options),
      names.length === 0 ? [] : readInterfacesWith(client, names, options),
      readNames(client, wanted, options),
      readDomcaps(client, facts, options),
      readLargePages(client, facts, host.capabilities.numaNodes, options),
      readBases(clients, { facts, disks }, options),
      readFiles(clients, { source: facts, target: rest }, options),
    ]);
  return {
    ...host,
    ...rest,
    ...cpu,
    volumeNames,
    freeLargePages,
    domainCapabilities,
    sameUuid: sameUuid === null ? null : { name: sameUuid.name, active: sameUuid.id !== -1 },
    sameName: sameName === null ? null : uuidToString(sameName.uuid),
    devices: interfaces === null ? null : new Set(interfaces.map(({ name: device }) => device)),
    bases,
    files,
  };
}

interface Clients {
  readonly source: LibvirtClient;
  readonly target: LibvirtClient;
}

async function readLargePages(
  client: LibvirtClient,
  { largePageKiB }: SourceFacts,
  nodes: number,
  options: CallOptions,
): Promise<number | null> {
  if (largePageKiB === null) return null;
  const args = { pages: [largePageKiB], startCell: 0, cellCount: Math.max(1, nodes), flags: 0 };
  const reply = await orElse(client.remote.nodeGetFreePages(args, options), null);
  return reply === null ? null : reply.counts.reduce((sum, count) => sum + Number(count), 0);
}

async function readDomcaps(
  client: LibvirtClient,
  { model }: SourceFacts,
  options: CallOptions,
): Promise<DomainCapabilitiesModel | null> {
  const { arch } = model.os;
  const args = { emulatorbin: null, arch, machine: null, virttype: model.virtType, flags: 0 };
  const reply = await orElse(client.remote.connectGetDomainCapabilities(args, options), null);
  return reply === null ? null : readDomainCapabilities(reply.capabilities);
}

async function readBases(
  { source, target }: Clients,
  { facts, disks }: { readonly facts: SourceFacts; readonly disks: MigrateInput['disks'] },
  options: CallOptions,
): Promise<Map<string, SeenBase>> {
  const chosen = new Set(disks.flatMap(({ target: disk, way }) => (way === 'top' ? [disk] : [])));
  const found = new Map<string, SeenBase>();
  await inPool(facts.model.disks, DISKS_AT_ONCE, async ({ target: disk, backing }) => {
    const path = backing[0]?.source.path ?? null;
    const there = path === null ? null : await shapeOf(target, path, options);
    if (path === null || there === null) return;
    const here = await shapeOf(source, path, options);
    const users = chosen.has(disk) ? await readFileUsers(target, new Set([path]), options) : null;
    const writers = users?.claims.get(path)?.map(({ machine }) => machine) ?? [];
    found.set(path, { differs: here === null ? null : here !== there, writers });
  });
  return found;
}

/** Format and size of a file; null: no pool that runs has it. */
async function shapeOf(client: LibvirtClient, path: string, options: CallOptions): Promise<string | null> {
  const vol = await volumeByPath(client, path, options);
  const reply =
    vol === null ? null : await orElse(client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, options), null);
  if (reply === null) return null;
  const { format, capacityBytes } = readVolume(reply.xml);
  return `${format ?? 'raw'} ${capacityBytes}`;
}

async function readFiles(
  { target: client, clock, sourceFiles, refreshes }: Clients & Looking,
  { source, target }: { readonly source: SourceFacts; readonly target: Pick<TargetFacts, 'pools'> },
  options: CallOptions,
): Promise<Map<string, SeenFile>> {
  const files = { source: sourceFiles, target: new HostFiles({ client, clock, options }) };
  const pools = { source: source.pools, target: target.pools };
  const refresh = refreshes ? refresher(client, options) : null;
  const found = new Map<string, SeenFile>();
  await inPool(source.disks, DISKS_AT_ONCE, async ({ model, path }) => {
    if (path === null) return;
    found.set(model.target, await seeFile(files, path, { pools, refresh }));
  });
  return found;
}
