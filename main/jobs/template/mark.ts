import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virDomainXMLFlags } from '../../../drivers/libvirt/constants/domain-flags.ts';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { FailureError } from '../../hosts/failures.ts';
import { writeOwnMetadata } from '../../inventory/own-metadata.ts';
import { readFileUsers } from '../../storage/users.ts';
import { diskPaths } from '../delete/plan.ts';
import { orElse, VolumeReader } from '../delete/volumes.ts';

/** A machine by libvirt's reference, on a host whose name is told in failures. */
export interface MarkedMachine {
  readonly client: LibvirtClient;
  readonly dom: DomainRef;
  readonly host: { readonly id: string; readonly name: string };
}

/**
 * Keeps a machine as a template, and from starting with its host. What it does, libvirt keeps in the machine's definition.
 * @throws FailureError CONFLICT while it runs or has a saved state; LibvirtError
 */
export async function keepAsTemplate({ client, dom, host }: MarkedMachine): Promise<void> {
  const { remote } = client;
  const refuse = (why: string): never => {
    throw new FailureError({ code: 'CONFLICT', message: `${dom.name} on ${host.name} ${why}`, host });
  };
  const [{ active }, saved, { persistent }] = await Promise.all([
    remote.domainIsActive({ dom }),
    orElse(
      remote.domainHasManagedSaveImage({ dom, flags: 0 }).then(({ result }) => result !== 0),
      false,
    ),
    remote.domainIsPersistent({ dom }),
  ]);
  if (persistent === 0) refuse('has no definition that is kept: it cannot be a template.');
  if (active !== 0) refuse('is not off: shut it down first. A template is never running.');
  if (saved) refuse('has a saved state: restore it and shut it down, or discard it, first.');
  await writeOwnMetadata(client, { dom, kind: 'template', xml: '<template/>', running: false });
  await remote.domainSetAutostart({ dom, autostart: 0 });
}

/**
 * Makes a template a machine again.
 * @param force although disks of others lie on its disks
 * @throws FailureError CONFLICT that names them
 */
export async function releaseTemplate(
  { client, dom, host }: MarkedMachine,
  { force, running }: { force: boolean; running: boolean },
): Promise<void> {
  const above = force ? [] : await whatLiesOn(client, dom);
  if (above.length > 0)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${above.join(', ')} on ${host.name} ${above.length === 1 ? 'lies' : 'lie'} on the disks of ${dom.name}, and would be damaged once ${dom.name} is started.`,
      host,
      unless: 'force',
    });
  await writeOwnMetadata(client, { dom, kind: 'template', xml: null, running });
}

/** Machines, and volumes of no machine, whose disks lie on those of a machine. */
async function whatLiesOn(client: LibvirtClient, dom: DomainRef): Promise<string[]> {
  const flags = virDomainXMLFlags.VIR_DOMAIN_XML_INACTIVE;
  const model = readDomain((await client.remote.domainGetXmlDesc({ dom, flags })).xml);
  const writable = model.disks.filter(({ readonly, device }) => !readonly && device !== 'cdrom');
  const own = { ...model, disks: writable };
  const named = await new VolumeReader(client, {}).namedPaths(own);
  const { users, breaks } = await readFileUsers(client, new Set([...diskPaths(own), ...named.values()]), {});
  const machines = [...users.values()]
    .flat()
    .filter(({ via, name }) => via === 'backing' && name !== dom.name);
  const names = new Set(machines.map(({ name }) => name));
  return names.size > 0 ? [...names].toSorted() : breaks.toSorted();
}
