import {
  virDomainModificationImpact as AFFECT,
  virDomainXMLFlags,
} from '../../../drivers/libvirt/constants/domain-flags.ts';
import { readDomain, type DomainModel } from '../../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import { parseXml, type XmlElement } from '../../../drivers/xml/index.ts';
import { FailureError } from '../../hosts/failures.ts';
import type { HostSession } from '../../hosts/session.ts';
import { without } from '../../storage/read.ts';
import { readMachines } from '../delete/read.ts';
import { ANSWERS_ENDING, SEED_ENDING } from './names.ts';

/** The CD of a machine's first boot, or of its installer. */
export interface Seed {
  readonly target: string;
  readonly path: string;
}

/** The CD that was made for the machine's first boot and is still in a drive; null: there is none. By its name, as nothing else tells. */
export function seedOf({ disks }: DomainModel): Seed | null {
  for (const { device, target, source } of disks) {
    const path = source?.path ?? null;
    if (
      device === 'cdrom' &&
      path !== null &&
      [SEED_ENDING, ANSWERS_ENDING].some((end) => path.endsWith(end))
    )
      return { target, path };
  }
  return null;
}

/**
 * Takes the CD out of its drive, now and for later starts, and deletes it.
 * @throws FailureError NOT_FOUND when there is none, CONFLICT when another machine has it too; LibvirtError as where the guest holds the drive shut
 */
export async function removeSeed(
  { session, dom, uuid }: { session: HostSession; dom: DomainRef; uuid: string },
  options: CallOptions,
): Promise<void> {
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
  for (const { dom: other, models } of await readMachines(client, options, uuid))
    if (models.some(({ disks }) => disks.some(({ source }) => source?.path === path)))
      throw new FailureError({
        code: 'CONFLICT',
        message: `${path} is in a drive of ${other.name} too: it is kept.`,
      });
  const isActive = readDomain(live).id !== null;
  const eject = async (xml: string, flags: number): Promise<void> => {
    const emptied = emptiedDrive(xml, path);
    if (emptied !== null) await client.remote.domainUpdateDeviceFlags({ dom, xml: emptied, flags }, options);
  };
  // The guest may hold the drive shut: then nothing is changed.
  if (isActive) await eject(live, AFFECT.VIR_DOMAIN_AFFECT_LIVE);
  await eject(next, AFFECT.VIR_DOMAIN_AFFECT_CONFIG);
  const found = await client.remote
    .storageVolLookupByPath({ path }, options)
    .catch(without(['VIR_ERR_NO_STORAGE_VOL']));
  if (found !== null) await client.remote.storageVolDelete({ vol: found.vol, flags: 0 }, options);
}

/** The drive that has the medium, without it; null: none has. */
function emptiedDrive(xml: string, path: string): string | null {
  const document = parseXml(xml);
  const holds = (disk: XmlElement): boolean =>
    disk.attributeAt('source', 'file') === path || disk.attributeAt('source', 'dev') === path;
  const index = document.root.findAll('devices/disk').findIndex(holds);
  const drive = document.root.findAll('devices/disk')[index];
  if (drive === undefined) return null;
  for (const child of drive.children)
    if (child.name === 'source' || child.name === 'backingStore') document.remove(child);
  const text = document.toString();
  const emptied = parseXml(text).root.findAll('devices/disk')[index];
  return emptied === undefined ? null : text.slice(emptied.start, emptied.end);
}
