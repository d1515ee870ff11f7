import { parseXml, XmlError, type XmlElement } from '../../xml/index.ts';
import { failure } from '../failures.ts';

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/**
 * Refuses what libvirt refuses of a domain's definition, in its words (virDomainDefParseXML, virDomainDefPostParse); what it would
 * refuse of devices that are not simulated is not looked at.
 * @throws {LibvirtError}
 */
export function checkDefinition(xml: string): void {
  const root = parsed(xml);
  const refuse = (code: 'VIR_ERR_XML_ERROR' | 'VIR_ERR_INTERNAL_ERROR', detail: string): never => {
    throw failure(code, detail, 'VIR_FROM_DOMAIN');
  };
  if (root.name !== 'domain')
    throw failure(
      'VIR_ERR_XML_ERROR',
      `expecting root element of 'domain', not '${root.name}'`,
      'VIR_FROM_XML',
    );
  if (root.attribute('type') === null) refuse('VIR_ERR_INTERNAL_ERROR', 'missing domain type attribute');
  const name = root.find('name')?.text ?? '';
  if (name === '') throw failure('VIR_ERR_NO_NAME', 'missing name information', 'VIR_FROM_DOMAIN');
  const uuid = root.find('uuid')?.text ?? null;
  if (uuid !== null && !UUID.test(uuid.trim())) refuse('VIR_ERR_INTERNAL_ERROR', 'malformed uuid element');
  if (root.find('memory') === null && root.find('cpu/numa/cell') === null)
    refuse('VIR_ERR_XML_ERROR', 'Memory size must be specified via <memory> or in the <numa> configuration');
  if (root.textAt('vcpu') === '0')
    refuse('VIR_ERR_INTERNAL_ERROR', 'CPU IDs in <numa> exceed the <vcpu> count');
  if ((root.textAt('os/type') ?? '') === '') refuse('VIR_ERR_XML_ERROR', 'an os <type> must be specified');
  checkTargets(root, refuse);
  if (name.includes('\n')) throw failure('VIR_ERR_XML_DETAIL', 'invalid char in name: \n', 'VIR_FROM_XML');
  if (name.includes('/')) refuse('VIR_ERR_XML_ERROR', `name ${name} cannot contain '/'`);
}

function parsed(xml: string): XmlElement {
  try {
    return parseXml(xml).root;
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    const detail = `(domain_definition):${error.line ?? 1}: ${error.message}`;
    throw failure('VIR_ERR_XML_DETAIL', detail, 'VIR_FROM_DOMAIN');
  }
}

function checkTargets(root: XmlElement, refuse: (code: 'VIR_ERR_XML_ERROR', detail: string) => never): void {
  const seen = new Map<string, string>();
  for (const disk of root.findAll('devices/disk')) {
    const target = disk.attributeAt('target', 'dev') ?? '';
    const source = disk.attributeAt('source', 'file') ?? '(null)';
    const before = seen.get(target);
    if (before !== undefined)
      refuse(
        'VIR_ERR_XML_ERROR',
        `target '${target}' duplicated for disk sources '${before}' and '${source}'`,
      );
    seen.set(target, source);
  }
}
