import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { parseXml, writeNewElement } from '../../../drivers/xml/index.ts';
import { readOwnMetadata, writeOwnMetadata } from '../../inventory/own-metadata.ts';

const MAX_NAME = 200;

/**
 * Marks what runs, or is paused, here as the older of two copies: it ran on `host`, by name, too. The mark is in no definition, so that it ends with
 * this copy.
 * @throws LibvirtError, LinkError
 */
export async function markTwin(client: LibvirtClient, dom: DomainRef, host: string): Promise<void> {
  const xml = writeNewElement({ name: 'twin', attributes: { host } }, { newline: '', indent: '', step: '' });
  await writeOwnMetadata(client, { dom, kind: 'twin', xml, running: true, persistent: false });
}

/** The name of the host on which the machine ran, too; null: it has no such mark. */
export async function readTwin(client: LibvirtClient, dom: DomainRef): Promise<string | null> {
  const xml = await readOwnMetadata(client, { dom, kind: 'twin' });
  if (xml === null) return null;
  return parseXml(xml).root.attribute('host')?.slice(0, MAX_NAME) ?? 'another host';
}

/** What is resumed after its other host was asked is a machine like every other. @throws LibvirtError, LinkError */
export async function forgetTwin(client: LibvirtClient, dom: DomainRef): Promise<void> {
  if ((await readTwin(client, dom)) === null) return;
  await writeOwnMetadata(client, { dom, kind: 'twin', xml: null, running: true, persistent: false });
}
