import type { XmlElement } from '../../xml/index.ts';

/**
 * What Virtlane writes into a machine's own definition (`<metadata>`), so that every Virtlane sees it. libvirt keeps one element for each
 * namespace, and leaves it alone when the rest of the definition is edited.
 */
export const OWN_METADATA = {
  /** `<virtlane:template/>`: the machine is kept as a template. */
  template: 'urn:virtlane:template',
  /** `<virtlane:balancer>` with the machines that it stands in front of. */
  balancer: 'urn:virtlane:balancer',
  /** `<virtlane:tags>`: words with spaces between. */
  tags: 'urn:virtlane:tags',
  /** `<virtlane:twin host="…"/>`, of a running copy alone: the machine ran on that host, too, and this copy is the older. */
  twin: 'urn:virtlane:twin',
} as const;
export type OwnMetadata = keyof typeof OWN_METADATA;

/** The prefix under which libvirt writes them. */
export const OWN_PREFIX = 'virtlane';

/** Virtlane's element of one kind in a domain's XML; null: it has none. */
export function ownMetadata(domain: XmlElement, kind: OwnMetadata): XmlElement | null {
  return domain.find('metadata')?.findInNamespace(OWN_METADATA[kind], kind) ?? null;
}
