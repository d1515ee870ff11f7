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
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { Pool } from '../../contract/storage.ts';
import type { HostSession } from '../../hosts/session.ts';
import { nvramOf, pathOf } from '../../storage/machine-files.ts';
import { readPools, without } from '../../storage/read.ts';
import { readMemory, readNames, type CreateFacts } from '../create/facts.ts';
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
  readonly encrypted: boolean;
}

/** What is asked of a machine that runs. */
export interface LiveFacts {
  readonly agent: DomainModel['agent'];
  /** The host can copy its disks while it runs; null: it does not say. */
  readonly canBackup: boolean | null;
  /** Sizes of the disks that it has now, by target; null: nothing is in it, or nobody tells. */
  readonly disks: ReadonlyMap<string, number | null>;
}

/** What a plan must know of a machine and its host. */
export interface CloneFacts {
  readonly host: PlanHost;
  /** As it would start, with the passwords of its screens. */
  readonly xml: string;
  readonly model: DomainModel;
  readonly isTemplate: boolean;
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
}

/** A disk that is the machine's own: not an installer, and not one that several may use at one time. */
export function isOwnDisk({ device, readonly, shareable }: DiskModel): boolean {
  return device === 'disk' && !readonly && !shareable;
}

/**
 * Asks the host. Nothing is kept: what a plan is made from is of this moment.
 * @param known `pools`: UUIDs of those that new disks are wanted in
 */
export async function readCloneFacts(
  session: HostSession,
  dom: DomainRef,
  known: { readonly isTemplate: boolean; readonly pools: readonly string[] },
  options: CallOptions,
): Promise<CloneFacts> {
  const { client } = session;
  const { remote } = client;
  const xmlOf = (flags: number) => remote.domainGetXmlDesc({ dom, flags }, options).then(({ xml }) => xml);
  const [xml, live, { active }, saved, snapshots, machines, pools, memory, cpus] = await Promise.all([
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
    remote.connectListAllDomains({ needResults: 1, flags: 0 }, options),
    readPools(client, session.id, options),
    readMemory(client, options),
    remote.nodeGetInfo(undefined, options).then((info) => info.cpus),
  ]);
  const model = readDomain(xml);
  const volumes = await readVolumesOf(client, model, options);
  const own = [...volumes.values()].flatMap((volume) => (volume === null ? [] : [volume.pool]));
  return {
    host: { id: session.id, name: session.name, uri: session.uri },
    xml,
    model,
    isTemplate: known.isTemplate,
    running: active !== 0,
    live: active === 0 ? null : await readLive(client, dom, readDomain(live), options),
    saved,
    snapshots,
    volumes,
    nvram: nvramOf(readDomain(live)),
    names: new Set(machines.domains.map(({ name }) => name)),
    pools,
    volumeNames: await readNames(client, new Set([...own, ...known.pools]), options),
    memory,
    cpus,
  };
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
  return { agent, canBackup: capabilities?.features.get('backup')?.supported ?? null, disks: sizes };
}

async function readVolumesOf(
  client: LibvirtClient,
  model: DomainModel,
  options: CallOptions,
): Promise<Map<string, SourceVolume | null>> {
  const named = await new VolumeReader(client, options).namedPaths(model);
  const found = new Map<string, SourceVolume | null>();
  for (const disk of model.disks.filter(({ device }) => device === 'disk')) {
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
  const { capacityBytes, format, encryption } = readVolume(reply.xml);
  return {
    pool: uuidToString(pool.uuid),
    name: vol.name,
    path,
    // What the machine takes it for counts: QEMU is told so.
    format: disk.format ?? format ?? 'raw',
    capacityBytes: capacityBytes ?? 0,
    encrypted: encryption !== null,
  };
}
