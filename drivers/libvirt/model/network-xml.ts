import { writeNewElement, type NewElement } from '../../xml/index.ts';
import {
  bandwidthElements,
  dnsHostElement,
  forwardElement,
  forwarderElement,
  ipElement,
  portGroupElement,
  routeElement,
  vlanElement,
} from './network-elements.ts';
import type { NetworkModel } from './network-types.ts';

const LAYOUT = { newline: '\n', indent: '', step: '  ' } as const;

/**
 * The definition of a network as virNetworkDefineXML takes it. What is null is left to libvirt.
 * @throws {XmlError} for a character that XML cannot hold
 */
export function buildNetworkXml(network: NetworkModel, uuid: string | null): string {
  const forward = forwardElement(network);
  const children: NewElement[] = [
    { name: 'name', text: network.name },
    ...(uuid === null ? [] : [{ name: 'uuid', text: uuid }]),
    ...(forward === null ? [] : [forward]),
    ...bridgeElements(network),
    ...(network.mtu === null ? [] : [{ name: 'mtu', attributes: { size: String(network.mtu) } }]),
    ...(network.virtualPort === null
      ? []
      : [{ name: 'virtualport', attributes: { type: network.virtualPort } }]),
    ...(network.vlan === null ? [] : [vlanElement(network.vlan)]),
    ...network.portGroups.map(portGroupElement),
    ...(network.domain === null ? [] : [{ name: 'domain', attributes: { name: network.domain } }]),
    ...dnsElements(network),
    ...bandwidthElements(network),
    ...network.ips.map(ipElement),
    ...network.routes.map(routeElement),
  ];
  return `${fragmentXml({ name: 'network', children })}\n`;
}

/** One element as text, as virNetworkUpdate takes it. */
export function fragmentXml(element: NewElement): string {
  return writeNewElement(element, LAYOUT);
}

function bridgeElements({ bridge, stp }: NetworkModel): NewElement[] {
  if (bridge === null && stp === null) return [];
  const attributes = {
    ...(bridge === null ? {} : { name: bridge }),
    ...(stp === null ? {} : { stp: stp ? 'on' : 'off' }),
  };
  return [{ name: 'bridge', attributes }];
}

function dnsElements({ dnsEnabled, dnsForwarders, dnsHosts }: NetworkModel): NewElement[] {
  const children = [...dnsForwarders.map(forwarderElement), ...dnsHosts.map(dnsHostElement)];
  if (dnsEnabled === null && children.length === 0) return [];
  return [
    {
      name: 'dns',
      attributes: dnsEnabled === null ? {} : { enable: dnsEnabled ? 'yes' : 'no' },
      children,
    },
  ];
}
