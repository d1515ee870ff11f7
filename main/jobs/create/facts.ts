import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virConnectListAllNetworksFlags as LIST } from '../../../drivers/libvirt/constants/network.ts';
import { virNodeGetMemoryStatsAllCells as CELLS } from '../../../drivers/libvirt/constants/index.ts';
import {
  readCapabilities,
  readVolume,
  type CapabilitiesModel,
} from '../../../drivers/libvirt/model/index.ts';
import type { StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import type { BackendView } from '../../contract/balancer.ts';
import type { CreateInput } from '../../contract/create.ts';
import type { Pool } from '../../contract/storage.ts';
import type { HostSession } from '../../hosts/session.ts';
import { inPool } from '../../inventory/pool.ts';
import { readInterfacesWith } from '../../networks/read-interfaces.ts';
import { poolByUuid, readPools, volumeByName, without } from '../../storage/read.ts';
import { secretOfVolume } from '../../storage/steps/secret.ts';
import { readVolumeImage, type FormatClaim, type VolumeImage } from '../../storage/volume-image.ts';
import { readMachines } from '../delete/read.ts';
import { volumeByPath } from '../delete/volumes.ts';
import type { PlanHost } from '../engine/step.ts';
import type { SeenSource } from '../p2v/live/looks.ts';
import { readSavedOrFault, savedSource, type SavedOn, type SavedPlace } from '../p2v/read-saved.ts';
import type { SavedMachine } from '../p2v/saved-machine.ts';
import { readNoVirtV2v } from '../p2v/virt-v2v/look.ts';
import { readContainerFacts, type ContainerFacts } from './container-facts.ts';
import { driversOf } from './drivers.ts';
import { readFetchWay, type FetchWay } from './fetch-way.ts';
import { readAbove, type Neighbours } from './above.ts';
import { readIsolated } from './isolated.ts';
import type { InstallTrees, TreeLook } from './install-tree.ts';
import { lookAtTree } from './look-at-tree.ts';
import { macsOf, type KnownMacs, type MacsElsewhere } from './known-macs.ts';
import { remoteFiles, sourceMedium, type RemoteFile } from './media.ts';
import { claimsOf, ownersOf } from './owners.ts';
import { isMarked } from './steps/fetch-mark.ts';
import { fetchKey, type Fetching } from './steps/fetch.ts';
import { wantsVirtV2v } from './wants-virt-v2v.ts';
import { readNoVsock } from './vsock.ts';

/** Calls at one time: one of the five that a connection is served is left for others. */
const IN_FLIGHT = 4;

export interface VolumeFacts extends VolumeImage {
  /** `file`, `block`, `network`… */
  readonly type: string;
  readonly capacityBytes: number;
  readonly encryption: {
    /** `luks`, `qcow`. */
    readonly format: string;
    /** The host's secret that opens it; null: it has none. */
    readonly secretUuid: string | null;
  } | null;
}

/** What a plan must know of its host. */
export interface CreateFacts extends Neighbours {
  readonly host: PlanHost;
  /** Of all its machines. */
  readonly names: ReadonlySet<string>;
  /** Which machine has a MAC, on all hosts that are connected; read only where somebody chose one. */
  readonly macs: ReadonlyMap<string, string>;
  /** Names of the hosts that did not tell their machines' MACs. */
  readonly silent: readonly string[];
  /** Which machine has a file as its disk; read only where a volume is to be a disk, or to lie under one. */
  readonly owners: ReadonlyMap<string, string>;
  /** As what machines have a file, by path; read with the owners. */
  readonly claims: ReadonlyMap<string, readonly FormatClaim[]>;
  readonly pools: readonly Pool[];
  /** Names of the volumes of the pools that are asked for, by UUID of the pool. */
  readonly volumeNames: ReadonlyMap<string, ReadonlySet<string>>;
  /** Volumes that are asked for and there, by `volumeKey`. */
  readonly volumes: ReadonlyMap<string, VolumeFacts>;
  /** Those of the paths that are asked for which an active pool has. */
  readonly paths: ReadonlyMap<string, VolumeFacts>;
  /** By name, with whether each is active; null where the host cannot tell. */
  readonly networks: ReadonlyMap<string, boolean> | null;
  /** Of the networks that cards name: those without a way out. */
  readonly isolated: ReadonlySet<string>;
  readonly memory: { readonly totalKiB: number; readonly freeKiB: number } | null;
  readonly cpus: number;
  /** Volumes that another job is fetching now, also one of another program, by `volumeKey`. */
  readonly unfinished: ReadonlySet<string>;
  /** What was seen of the tree that it is installed from; null: it is from elsewhere. */
  readonly tree: TreeLook | null;
  /** How what must be fetched comes to the host, by `volumeKey` of what it becomes. */
  readonly ways: ReadonlyMap<string, FetchWay>;
  /** libosinfo's id of the system; null: not known. */
  readonly osId: string | null;
  /** Kinds of machines that it can run. */
  readonly guests: CapabilitiesModel['guests'];
  /** What cards name, and it surely has not. */
  readonly missing: { readonly devices: ReadonlySet<string>; readonly filters: ReadonlySet<string> };
  /** Why the host has no vsock; null: it has, it does not tell, or nobody wants one. */
  readonly noVsock: string | null;
  /** Why no virt-v2v of the host can prepare the copy; null: it can, or nobody wants that. */
  readonly noVirtV2v: string | null;
  /** What a load balancer is to stand in front of, as it is found now; null: it is to be none. */
  readonly balancer: readonly BackendView[] | null;
  /** Null where no container is to be made. */
  readonly container: ContainerFacts | null;
  /** The saved machine that it is made of; why it cannot be read, in a sentence; null: it is made of none. */
  readonly saved: SavedMachine | string | null;
  /** Where it is read; null: on this computer. */
  readonly savedOn: SavedOn | null;
  /** The running machine that it is made of; why it could not be looked at, in a sentence; null: it is made of none. */
  readonly live: SeenSource | string | null;
}

const NOBODY: MacsElsewhere = { macs: new Map(), silent: [] };

export interface VolumeAsked {
  readonly pool: string;
  readonly name: string;
}

export function volumeKey({ pool, name }: VolumeAsked): string {
  return `${pool}/${name}`;
}

/** The name of a pool; its UUID where the host has none such. */
export function poolName({ pools }: Pick<CreateFacts, 'pools'>, { pool }: Pick<VolumeAsked, 'pool'>): string {
  return pools.find(({ uuid }) => uuid === pool)?.name ?? pool;
}

export interface FactsFrom {
  readonly input: CreateInput;
  readonly osId: string | null;
  readonly fetching: Fetching;
  readonly trees: InstallTrees;
  readonly balancer: CreateFacts['balancer'];
  readonly macs: KnownMacs;
  /** Where a saved machine is, if the source is one. */
  readonly saved: SavedPlace;
  readonly live: CreateFacts['live'];
}

/** Asks the host. Nothing is kept: what a plan is made from is of this moment. */
export async function readCreateFacts(
  session: HostSession,
  { input, osId, fetching, trees, balancer, macs, saved: savedAt, live }: FactsFrom,
  options: CallOptions,
): Promise<CreateFacts> {
  const { client } = session;
  const [machines, pools, networks, memory, cpus, guests, missing] = await Promise.all([
    client.remote.connectListAllDomains({ needResults: 1, flags: 0 }, options),
    readPools(client, session.id, options),
    readNetworks(client, options),
    readMemory(client, options),
    client.remote.nodeGetInfo(undefined, options).then((info) => info.cpus),
    readGuests(client, options),
    readMissing(client, input, options),
  ]);
  // What names no pool of the host is a problem that the plan tells.
  const isThere = (pool: string): boolean => pools.some(({ uuid }) => uuid === pool);
  const savedFrom = savedSource(input.source);
  const asked = volumesAsked(input).filter(({ pool }) => isThere(pool));
  const [volumes, paths, volumeNames, tree, container, isolated, noVsock, noVirtV2v, saved] =
    await Promise.all([
      readAsked(session, asked, options),
      readPaths(session, input, options),
      readNames(client, [...poolsAsked(input, asked)].filter(isThere), options),
      lookAtTree(session, input, trees),
      readContainerFacts(session, { input, pools }, options),
      readIsolated(client, input, options),
      input.spec.vsock ? readNoVsock(session, options) : null,
      wantsVirtV2v(input.source) ? readNoVirtV2v(session, options) : null,
      savedFrom === null ? null : readSavedOrFault(savedAt.place, savedFrom),
    ]);
  // What is raw is opened as that, whatever a machine takes it for.
  const unsure = [...volumes.values()].some(({ format }) => format !== 'raw');
  const others = hasMacs(input) || usesVolumes(input) || unsure ? await readMachines(client, options) : [];
  const elsewhere = hasMacs(input) ? await macs.elsewhere(session.id, options) : NOBODY;
  const ways = await readWays(session, { files: remoteFiles(input), pools, volumes }, options);
  const volume = (at: VolumeAsked): VolumeFacts | undefined => volumes.get(volumeKey(at));
  const isUnfinished = (place: VolumeAsked): boolean =>
    fetching.has(fetchKey({ host: session.id, ...place })) ||
    isMarked(volumeNames.get(place.pool) ?? new Set(), place.name);
  const seen = await readAbove(client, input, { volume, paths, pools, volumeNames }, options);
  return {
    host: { id: session.id, name: session.name, uri: session.uri },
    names: new Set(machines.domains.map(({ name }) => name)),
    macs: new Map([...elsewhere.macs, ...macsOf(others)]),
    silent: elsewhere.silent,
    ...seen,
    owners: new Map([...ownersOf(others), ...seen.owners]),
    claims: claimsOf(others),
    pools,
    volumes,
    paths,
    volumeNames,
    networks,
    isolated,
    memory,
    cpus,
    osId,
    guests,
    missing,
    noVsock,
    noVirtV2v,
    tree,
    balancer,
    container,
    saved,
    savedOn: savedAt.on,
    live,
    unfinished: new Set(asked.filter(isUnfinished).map(volumeKey)),
    ways,
  };
}

async function readGuests(client: LibvirtClient, options: CallOptions): Promise<CapabilitiesModel['guests']> {
  const { capabilities } = await client.remote.connectGetCapabilities(undefined, options);
  return readCapabilities(capabilities).guests;
}

/** Asked only for what is named: most cards are of networks, and have no filter. */
async function readMissing(
  client: LibvirtClient,
  { spec }: CreateInput,
  options: CallOptions,
): Promise<CreateFacts['missing']> {
  const named = spec.nics.flatMap(({ source }) =>
    source.kind === 'bridge' ? [source.bridge] : source.kind === 'direct' ? [source.device] : [],
  );
  const known = named.length === 0 ? null : await readInterfacesWith(client, named, options);
  const there = new Set(known?.map(({ name }) => name));
  const filters = new Set<string>();
  for (const name of new Set(spec.nics.flatMap(({ filter }) => filter ?? [])))
    await client.remote.nwfilterLookupByName({ name }, options).catch((error: unknown) => {
      if (!(error instanceof LibvirtError)) throw error;
      if (error.code === 'VIR_ERR_NO_NWFILTER') filters.add(name);
    });
  return { devices: new Set(known === null ? [] : named.filter((name) => !there.has(name))), filters };
}

/** Of the files that are not there yet. */
async function readWays(
  session: HostSession,
  { files, pools, volumes }: Pick<CreateFacts, 'pools' | 'volumes'> & { files: readonly RemoteFile[] },
  options: CallOptions,
): Promise<Map<string, FetchWay>> {
  const ways = new Map<string, FetchWay>();
  for (const { url, place, compression } of files) {
    const pool = pools.find(({ uuid }) => uuid === place.pool);
    if (pool === undefined || volumes.has(volumeKey(place))) continue;
    const { signal = new AbortController().signal } = options;
    ways.set(volumeKey(place), await readFetchWay(session, { url, pool, compression }, signal));
  }
  return ways;
}

/** Volumes that the input names, and those that it would fetch if they were not there already. */
function volumesAsked({ source, spec }: CreateInput): VolumeAsked[] {
  const disks = spec.disks.flatMap((disk) => (disk.source.kind === 'volume' ? [disk.source] : []));
  const drivers = driversOf({ source });
  const medium = sourceMedium(source);
  return [...disks, ...(medium === null ? [] : [medium.place]), ...(drivers === null ? [] : [drivers.place])];
}

function poolsAsked({ spec, source: from }: CreateInput, asked: readonly VolumeAsked[]): Set<string> {
  const ofDisks = spec.disks.flatMap(({ source }) => (source.kind === 'new' ? [source.pool] : []));
  const ofTree = from.kind === 'tree' ? [from.pool] : [];
  const ofRoot = from.kind === 'container' && from.root.kind === 'template' ? [from.root.pool] : [];
  return new Set([...ofDisks, ...ofTree, ...ofRoot, ...asked.map(({ pool }) => pool)]);
}

async function readAsked(
  session: HostSession,
  asked: readonly VolumeAsked[],
  options: CallOptions,
): Promise<Map<string, VolumeFacts>> {
  const found = new Map<string, VolumeFacts>();
  for (const place of asked) {
    const vol = await orNone(volumeByName(session.client, place, options));
    const facts = vol === null ? null : await readFacts(session, vol, options);
    if (facts !== null) found.set(volumeKey(place), facts);
  }
  return found;
}

async function readPaths(
  session: HostSession,
  { spec }: CreateInput,
  options: CallOptions,
): Promise<Map<string, VolumeFacts>> {
  const found = new Map<string, VolumeFacts>();
  for (const { source } of spec.disks) {
    if (source.kind !== 'path') continue;
    const vol = await volumeByPath(session.client, source.path, options);
    const facts = vol === null ? null : await readFacts(session, vol, options);
    if (facts !== null) found.set(source.path, facts);
  }
  return found;
}

async function readFacts(
  session: HostSession,
  vol: StorageVolRef,
  options: CallOptions,
): Promise<VolumeFacts | null> {
  const { client } = session;
  const reply = await orNone(client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, options));
  if (reply === null) return null;
  const model = readVolume(reply.xml);
  const image = await readVolumeImage(session, vol, model, options.signal ?? new AbortController().signal);
  // libvirt forgets which secret that is when it looks at the file again: it has it by the path.
  const secret = async (): Promise<string | null> =>
    model.secretUuid ?? (await orNone(secretOfVolume(client, image.path)));
  return {
    ...image,
    type: model.type,
    capacityBytes: model.capacityBytes ?? 0,
    encryption: model.encryption === null ? null : { format: model.encryption, secretUuid: await secret() },
  };
}

/** Names of the volumes of pools, by the pool's UUID. One that is gone or not started has none. */
export async function readNames(
  client: LibvirtClient,
  pools: Iterable<string>,
  options: CallOptions,
): Promise<Map<string, Set<string>>> {
  const names = new Map<string, Set<string>>();
  await inPool(pools, IN_FLIGHT, async (uuid) => {
    const pool = await orNone(poolByUuid(client, uuid, options));
    if (pool === null) return;
    const listed = await orNone(
      client.remote.storagePoolListAllVolumes({ pool, needResults: 1, flags: 0 }, options),
    );
    names.set(uuid, new Set(listed?.vols.map(({ name }) => name)));
  });
  return names;
}

/** Names of the networks, with whether each is active; null where the host has none of them. */
export async function readNetworks(
  client: LibvirtClient,
  options: CallOptions,
): Promise<Map<string, boolean> | null> {
  const list = (flags: number) =>
    client.remote
      .connectListAllNetworks({ needResults: 1, flags }, options)
      .then(({ nets }) => nets)
      .catch(without(['VIR_ERR_NO_SUPPORT']));
  const [all, active] = await Promise.all([list(0), list(LIST.VIR_CONNECT_LIST_NETWORKS_ACTIVE)]);
  if (all === null || active === null) return null;
  const running = new Set(active.map(({ name }) => name));
  return new Map(all.map(({ name }) => [name, running.has(name)]));
}

/** What programs can still have: caches are given up for them. */
export async function readMemory(
  client: LibvirtClient,
  options: CallOptions,
): Promise<CreateFacts['memory']> {
  const cellNum = CELLS.VIR_NODE_MEMORY_STATS_ALL_CELLS;
  const stats = client.remote.nodeGetMemoryStats({ cellNum, nparams: 0, flags: 0 }, options);
  const read = stats.then(({ nparams }) =>
    client.remote.nodeGetMemoryStats({ cellNum, nparams, flags: 0 }, options),
  );
  const reply = await orNone(read);
  const of = (field: string): number =>
    Number(reply?.params.find((param) => param.field === field)?.value ?? 0n);
  const totalKiB = of('total');
  return totalKiB === 0 ? null : { totalKiB, freeKiB: of('free') + of('buffers') + of('cached') };
}

function hasMacs({ spec }: CreateInput): boolean {
  return spec.nics.some(({ mac }) => mac !== null);
}

function usesVolumes({ source, spec, xml }: CreateInput): boolean {
  if (xml !== null) return true;
  const ofImage = source.kind === 'cloudImage' && source.image.kind === 'volume';
  const ofFolder = source.kind === 'container' && source.root.kind === 'directory';
  const ofDisk = spec.disks.some(
    ({ device, source: from }) => device === 'disk' && (from.kind === 'volume' || from.kind === 'path'),
  );
  return ofImage || ofFolder || ofDisk;
}

/** Null where libvirt refuses: what is not there is a problem that the plan names. */
async function orNone<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof LibvirtError) return null;
    throw error;
  }
}
