import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virDomainXMLFlags } from '../../../drivers/libvirt/constants/domain-flags.ts';
import { readDomain, type DomainModel } from '../../../drivers/libvirt/model/domain.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import type { Domain } from '../../contract/domain.ts';
import { inPool } from '../../inventory/pool.ts';
import { isActive } from '../../inventory/states.ts';
import { diskPaths, type DeletionFacts, type KnownVolume } from './plan.ts';
import { orElse, VolumeReader } from './volumes.ts';

/** Other machines that are looked at at one time. */
const IN_FLIGHT = 4;

export interface DeletionSubject {
  client: LibvirtClient;
  domain: Domain;
  dom: DomainRef;
  /** The other machines of the host. */
  others: readonly { name: string; dom: DomainRef }[];
}

/** Everything that a plan to delete a machine needs to know. It looks at every machine of the host, and is asked for rarely. */
export async function readDeletionFacts(
  subject: DeletionSubject,
  options: CallOptions,
): Promise<DeletionFacts> {
  const { client, domain, dom } = subject;
  const { remote } = client;
  const [model, managedSave, snapshots, checkpoints] = await Promise.all([
    readModel(client, dom, { flags: 0, options }),
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
  const reader = new VolumeReader(client, options);
  const chains = new Map<string, string[]>();
  const volumes = new Map<string, KnownVolume>();
  for (const top of diskPaths(model)) {
    chains.set(top, await reader.chain(top));
    for (const path of chains.get(top) ?? []) {
      const looked = await reader.look(path);
      if (looked !== null) volumes.set(path, looked.known);
    }
  }
  const paths = new Set([...chains.values()].flat());
  const usedBy = await findUsers(subject, { paths, reader, options });
  const running = isActive(domain.state);
  return { model, running, managedSave, snapshots, checkpoints, volumes, usedBy, chains };
}

async function readModel(
  client: LibvirtClient,
  dom: DomainRef,
  { flags, options }: { flags: number; options: CallOptions },
): Promise<DomainModel> {
  return readDomain((await client.remote.domainGetXmlDesc({ dom, flags }, options)).xml);
}

/**
 * Other machines of the host that need one of the paths: by their live XML or definition, or by a file that is made on top of it. A
 * machine that cannot be looked at fails the whole: a file that it may need is not to be offered.
 */
async function findUsers(
  { client, others }: DeletionSubject,
  { paths, reader, options }: { paths: ReadonlySet<string>; reader: VolumeReader; options: CallOptions },
): Promise<Map<string, string[]>> {
  const users = new Map<string, string[]>();
  if (paths.size === 0) return users;
  await inPool(others, IN_FLIGHT, async ({ name, dom }) => {
    // Both for every machine: one that was off a moment ago may run by now.
    const flags = [0, virDomainXMLFlags.VIR_DOMAIN_XML_INACTIVE];
    const models = await Promise.all(
      flags.map((flag) => readModel(client, dom, { flags: flag, options }).catch(noLonger)),
    );
    const tops = new Set<string>();
    for (const model of models) {
      if (model === null) continue;
      for (const path of diskPaths(model)) tops.add(path);
      for (const path of await reader.volumeDisks(model)) tops.add(path);
    }
    const used = new Set<string>();
    for (const top of tops) for (const path of await reader.chain(top)) used.add(path);
    for (const path of paths) if (used.has(path)) users.set(path, [...(users.get(path) ?? []), name]);
  });
  return users;
}

/** A machine that has gone since, or has no definition beside what runs. */
function noLonger(error: unknown): null {
  const codes = ['VIR_ERR_NO_DOMAIN', 'VIR_ERR_OPERATION_INVALID'];
  if (error instanceof LibvirtError && codes.includes(error.code)) return null;
  throw error;
}
