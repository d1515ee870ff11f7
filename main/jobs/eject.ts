import {
  virDomainModificationImpact as AFFECT,
  virDomainXMLFlags as XML,
} from '../../drivers/libvirt/constants/domain-flags.ts';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { readDomain } from '../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import { parseXml, type XmlElement } from '../../drivers/xml/index.ts';
import { FailureError } from '../hosts/failures.ts';
import type { FileSource } from '../storage/machine-files.ts';

/**
 * Takes a medium out of its drive: of the machine that runs (`live`; null: it does not), and of its definition (`next`; null: it has
 * none). The guest may hold the drive shut: then nothing is changed.
 */
export async function ejectMedium(
  client: LibvirtClient,
  medium: {
    readonly dom: DomainRef;
    readonly source: FileSource;
    readonly live: string | null;
    readonly next: string | null;
  },
  options: CallOptions,
): Promise<void> {
  const { dom, source, live, next } = medium;
  const eject = async (definition: string | null, flags: number): Promise<void> => {
    const xml = definition === null ? null : emptiedDrive(definition, source);
    if (xml !== null) await client.remote.domainUpdateDeviceFlags({ dom, xml, flags }, options);
  };
  await eject(live, AFFECT.VIR_DOMAIN_AFFECT_LIVE);
  await eject(next, AFFECT.VIR_DOMAIN_AFFECT_CONFIG);
}

/**
 * Takes what is in a drive out of it, now and for later starts.
 * @throws FailureError NOT_FOUND when there is no such drive, or nothing in it; LibvirtError as where the guest holds it shut
 */
export async function ejectDrive(
  client: LibvirtClient,
  { dom, target }: { dom: DomainRef; target: string },
  options: CallOptions,
): Promise<void> {
  const { remote } = client;
  const xmlOf = async (flags: number): Promise<string> =>
    (await remote.domainGetXmlDesc({ dom, flags }, options)).xml;
  const { persistent } = await remote.domainIsPersistent({ dom }, options);
  const now = await xmlOf(0);
  const next = persistent === 0 ? null : await xmlOf(XML.VIR_DOMAIN_XML_INACTIVE);
  const model = readDomain(now);
  const drive = model.disks.find(
    (disk) => disk.target === target && (disk.device === 'cdrom' || disk.device === 'floppy'),
  );
  const source = drive?.source ?? null;
  if (source === null || (source.path === null && source.volume === null))
    throw new FailureError({ code: 'NOT_FOUND', message: `Nothing is in the drive ${target}.` });
  await ejectMedium(client, { dom, source, live: model.id === null ? null : now, next }, options);
}

/** The drive that has the medium, without it; null: none has. */
function emptiedDrive(xml: string, { path, pool, volume }: FileSource): string | null {
  const document = parseXml(xml);
  const holds = (disk: XmlElement): boolean => {
    const of = (name: string): string | null => disk.attributeAt('source', name);
    if (path !== null) return of('file') === path || of('dev') === path;
    return volume !== null && of('pool') === pool && of('volume') === volume;
  };
  const index = document.root.findAll('devices/disk').findIndex(holds);
  const drive = document.root.findAll('devices/disk')[index];
  if (drive === undefined) return null;
  for (const child of drive.children)
    if (child.name === 'source' || child.name === 'backingStore') document.remove(child);
  const text = document.toString();
  const emptied = parseXml(text).root.findAll('devices/disk')[index];
  return emptied === undefined ? null : text.slice(emptied.start, emptied.end);
}
