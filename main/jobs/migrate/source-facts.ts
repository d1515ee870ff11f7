import { virDomainXMLFlags as XML } from '../../../drivers/libvirt/constants/domain-flags.ts';
import {
  readCapabilities,
  readDomain,
  type CapabilitiesModel,
  type DiskModel,
  type DomainModel,
} from '../../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import { parseXml, type XmlDocument } from '../../../drivers/xml/index.ts';
import type { DomainState } from '../../contract/domain.ts';
import type { Pool } from '../../contract/storage.ts';
import type { SshPeer } from '../../hosts/link.ts';
import type { HostSession } from '../../hosts/session.ts';
import { stateFromWire } from '../../inventory/states.ts';
import { namedVolumes, volumeName } from '../../storage/machine-files.ts';
import { readPools } from '../../storage/read.ts';
import { lookAtClock, type ClockLook } from '../clock-look.ts';
import { orElse, VolumeReader } from '../delete/volumes.ts';
import type { PlanHost } from '../engine/step.ts';

/** Who a host is, and what drives its machines. */
export interface HostFacts {
  readonly host: PlanHost;
  /** What its libvirtd takes for the machine's own UUID; null where it does not tell. */
  readonly uuid: string | null;
  /** `QEMU`, `Xen`… */
  readonly hypervisor: string;
  /** major * 1,000,000 + minor * 1,000 + release. */
  readonly libvirt: number;
  readonly emulator: number;
  readonly clock: ClockLook | null;
  /** What a guest of `host-passthrough` sees; null where the host does not tell. `identity`: to compare, see CapabilitiesModel. */
  readonly hostCpu: { readonly model: string; readonly identity: string } | null;
  /** Its SSH server as this computer reaches it, with what ~/.ssh/config makes of its name; null: it is reached otherwise. */
  readonly login: Pick<SshPeer, 'host' | 'port' | 'user' | 'jumped'> | null;
}

export interface SourceDisk {
  readonly model: DiskModel;
  /** Of its file or device; null: it is a network's, or an empty drive. */
  readonly path: string | null;
  /** QEMU opens it by a secret of its host. */
  readonly encrypted: boolean;
  /** As the guest sees it; null where the host does not tell. */
  readonly capacityBytes: number | null;
}

/** What a plan must know of the machine and of the host that it is on. */
export interface SourceFacts extends HostFacts {
  /** It is kept as a template. */
  readonly template?: boolean;
  /** Name of another host on which it runs while it is off here. */
  readonly runsOn?: string | null;
  readonly uuidOfMachine: string;
  readonly state: DomainState;
  /** Within the state, as libvirt names it (virDomainPausedReason and others). */
  readonly reason: string;
  readonly persistent: boolean;
  readonly autostart: boolean;
  readonly saved: boolean;
  readonly snapshots: number;
  readonly checkpoints: number;
  /** Targets of disks that something is being done to. */
  readonly blockJobs: readonly string[];
  /** As it runs, or would start; without passwords. */
  readonly model: DomainModel;
  /** Its `<cpu>`, as it is compared with a host's; null: it has none. */
  readonly cpuXml: string | null;
  /** Size of the large pages that its memory is of; null: it is of ordinary ones. */
  readonly largePageKiB: number | null;
  /** NUMA nodes of its host that its memory is bound to. */
  readonly numaNodes: readonly number[];
  readonly disks: readonly SourceDisk[];
  readonly pools: readonly Pool[];
}

export async function readHostFacts(
  session: HostSession,
  options: CallOptions,
): Promise<HostFacts & { readonly capabilities: ReturnType<typeof readCapabilities> }> {
  const { client, id, name, uri } = session;
  const { remote } = client;
  const [{ capabilities }, { type }, { libVer }, { hvVer }, clock] = await Promise.all([
    remote.connectGetCapabilities(undefined, options),
    remote.connectGetType(undefined, options),
    remote.connectGetLibVersion(undefined, options),
    remote.connectGetVersion(undefined, options),
    lookAtClock(session, options.signal),
  ]);
  const model = readCapabilities(capabilities);
  return {
    host: { id, name, uri },
    uuid: model.hostUuid,
    hypervisor: type,
    libvirt: Number(libVer),
    emulator: Number(hvVer),
    clock,
    hostCpu: hostCpuOf(model),
    login: session.link.ssh ?? null,
    capabilities: model,
  };
}

function hostCpuOf({ cpuModel, cpuIdentity }: CapabilitiesModel): HostFacts['hostCpu'] {
  return cpuModel === null || cpuIdentity === null ? null : { model: cpuModel, identity: cpuIdentity };
}

/** What a host tells of the machine itself. */
export type MachineFacts = Pick<
  SourceFacts,
  'state' | 'reason' | 'blockJobs' | 'model' | 'cpuXml' | 'largePageKiB' | 'numaNodes' | 'disks'
>;

/** Asks the host. Nothing is kept: what a plan is made from is of this moment. */
export async function readMachineFacts(
  session: HostSession,
  dom: DomainRef,
  options: CallOptions,
): Promise<MachineFacts> {
  const { remote } = session.client;
  const [wire, { xml }, { xml: whole }] = await Promise.all([
    remote.domainGetState({ dom, flags: 0 }, options),
    remote.domainGetXmlDesc({ dom, flags: XML.VIR_DOMAIN_XML_MIGRATABLE }, options),
    remote.domainGetXmlDesc({ dom, flags: 0 }, options),
  ]);
  const { state, reason } = stateFromWire(wire.state, wire.reason);
  const model = withBacking(readDomain(xml), readDomain(whole));
  const definition = parseXml(xml);
  const [disks, blockJobs] = await Promise.all([
    readDisks(session, { dom, model, encrypted: encryptedDisks(definition) }, options),
    state === 'shutoff' ? [] : readBlockJobs(session, dom, model, options),
  ]);
  return { state, reason, blockJobs, model, cpuXml: cpuXmlOf(definition), ...placeOf(definition), disks };
}

/** The same of its host, and what that keeps beside it. `machine`: what is being asked of the machine at this time. */
export async function readSourceFacts(
  session: HostSession,
  dom: DomainRef,
  machine: Promise<MachineFacts>,
  options: CallOptions,
): Promise<SourceFacts> {
  const { client } = session;
  const { remote } = client;
  const [of, host, persistent, autostart, saved, snapshots, checkpoints, pools] = await Promise.all([
    machine,
    readHostFacts(session, options),
    remote.domainIsPersistent({ dom }, options),
    orElse(remote.domainGetAutostart({ dom }, options), { autostart: 0 }),
    orElse(remote.domainHasManagedSaveImage({ dom, flags: 0 }, options), { result: 0 }),
    orElse(remote.domainSnapshotNum({ dom, flags: 0 }, options), { num: 0 }),
    orElse(remote.domainListAllCheckpoints({ dom, needResults: 0, flags: 0 }, options), { ret: 0 }),
    readPools(client, session.id, options),
  ]);
  const { capabilities: _, ...facts } = host;
  return {
    ...facts,
    ...of,
    uuidOfMachine: uuidToString(dom.uuid),
    persistent: persistent.persistent !== 0,
    autostart: autostart.autostart !== 0,
    saved: saved.result !== 0,
    snapshots: snapshots.num,
    checkpoints: checkpoints.ret,
    pools,
  };
}

/** What disks lie on is not in the XML that a migration is made of. */
function withBacking(model: DomainModel, whole: DomainModel): DomainModel {
  const backing = new Map(whole.disks.map((disk) => [disk.target, disk.backing]));
  return {
    ...model,
    disks: model.disks.map((disk) => ({ ...disk, backing: backing.get(disk.target) ?? [] })),
  };
}

function cpuXmlOf({ root, text }: XmlDocument): string | null {
  const cpu = root.find('cpu');
  return cpu === null ? null : text.slice(cpu.start, cpu.end);
}

/** libvirt's default where the definition names no size. */
const LARGE_PAGE_KIB = 2048;
const UNITS: Readonly<Record<string, number>> = { KiB: 1, MiB: 1024, GiB: 1024 ** 2, M: 1024, G: 1024 ** 2 };

/** How its memory lies on its host. */
export function placeOf({ root }: XmlDocument): Pick<SourceFacts, 'largePageKiB' | 'numaNodes'> {
  const pages = root.find('memoryBacking/hugepages');
  const page = pages?.find('page') ?? null;
  const unit = UNITS[page?.attribute('unit') ?? 'KiB'] ?? 1;
  const size = Number(page?.attribute('size') ?? LARGE_PAGE_KIB);
  const bound = [...root.findAll('numatune/memory'), ...root.findAll('numatune/memnode')];
  const nodes = bound.flatMap((element) => nodesOf(element.attribute('nodeset') ?? ''));
  return {
    largePageKiB: pages === null ? null : page === null ? size : size * unit,
    numaNodes: [...new Set(nodes)].toSorted((a, b) => a - b),
  };
}

/** The first and last of each range of `0-1,3,^2`: what is taken out of one has no range of its own. */
function nodesOf(nodeset: string): number[] {
  return nodeset
    .split(',')
    .filter((part) => !part.startsWith('^'))
    .flatMap((part) => part.split('-'))
    .filter((part) => /^\d{1,4}$/.test(part))
    .map(Number);
}

/** Targets of the disks that a secret of libvirt opens. */
export function encryptedDisks({ root }: XmlDocument): Set<string> {
  const disks = root.findAll('devices/disk');
  const found = disks.filter(
    (disk) => disk.find('encryption') !== null || disk.find('source/encryption') !== null,
  );
  return new Set(found.map((disk) => disk.attributeAt('target', 'dev') ?? ''));
}

async function readDisks(
  { client }: HostSession,
  {
    dom,
    model,
    encrypted,
  }: { readonly dom: DomainRef; readonly model: DomainModel; readonly encrypted: ReadonlySet<string> },
  options: CallOptions,
): Promise<SourceDisk[]> {
  const named = await new VolumeReader(client, options).namedPaths(model);
  return Promise.all(
    model.disks.map(async (disk): Promise<SourceDisk> => {
      const [byName] = namedVolumes({ ...model, disks: [disk] });
      const path =
        disk.source?.path ?? (byName === undefined ? null : (named.get(volumeName(byName)) ?? null));
      const wanted = disk.device === 'disk' && disk.source !== null;
      const info = wanted
        ? await orElse(client.remote.domainGetBlockInfo({ dom, path: disk.target, flags: 0 }, options), null)
        : null;
      const isEncrypted = encrypted.has(disk.target);
      return {
        model: disk,
        path,
        encrypted: isEncrypted,
        capacityBytes: info === null ? null : Number(info.capacity),
      };
    }),
  );
}

async function readBlockJobs(
  { client }: HostSession,
  dom: DomainRef,
  { disks }: DomainModel,
  options: CallOptions,
): Promise<string[]> {
  const found = await Promise.all(
    disks.map(async ({ target }) => {
      const job = client.remote.domainGetBlockJobInfo({ dom, path: target, flags: 0 }, options);
      return (await orElse(job, { found: 0 })).found === 0 ? [] : [target];
    }),
  );
  return found.flat();
}
