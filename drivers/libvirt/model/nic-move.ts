import { parseXml, XmlError } from '../../xml/index.ts';

/** A running machine's card as its live XML has it. @throws {XmlError} where there is no such card */
export function cardXml(domainXml: string, mac: string): string {
  const card = parseXml(domainXml)
    .root.findAll('devices/interface')
    .find((nic) => nic.attributeAt('mac', 'address')?.toLowerCase() === mac.toLowerCase());
  if (card === undefined) throw new XmlError(`There is no card ${mac}.`);
  return domainXml.slice(card.start, card.end);
}

/**
 * The card for virDomainUpdateDeviceFlags, as one that is plugged in anew: without what libvirt noted of the port that it had. With
 * `network`: on that network, its link down.
 */
export function movedCard(xml: string, network: string | null): string {
  const document = parseXml(xml);
  const { root } = document;
  const source = root.find('source');
  if (source === null) throw new XmlError('The card has no source.');
  // Older versions show the kind that the network came to (virDomainNetDefFormat).
  document.setAttribute(root, 'type', 'network');
  for (const noted of ['portid', 'bridge']) document.removeAttribute(source, noted);
  if (network === null) return document.toString();
  document.removeAttribute(source, 'portgroup');
  document.setAttribute(source, 'network', network);
  const link = root.find('link');
  if (link === null) document.append(root, { name: 'link', attributes: { state: 'down' } });
  else document.setAttribute(link, 'state', 'down');
  return document.toString();
}
