import { readNetwork } from '../../libvirt/model/network.ts';
import type { NetworkModel } from '../../libvirt/model/network-types.ts';
import { parseXml, XmlError, type XmlElement } from '../../xml/index.ts';
import { failure } from '../failures.ts';

const OWN_BRIDGE: ReadonlySet<string> = new Set(['isolated', 'nat', 'route', 'open']);
const MODES_WITHOUT_BRIDGE: ReadonlySet<string> = new Set(['private', 'vepa', 'passthrough', 'hostdev']);

/** Whether libvirt makes the bridge of such a network. */
export function hasOwnBridge({ mode }: Pick<NetworkModel, 'mode'>): boolean {
  return OWN_BRIDGE.has(mode);
}

/**
 * Refuses what libvirt refuses of a network's definition, in its words (virNetworkDefParseXML, networkValidate).
 * @throws {LibvirtError}
 */
export function checkedNetwork(xml: string): NetworkModel & { uuid: string } {
  const root = rootOf(xml);
  if (root.name !== 'network')
    throw failure(
      'VIR_ERR_XML_ERROR',
      `expecting root element of 'network', not '${root.name}'`,
      'VIR_FROM_XML',
    );
  const network = readNetwork(xml);
  const { name, mode } = network;
  if (name === '') throw failure('VIR_ERR_NO_NAME', 'missing name information', 'VIR_FROM_NETWORK');
  if (name.includes('/')) throw failure('VIR_ERR_XML_DETAIL', 'invalid char in name: /', 'VIR_FROM_XML');
  if ((mode === 'nat' || mode === 'route') && network.ips.length === 0)
    throw failure(
      'VIR_ERR_XML_ERROR',
      `${mode} forwarding requested, but no IP address provided for network '${name}'`,
      'VIR_FROM_NETWORK',
    );
  if (MODES_WITHOUT_BRIDGE.has(mode) && network.bridge !== null)
    throw failure(
      'VIR_ERR_XML_ERROR',
      `bridge name not allowed in ${mode} mode (network '${name}')`,
      'VIR_FROM_NETWORK',
    );
  if (!hasOwnBridge(network)) checkForeign(root, network);
  return network;
}

function checkForeign(root: XmlElement, { name, mode }: NetworkModel): void {
  for (const element of ['ip', 'dns', 'domain'])
    if (root.find(element) !== null)
      throw failure(
        'VIR_ERR_CONFIG_UNSUPPORTED',
        `Unsupported <${element}> element in network ${name} with forward mode='${mode}'`,
        'VIR_FROM_NETWORK',
      );
}

function rootOf(xml: string): XmlElement {
  try {
    return parseXml(xml).root;
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw failure(
      'VIR_ERR_XML_DETAIL',
      `(network_definition):${error.line ?? 1}: ${error.message}`,
      'VIR_FROM_NETWORK',
    );
  }
}

/** What libvirt fills into a definition that leaves it open: the UUID, and the name of a bridge of its own. */
export function filledIn(xml: string, { uuid, bridge }: { uuid: string; bridge: string | null }): string {
  const document = parseXml(xml);
  const { root } = document;
  const name = root.find('name');
  if (root.find('uuid') === null && name !== null) document.insertAfter(name, { name: 'uuid', text: uuid });
  const element = root.find('bridge');
  if (bridge !== null && element === null)
    document.append(root, { name: 'bridge', attributes: { name: bridge, stp: 'on', delay: '0' } });
  else if (bridge !== null && element !== null && (element.attribute('name') ?? '') === '')
    document.setAttribute(element, 'name', bridge);
  return document.toString();
}
