import {
  virNetworkUpdateCommand as COMMAND,
  virNetworkUpdateSection as SECTION,
} from '../../libvirt/constants/index.ts';
import { parseXml, XmlError, type NewElement, type XmlElement } from '../../xml/index.ts';
import { failure } from '../failures.ts';

export interface NetworkUpdateRequest {
  command: number;
  section: number;
  parentIndex: number;
  xml: string;
}

interface Section {
  /** The path of the entries' parent, made where it is missing. */
  readonly parent: (root: XmlElement, index: number) => XmlElement | null;
  readonly wrapper: string | null;
  readonly element: string;
  /** Whether an entry is the one that a command means. */
  readonly matches: (entry: XmlElement, given: XmlElement) => boolean;
  readonly missing: (given: XmlElement, network: string) => string;
  readonly existing: (given: XmlElement, network: string) => string;
}

const attribute =
  (...names: string[]) =>
  (entry: XmlElement, given: XmlElement): boolean =>
    names.every((name) => (entry.attribute(name) ?? '') === (given.attribute(name) ?? ''));
const anyAttribute =
  (...names: string[]) =>
  (entry: XmlElement, given: XmlElement): boolean =>
    names.some((name) => given.attribute(name) !== null && entry.attribute(name) === given.attribute(name));

const ipAt = (root: XmlElement, index: number): XmlElement | null =>
  root.findAll('ip')[Math.max(0, index)] ?? null;

/** The sections that can be changed, with libvirt's words for what is not there or there already (network_conf.c). */
const SECTIONS: Readonly<Record<number, Section>> = {
  [SECTION.VIR_NETWORK_SECTION_IP_DHCP_HOST]: {
    parent: ipAt,
    wrapper: 'dhcp',
    element: 'host',
    matches: anyAttribute('mac', 'name', 'ip'),
    missing: (_, network) => `couldn't locate a matching dhcp host entry in network '${network}'`,
    existing: (host, network) => {
      const [mac, name, ip] = ['mac', 'name', 'ip'].map((key) => host.attribute(key) ?? '(null)');
      return `there is an existing dhcp host entry in network '${network}' that matches "<host mac='${mac}' name='${name}' ip='${ip}'/>"`;
    },
  },
  [SECTION.VIR_NETWORK_SECTION_IP_DHCP_RANGE]: {
    parent: ipAt,
    wrapper: 'dhcp',
    element: 'range',
    matches: attribute('start', 'end'),
    missing: (_, network) => `couldn't locate a matching dhcp range entry in network '${network}'`,
    existing: (range, network) =>
      `there is an existing dhcp range entry in network '${network}' that matches "<range start='${range.attribute('start') ?? ''}' end='${range.attribute('end') ?? ''}'/>"`,
  },
  [SECTION.VIR_NETWORK_SECTION_DNS_HOST]: {
    parent: (root) => root,
    wrapper: 'dns',
    element: 'host',
    matches: attribute('ip'),
    missing: (_, network) => `couldn't locate a matching DNS HOST record in network ${network}`,
    existing: (_, network) =>
      `there is already at least one DNS HOST record with a matching field in network ${network}`,
  },
  [SECTION.VIR_NETWORK_SECTION_FORWARD_INTERFACE]: {
    parent: (root) => root.find('forward'),
    wrapper: null,
    element: 'interface',
    matches: attribute('dev'),
    missing: (given, network) =>
      `couldn't find an interface entry in network '${network}' matching <interface dev='${given.attribute('dev') ?? ''}'>`,
    existing: (given, network) =>
      `there is an existing interface entry in network '${network}' that matches "<interface dev='${given.attribute('dev') ?? ''}'>"`,
  },
  [SECTION.VIR_NETWORK_SECTION_PORTGROUP]: {
    parent: (root) => root,
    wrapper: null,
    element: 'portgroup',
    matches: attribute('name'),
    missing: (given, network) =>
      `couldn't find a portgroup entry in network '${network}' matching <portgroup name='${given.attribute('name') ?? ''}'>`,
    existing: (given, network) =>
      `there is an existing portgroup entry in network '${network}' that matches "<portgroup name='${given.attribute('name') ?? ''}'>"`,
  },
};

/** virNetworkDefUpdateSection on the text of a definition. @throws {LibvirtError} */
export function updatedNetworkXml(xml: string, network: string, request: NetworkUpdateRequest): string {
  const section = SECTIONS[request.section];
  if (section === undefined)
    throw failure(
      'VIR_ERR_OPERATION_UNSUPPORTED',
      `can't update '${nameOf(request.section)}' section of network '${network}'`,
      'VIR_FROM_NETWORK',
    );
  const given = parsed(request.xml);
  const document = parseXml(xml);
  const outer = section.parent(document.root, request.parentIndex);
  if (outer === null)
    throw failure(
      'VIR_ERR_OPERATION_INVALID',
      `couldn't update dhcp host entry - no <ip> element found at index ${request.parentIndex} in network '${network}'`,
      'VIR_FROM_NETWORK',
    );
  const parent = section.wrapper === null ? outer : outer.find(section.wrapper);
  const found = parent?.findAll(section.element).find((entry) => section.matches(entry, given)) ?? null;
  const invalid = (detail: string) => failure('VIR_ERR_OPERATION_INVALID', detail, 'VIR_FROM_NETWORK');
  const { VIR_NETWORK_UPDATE_COMMAND_DELETE: remove, VIR_NETWORK_UPDATE_COMMAND_MODIFY: modify } = COMMAND;
  if (request.command === remove || request.command === modify) {
    if (found === null) throw invalid(section.missing(given, network));
    if (request.command === modify) document.insertBefore(found, copyOf(given));
    document.remove(found);
    return document.toString();
  }
  if (found !== null) throw invalid(section.existing(given, network));
  if (parent !== null) document.append(parent, copyOf(given));
  else document.append(outer, { name: section.wrapper ?? '', children: [copyOf(given)] });
  return document.toString();
}

function parsed(xml: string): XmlElement {
  try {
    return parseXml(xml).root;
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw failure(
      'VIR_ERR_XML_DETAIL',
      `(network_update_xml):${error.line ?? 1}: ${error.message}`,
      'VIR_FROM_NETWORK',
    );
  }
}

function copyOf(element: XmlElement): NewElement {
  const children = element.children.map(copyOf);
  return {
    name: element.name,
    attributes: Object.fromEntries(element.attributes),
    children,
    ...(children.length === 0 ? { text: element.text.trim() } : {}),
  };
}

/** `ip-dhcp-host` of VIR_NETWORK_SECTION_IP_DHCP_HOST. */
function nameOf(section: number): string {
  const name = Object.entries(SECTION).find(([, value]) => value === section)?.[0] ?? 'none';
  return name.replace('VIR_NETWORK_SECTION_', '').toLowerCase().replaceAll('_', '-');
}
