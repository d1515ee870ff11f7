import { virDomainXMLFlags } from '../../../drivers/libvirt/constants/domain-flags.ts';
import { readDomain, type DomainModel } from '../../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../hosts/failures.ts';
import type { HostSession } from '../../hosts/session.ts';
import { without } from '../../storage/read.ts';
import { readFileUsers } from '../../storage/users.ts';
import { ejectMedium } from '../eject.ts';
import { isCdMadeFor, isMadeCd } from './names.ts';

/** The CD of a machine's first boot, or of its installer. */
export interface Seed {
  readonly target: string;
  readonly path: string;
}

/** The CD that was made for the machine's first boot and is still in a drive; null: there is none. By its name, as nothing else tells. */
export function seedOf({ disks }: DomainModel): Seed | null {
  for (const { device, target, source } of disks) {
    const path = source?.path ?? null;
    if (device === 'cdrom' && path !== null && isMadeCd(path)) return { target, path };
  }
  return null;
}

/** What became of the CD's file. */
export interface RemovedSeed {
  /** Names of those that need it too, for whom it is kept. */
  readonly usedBy: string[];
  /** Else it is kept: for others, as it is in no pool or not named as this machine's, or as it cannot be seen whether something needs it. */
  readonly deleted: boolean;
}

/**
 * Takes the CD out of its drive, now and for later starts, and deletes it where it was made for this machine and nobody else needs it.
 * @param twins the same machine on other hosts, which may see the same storage
 * @throws FailureError NOT_FOUND when there is none; LibvirtError as where the guest holds the drive shut
 */
export async function removeSeed(
  { session, dom, twins }: { session: Pick<HostSession, 'client'>; dom: DomainRef; twins: readonly string[] },
  options: CallOptions,
): Promise<RemovedSeed> {
  const { client } = session;
  const xmlOf = (flags: number): Promise<string> =>
    client.remote.domainGetXmlDesc({ dom, flags }, options).then(({ xml }) => xml);
  const [live, next] = await Promise.all([xmlOf(0), xmlOf(virDomainXMLFlags.VIR_DOMAIN_XML_INACTIVE)]);
  const seed = seedOf(readDomain(live)) ?? seedOf(readDomain(next));
  if (seed === null)
    throw new FailureError({
      code: 'NOT_FOUND',
      message: 'The CD of its first boot is not in a drive any more.',
    });
  const { path } = seed;
  const isActive = readDomain(live).id !== null;
  const source = { path, pool: null, volume: null };
  await ejectMedium(client, { dom, source, live: isActive ? live : null, next }, options);
  const { users, breaks, unseen } = await readFileUsers(client, new Set([path]), options);
  const own = uuidToString(dom.uuid);
  const others = (users.get(path) ?? []).filter(({ uuid }) => uuid !== own).map(({ name }) => name);
  const usedBy = [...new Set([...others, ...breaks, ...twins])].toSorted();
  const isOurs = isCdMadeFor(dom.name, path) && unseen.length === 0;
  if (usedBy.length > 0 || !isOurs) return { usedBy, deleted: false };
  const found = await client.remote
    .storageVolLookupByPath({ path }, options)
    .catch(without(['VIR_ERR_NO_STORAGE_VOL']));
  if (found !== null) await client.remote.storageVolDelete({ vol: found.vol, flags: 0 }, options);
  return { usedBy, deleted: found !== null };
}
