import {
  virDomainMetadataType as kinds,
  virDomainModificationImpact as affect,
} from '../../libvirt/constants/index.ts';
import { readDomain } from '../../libvirt/model/index.ts';
import { parseXml } from '../../xml/index.ts';
import { metadataElement, withMetadataElement } from '../descriptions/metadata.ts';
import { failure } from '../failures.ts';
import type { Handlers } from './table.ts';

/** Title, description, and what programs keep in a machine's definition. */
export const domainMetadataHandlers: Handlers = {
  domainGetMetadata: ({ dom, type, uri }, { host }) => {
    const value = valueOf(host.machine(dom).definition, type, uri);
    if (value !== null) return { metadata: value };
    throw failure(
      'VIR_ERR_NO_DOMAIN_METADATA',
      'Requested metadata element is not present',
      'VIR_FROM_DOMAIN',
    );
  },
  domainSetMetadata: ({ dom, type, metadata, key, uri, flags }, { host }) => {
    const machine = host.machine(dom);
    if ((flags & affect.VIR_DOMAIN_AFFECT_LIVE) !== 0) machine.requireActive();
    machine.describe((definition) => withValue(definition, { type, text: metadata, key, uri }));
    host.emit({ type: 'metadataChange', dom: machine.ref, metadata: type, uri });
  },
};

function valueOf(definition: string, type: number, uri: string | null): string | null {
  switch (type) {
    case kinds.VIR_DOMAIN_METADATA_TITLE:
      return readDomain(definition).title;
    case kinds.VIR_DOMAIN_METADATA_DESCRIPTION:
      return readDomain(definition).description;
    case kinds.VIR_DOMAIN_METADATA_ELEMENT:
      return uri === null ? null : metadataElement(definition, uri);
    default:
      throw unknownType(type);
  }
}

interface Value {
  readonly type: number;
  readonly text: string | null;
  readonly key: string | null;
  readonly uri: string | null;
}

function withValue(definition: string, { type, text, key, uri }: Value): string {
  if (type === kinds.VIR_DOMAIN_METADATA_ELEMENT)
    return withMetadataElement(definition, { uri: uri ?? '', key: key ?? 'ns', xml: text });
  if (type !== kinds.VIR_DOMAIN_METADATA_TITLE && type !== kinds.VIR_DOMAIN_METADATA_DESCRIPTION)
    throw unknownType(type);
  const name = type === kinds.VIR_DOMAIN_METADATA_TITLE ? 'title' : 'description';
  const document = parseXml(definition);
  const { root } = document;
  const before = root.find(name);
  if (before !== null) document.remove(before);
  if (text !== null && text !== '')
    document.insertAfter(root.find('uuid') ?? root.children[0] ?? root, { name, text });
  return document.toString();
}

function unknownType(type: number): Error {
  return failure('VIR_ERR_INVALID_ARG', `unknown metadata type '${type}'`, 'VIR_FROM_DOMAIN');
}
