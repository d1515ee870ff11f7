import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virDomainXMLFlags } from '../../../drivers/libvirt/constants/domain-flags.ts';
import { readDomain, type DomainModel } from '../../../drivers/libvirt/model/domain.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import { poolAbilities } from '../../contract/pool-abilities.ts';
import { visitOtherDrivers } from '../../hosts/other-drivers.ts';
import { inPool } from '../../inventory/pool.ts';
import { Unseen } from '../../storage/unseen.ts';
import { installerFiles } from '../create/names.ts';
import { findOverlays, type OverlaySearch } from './overlays.ts';
import { diskPaths, type DeletionFacts, type KnownVolume } from './plan.ts';
import { followLinks, usesOf } from './uses.ts';
import { orElse, VolumeReader } from './volumes.ts';

/** Other machines that are looked at at one time. */
const IN_FLIGHT = 4;

export interface DeletionSubject {
  client: LibvirtClient;
  dom: DomainRef;
}

/** A machine and what it has now and at its next start. */
export interface HostMachine {
  dom: DomainRef;
  /** As it runs and as it will start. */
  models: readonly DomainModel[];
  /** Of another of libvirt's drivers on the host: calls of this one do not know it. */
  foreign?: boolean;
}

/**
 * Everything that a plan to delete a machine needs to know, asked of the host now: what is kept of its machines may be behind by a
 * definition of this moment, and what its pools know by files that were made without them. It looks at every machine of the host, and
 * is asked for rarely.
 */
export async function readDeletionFacts(
  subject: DeletionSubject,
  options: CallOptions,
): Promise<Omit<DeletionFacts, 'namesakes'>> {
  const { client, dom } = subject;
  const { remote } = client;
  const unseen = new Unseen();
  const [model, running, managedSave, snapshots, checkpoints, others] = await Promise.all([
    readModel(client, dom, { flags: 0, options }),
    remote.domainIsActive({ dom }, options).then(({ active }) => active !== 0),
    orElse(
      remote.domainHasManagedSaveImage({ dom, flags: 0 }, options).then(({ result }) => result !== 0),
      false,
    ),
    orElse(
      remote.domainSnapshotNum({ dom, flags: 0 }, options).then(({ num }) => num),
      0,
    ),
    orElse(
      remote.domainListAllCheckpoints({ dom, needResults: 0, flags: 0 }, options).then(({ ret }) => ret),
      0,
    ),
    readAllMachines(client, unseen, { ...options, except: uuidToString(dom.uuid) }),
  ]);
  const reader = new VolumeReader(client, options);
  await reader.refreshPools(diskPaths(model), unseen);
  const named = await reader.namedPaths(model);
  const chains = new Map<string, string[]>();
  const volumes = new Map<string, KnownVolume>();
  const installer = await findInstaller(model, reader);
  for (const top of new Set([...diskPaths(model), ...named.values(), ...installer.keys()])) {
    chains.set(top, await reader.chain(top));
    for (const path of chains.get(top) ?? []) {
      const looked = await reader.look(path);
      if (looked !== null) volumes.set(path, looked.known);
    }
  }
  const paths = new Set([...chains.values()].flat());
  const search: OverlaySearch = { client, paths, reader, unseen, options };
  await followLinks(others, search);
  // Before the machines' chains: it asks at once where all that lies under a volume leads.
  const overlays = await findOverlays(search);
  const usedBy = await findUsers(others, search);
  // Where machines are named, they are those of the volumes that lie on it.
  for (const [path, on] of overlays) if (!usedBy.has(path)) usedBy.set(path, on);
  const host = { volumes, usedBy, unseen: unseen.sentences(), chains, named, installer };
  return { model, running, managedSave, snapshots, checkpoints, ...host };
}

/** What booted the machine's installer, in whatever pool: once it is off nothing but the names tells of it. */
async function findInstaller(
  { name, virtType }: DomainModel,
  reader: VolumeReader,
): Promise<DeletionFacts['installer']> {
  const found = new Map<string, 'kernel' | 'initrd'>();
  if (virtType === 'lxc') return found;
  const files = installerFiles(name);
  for (const { active, type, folder } of await reader.pools()) {
    if (!active || folder === null || !poolAbilities(type).files) continue;
    for (const which of ['kernel', 'initrd'] as const) {
      const path = `${folder}/${files[which]}`;
      if ((await reader.look(path)) !== null) found.set(path, which);
    }
  }
  return found;
}

async function readModel(
  client: LibvirtClient,
  dom: DomainRef,
  { flags, options }: { flags: number; options: CallOptions },
): Promise<DomainModel> {
  return readDomain((await client.remote.domainGetXmlDesc({ dom, flags }, options)).xml);
}

/**
 * All machines of the host but the one with the UUID `except`. One that cannot be read fails the whole: a file that it may need is not to
 * be offered.
 */
export async function readMachines(
  client: LibvirtClient,
  options: CallOptions,
  except: string | null = null,
): Promise<HostMachine[]> {
  const { domains } = await client.remote.connectListAllDomains({ needResults: 1, flags: 0 }, options);
  const found: HostMachine[] = [];
  const wanted = domains.filter((dom) => uuidToString(dom.uuid) !== except);
  await inPool(wanted, IN_FLIGHT, async (dom) => {
    found.push({ dom, models: await readModels(client, dom, options) });
  });
  return found;
}

/**
 * All machines that lie in the host's pools, but one of the client's own driver: also those of libvirt's other drivers there, as containers
 * beside virtual machines. A driver that cannot be asked is noted as unseen.
 */
export async function readAllMachines(
  client: LibvirtClient,
  unseen: Unseen,
  { except = null, ...options }: CallOptions & { readonly except?: string | null },
): Promise<HostMachine[]> {
  const foreign: HostMachine[] = [];
  const visit = async (other: LibvirtClient): Promise<void> => {
    for (const machine of await readMachines(other, options)) foreign.push({ ...machine, foreign: true });
  };
  const [own, silent] = await Promise.all([
    readMachines(client, options, except),
    visitOtherDrivers(client, visit, options),
  ]);
  for (const driver of silent) unseen.driver(driver);
  return [...own, ...foreign];
}

/** A machine as it runs and as it will start; empty when it is gone. */
export async function readModels(
  client: LibvirtClient,
  dom: DomainRef,
  options: CallOptions,
): Promise<DomainModel[]> {
  // Both for every machine: one that was off a moment ago may run by now.
  const flags = [0, virDomainXMLFlags.VIR_DOMAIN_XML_INACTIVE];
  const models = await Promise.all(
    flags.map((flag) => readModel(client, dom, { flags: flag, options }).catch(noLonger)),
  );
  return models.filter((model) => model !== null);
}

/** Names of the machines that need one of the paths, themselves or by a file that is made on top of it. */
async function findUsers(
  others: readonly HostMachine[],
  search: OverlaySearch,
): Promise<Map<string, string[]>> {
  const users = new Map<string, string[]>();
  if (search.paths.size === 0) return users;
  await inPool(others, IN_FLIGHT, async (other) => {
    const used = new Set((await usesOf(other, search)).map(({ path }) => path));
    for (const path of used) users.set(path, [...(users.get(path) ?? []), other.dom.name]);
  });
  return users;
}

/** A machine that has gone since, or has no definition beside what runs. */
function noLonger(error: unknown): null {
  const codes = ['VIR_ERR_NO_DOMAIN', 'VIR_ERR_OPERATION_INVALID'];
  if (error instanceof LibvirtError && codes.includes(error.code)) return null;
  throw error;
}
