import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virDomainXMLFlags } from '../../../drivers/libvirt/constants/domain-flags.ts';
import { readDomain, type DomainModel } from '../../../drivers/libvirt/model/domain.ts';
import { readVolume } from '../../../drivers/libvirt/model/storage.ts';
import type { DomainRef, StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import { isActive } from '../../inventory/states.ts';
import type { Domain } from '../../contract/domain.ts';
import { inPool } from '../../inventory/pool.ts';
import { diskPaths, type DeletionFacts, type KnownVolume } from './plan.ts';

/** XMLs of other machines that are read at one time. */
const IN_FLIGHT = 4;

export interface DeletionSubject {
  client: LibvirtClient;
  domain: Domain;
  dom: DomainRef;
  /** The other machines of the host. */
  others: readonly { name: string; dom: DomainRef }[];
}

/** Everything that a plan to delete a machine needs to know. Volumes are looked at one by one: it is asked for rarely. */
export async function readDeletionFacts(
  subject: DeletionSubject,
  options: CallOptions,
): Promise<DeletionFacts> {
  const { client, domain, dom } = subject;
  const { remote } = client;
  const [model, managedSave, snapshots, checkpoints] = await Promise.all([
    readModel(client, dom, options),
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
  ]);
  const volumes = new Map<string, KnownVolume>();
  const backing = new Map<string, string>();
  await inPool(diskPaths(model), IN_FLIGHT, async (path) => {
    const found = await lookUpVolume(client, path, options);
    if (found === null) return;
    volumes.set(path, found.known);
    if (found.backing !== null) backing.set(path, found.backing);
  });
  const paths = [...new Set([...diskPaths(model), ...backing.values()])];
  const usedBy = await findUsers(subject, paths, options);
  const running = isActive(domain.state);
  return { model, running, managedSave, snapshots, checkpoints, volumes, usedBy, backing };
}

/** The running machine's XML knows its backing chains; both name its disks. */
async function readModel(client: LibvirtClient, dom: DomainRef, options: CallOptions): Promise<DomainModel> {
  return readDomain((await client.remote.domainGetXmlDesc({ dom, flags: 0 }, options)).xml);
}

/** The volume of a path, or null when no active pool has it. */
export async function volumeByPath(
  client: LibvirtClient,
  path: string,
  options: CallOptions,
): Promise<StorageVolRef | null> {
  return orElse(
    client.remote.storageVolLookupByPath({ path }, options).then(({ vol }) => vol),
    null,
  );
}

async function lookUpVolume(
  client: LibvirtClient,
  path: string,
  options: CallOptions,
): Promise<{ known: KnownVolume; backing: string | null } | null> {
  const vol = await volumeByPath(client, path, options);
  if (vol === null) return null;
  const xml = await orElse(
    client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, options).then((reply) => reply.xml),
    null,
  );
  if (xml === null) return null;
  const { capacityBytes, allocationBytes, backingPath } = readVolume(xml);
  const known = { pool: vol.pool, capacityBytes: capacityBytes ?? 0, allocationBytes: allocationBytes ?? 0 };
  return { known, backing: backingPath };
}

/** Other machines of the host that name one of the paths in their live XML or definition. */
async function findUsers(
  subject: DeletionSubject,
  paths: readonly string[],
  options: CallOptions,
): Promise<Map<string, string[]>> {
  const users = new Map<string, string[]>();
  if (paths.length === 0) return users;
  const { remote } = subject.client;
  await inPool(subject.others, IN_FLIGHT, async ({ name, dom }) => {
    const flags = dom.id >= 0 ? [0, virDomainXMLFlags.VIR_DOMAIN_XML_INACTIVE] : [0];
    const xmls = await Promise.all(
      flags.map((flag) => orElse(remote.domainGetXmlDesc({ dom, flags: flag }, options), null)),
    );
    const used = new Set(xmls.flatMap((reply) => (reply === null ? [] : diskPaths(readDomain(reply.xml)))));
    for (const path of paths) if (used.has(path)) users.set(path, [...(users.get(path) ?? []), name]);
  });
  return users;
}

/** The value, or what stands for it when libvirt refuses: a driver without snapshots, a machine that has gone. */
async function orElse<T, E>(call: Promise<T>, otherwise: E): Promise<T | E> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof LibvirtError) return otherwise;
    throw error;
  }
}
