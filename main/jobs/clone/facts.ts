import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virDomainXMLFlags as XML } from '../../../drivers/libvirt/constants/domain-flags.ts';
import {
  readDomain,
  readDomainCapabilities,
  readVolume,
  type DiskModel,
  type DomainModel,
} from '../../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import type { Pool } from '../../contract/storage.ts';
import type { HostSession } from '../../hosts/session.ts';
import { readInterfacesWith } from '../../networks/read-interfaces.ts';
import { nvramOf, pathOf } from '../../storage/machine-files.ts';
import { readPools, without } from '../../storage/read.ts';
import { makesVolumes } from '../create/disks.ts';
import { readMemory, readNames, readNetworks, type CreateFacts } from '../create/facts.ts';
import { orElse, volumeByPath, VolumeReader } from '../delete/volumes.ts';
import type { PlanHost } from '../engine/step.ts';

/** A disk of the machine that a new one gets one of its own for. */
export interface SourceVolume {
  /** UUID of its pool. */
  readonly pool: string;
  readonly name: string;
  readonly path: string;
  readonly format: string;
  readonly capacityBytes: number;
  /** What it takes of its pool now; null: its pool does not tell. */
  readonly allocationBytes: number | null;
  readonly encrypted: boolean;
  /** It lies on another file. */
  readonly backed: boolean;
  /** When it was written to last; null: its pool does not tell. */
  readonly changed: string | null;
}

/** What is asked of another host than the machine's own. */
export interface ElsewhereFacts {
  /** Why it cannot run such a machine, in libvirt's words; null: nothing is known against it. */
  readonly cannotRun: string | null;
  /** Bridges and devices that cards of the machine are on, and that it has not. */
  readonly missing: ReadonlySet<string>;
  /** Files of the machine's disks that its pools have at the same place. */
  readonly paths: ReadonlySet<string>;
}

/** What is asked of a machine that runs. */
export interface LiveFacts {
  readonly agent: DomainModel['agent'];
  /** The host can copy its disks while it runs (virDomainBackupBegin): one that does not say is older than that. */
  readonly canBackup: boolean;
  /** Sizes of the disks that it has now, by target; null: nothing is in it, or nobody tells. */
  readonly disks: ReadonlyMap<string, number | null>;
}

/** What a plan must know of a machine and its host. */
export interface CloneFacts {
  /** The machine's own. */
  readonly source: PlanHost;
  /** Its pools. */
  readonly sourcePools: readonly Pool[];
  /** That the new machines are made on; what follows from `names` on is its. */
  readonly host: PlanHost;
  /** Null: it is the machine's own host. */
  readonly elsewhere: ElsewhereFacts | null;
  /** As it would start, with the passwords of its screens. */
  readonly xml: string;
  readonly model: DomainModel;
  readonly isTemplate: boolean;
  /** The job that copies it now, by the name of what it makes; null: there is none. */
  readonly copiedTo: string | null;
  readonly running: boolean;
  /** Of a machine that runs. */
  readonly live: LiveFacts | null;
  /** It has a saved state. */
  readonly saved: boolean;
  readonly snapshots: number;
  /** The volumes of its disks, by target; null: no pool that is started has it. */
  readonly volumes: ReadonlyMap<string, SourceVolume | null>;
  /** The file of its firmware's variables, which is there once it was started; null: it has none. */
  readonly nvram: string | null;
  /** Of all machines of the host. */
  readonly names: ReadonlySet<string>;
  readonly pools: readonly Pool[];
  /** Names of the volumes of the pools that are asked for, by UUID of the pool. */
  readonly volumeNames: ReadonlyMap<string, ReadonlySet<string>>;
  readonly memory: CreateFacts['memory'];
  readonly cpus: number;
  /** Names of its networks; null: it has none. */
  readonly networks: ReadonlySet<string> | null;
}

/** A disk that is the machine's own: not an installer, and not one that several may use at one time. */
export function isOwnDisk({ device, readonly, shareable }: DiskModel): boolean {
  return device === 'disk' && !readonly && !shareable;
}

/** Two machines that write to it destroy what is on it. A LUN has no volume that could be copied. */
export function isAlone(disk: DiskModel): boolean {
  return isOwnDisk(disk) || (disk.device === 'lun' && !disk.readonly && !disk.shareable);
}

export interface ClonedFrom {
  readonly session: HostSession;
  readonly dom: DomainRef;
  readonly isTemplate: boolean;
  readonly copiedTo: string | null;
}

/**
 * Asks the hosts. Nothing is kept: what a plan is made from is of this moment.
 * @param target the host that the new machines are made on, which may be the machine's own
 * @param wanted UUIDs of the pools that new disks are wanted in
 */
export async function readCloneFacts(
  from: ClonedFrom,
  target: HostSession,
  wanted: readonly string[],
  options: CallOptions,
): Promise<CloneFacts> {
  const isElsewhere = from.session.id !== target.id;
  const [machine, there] = await Promise.all([readMachine(from, options), readTarget(target, options)]);
  const sourcePools = isElsewhere
    ? await readPools(from.session.client, from.session.id, options)
    : there.pools;
  const asked = new Set([...wanted, ...there.pools.filter(makesVolumes).map(({ uuid }) => uuid)]);
  return {
    ...machine,
    ...there,
    source: planHost(from.session),
    sourcePools,
    host: planHost(target),
    volumeNames: await readNames(target.client, asked, options),
    elsewhere: isElsewhere ? await readElsewhere(target.client, machine.model, options) : null,
  };
}

function planHost({ id, name, uri }: HostSession): PlanHost {
  return { id, name, uri };
}

async function readMachine({ session, dom, isTemplate, copiedTo }: ClonedFrom, options: CallOptions) {
  const { client } = session;
  const { remote } = client;
  const xmlOf = (flags: number) => remote.domainGetXmlDesc({ dom, flags }, options).then(({ xml }) => xml);
  const [xml, live, { active }, saved, snapshots] = await Promise.all([
    xmlOf(XML.VIR_DOMAIN_XML_INACTIVE | XML.VIR_DOMAIN_XML_SECURE),
    xmlOf(0),
    remote.domainIsActive({ dom }, options),
    orElse(
      remote.domainHasManagedSaveImage({ dom, flags: 0 }, options).then(({ result }) => result !== 0),
      false,
    ),
    orElse(
      remote.domainSnapshotNum({ dom, flags: 0 }, options).then(({ num }) => num),
      0,
    ),
  ]);
  const model = readDomain(xml);
  return {
    xml,
    model,
    isTemplate,
    copiedTo,
    running: active !== 0,
    live: active === 0 ? null : await readLive(client, dom, readDomain(live), options),
    saved,
    snapshots,
    volumes: await readVolumesOf(client, model, options),
    nvram: nvramOf(readDomain(live)),
  };
}

async function readTarget({ client, id }: HostSession, options: CallOptions) {
  const { remote } = client;
  const [machines, pools, networks, memory, cpus] = await Promise.all([
    remote.connectListAllDomains({ needResults: 1, flags: 0 }, options),
    readPools(client, id, options),
    readNetworks(client, options),
    readMemory(client, options),
    remote.nodeGetInfo(undefined, options).then((info) => info.cpus),
  ]);
  return {
    names: new Set(machines.domains.map(({ name }) => name)),
    pools,
    networks: networks === null ? null : new Set(networks.keys()),
    memory,
    cpus,
  };
}

async function readElsewhere(
  client: LibvirtClient,
  { os, virtType, nics, disks }: DomainModel,
  options: CallOptions,
): Promise<ElsewhereFacts> {
  const { arch, machine } = os;
  const asked = { emulatorbin: null, arch, machine, virttype: virtType, flags: 0 };
  const cannotRun = await client.remote.connectGetDomainCapabilities(asked, options).then(
    () => null,
    (error: unknown) => {
      if (!(error instanceof LibvirtError)) throw error;
      return error.code === 'VIR_ERR_NO_SUPPORT' ? null : error.message;
    },
  );
  const named = nics.flatMap((nic) => bridgeOf(nic) ?? []);
  const known = named.length === 0 ? null : await readInterfacesWith(client, named, options);
  const there = new Set(known?.map(({ name }) => name));
  const paths = new Set<string>();
  for (const { source } of disks) {
    const path = source?.path ?? null;
    if (path !== null && (await volumeByPath(client, path, options)) !== null) paths.add(path);
  }
  return {
    cannotRun,
    missing: new Set(known === null ? [] : named.filter((name) => !there.has(name))),
    paths,
  };
}

/** What a card is on that another host may not have; networks are told of by themselves. */
function bridgeOf({ type, source }: DomainModel['nics'][number]): string | null {
  return type === 'bridge' || type === 'direct' ? source : null;
}

async function readLive(
  client: LibvirtClient,
  dom: DomainRef,
  { agent, disks, os, virtType, emulator: emulatorbin }: DomainModel,
  options: CallOptions,
): Promise<LiveFacts> {
  const { remote } = client;
  const { arch, machine } = os;
  const asked = { emulatorbin, arch, machine, virttype: virtType, flags: 0 };
  const capabilities = await orElse(
    remote
      .connectGetDomainCapabilities(asked, options)
      .then((reply) => readDomainCapabilities(reply.capabilities)),
    null,
  );
  const sizes = new Map<string, number | null>();
  for (const { target: path } of disks)
    sizes.set(
      path,
      await orElse(
        remote.domainGetBlockInfo({ dom, path, flags: 0 }, options).then(({ capacity }) => Number(capacity)),
        null,
      ),
    );
  return { agent, canBackup: capabilities?.features.get('backup')?.supported ?? false, disks: sizes };
}

/** The volumes of a machine's disks, or of what else of it is `wanted`, by target; null: no pool that is started has it. */
export async function readVolumesOf(
  client: LibvirtClient,
  model: DomainModel,
  options: CallOptions,
  wanted: (disk: DiskModel) => boolean = ({ device }) => device === 'disk',
): Promise<Map<string, SourceVolume | null>> {
  const named = await new VolumeReader(client, options).namedPaths(model);
  const found = new Map<string, SourceVolume | null>();
  for (const disk of model.disks.filter(wanted)) {
    const path = disk.source === null ? null : pathOf(disk.source, named);
    found.set(disk.target, path === null ? null : await volumeOf(client, path, disk, options));
  }
  return found;
}

async function volumeOf(
  client: LibvirtClient,
  path: string,
  disk: DiskModel,
  options: CallOptions,
): Promise<SourceVolume | null> {
  const vol = await volumeByPath(client, path, options);
  if (vol === null) return null;
  const [reply, { pool }] = await Promise.all([
    client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, options).catch(without(['VIR_ERR_NO_STORAGE_VOL'])),
    client.remote.storagePoolLookupByName({ name: vol.pool }, options),
  ]);
  if (reply === null) return null;
  const { capacityBytes, allocationBytes, format, encryption, backingPath, changed } = readVolume(reply.xml);
  return {
    pool: uuidToString(pool.uuid),
    name: vol.name,
    path,
    // What the machine takes it for counts: QEMU is told so.
    format: disk.format ?? format ?? 'raw',
    capacityBytes: capacityBytes ?? 0,
    allocationBytes,
    encrypted: encryption !== null,
    backed: backingPath !== null,
    changed,
  };
}
