import { OWN_METADATA, OWN_PREFIX } from '../../../drivers/libvirt/model/index.ts';
import { parseXml, writeNewElement, type NewElement, type XmlElement } from '../../../drivers/xml/index.ts';
import { backend, type Backend } from '../../contract/balancer.ts';

const MAX_BACKENDS = 64;

/** How a load balancer's definition remembers its back ends, for `writeOwnMetadata`. @throws {XmlError} for a name that XML cannot hold */
export function balancerXml(backends: readonly Backend[]): string {
  return writeNewElement(balancerElement('balancer', {}, backends), { newline: '', indent: '', step: '' });
}

/** The same within the XML of a new machine. */
export function balancerMetadata(backends: readonly Backend[]): NewElement {
  const named = { [`xmlns:${OWN_PREFIX}`]: OWN_METADATA.balancer };
  return balancerElement(`${OWN_PREFIX}:balancer`, named, backends);
}

function balancerElement(
  name: string,
  attributes: Record<string, string>,
  backends: readonly Backend[],
): NewElement {
  const children = backends.map((one) => ({
    name: 'backend',
    attributes: {
      ...given('machine', one.machine),
      ...given('name', one.name ?? null),
      port: String(one.port),
      ...given('address', one.address),
    },
  }));
  return { name, attributes, children };
}

function given(name: string, value: string | null): Record<string, string> {
  return value === null ? {} : { [name]: value };
}

/** The back ends in what `readOwnMetadata` gives. What a hand wrote there and is none is left out. */
export function readBalancerXml(xml: string): Backend[] {
  return readBackends(parseXml(xml).root);
}

function readBackends(element: XmlElement): Backend[] {
  return element.children.slice(0, MAX_BACKENDS).flatMap((child) => {
    const read = backend.safeParse({
      machine: child.attribute('machine'),
      name: child.attribute('name'),
      port: Number(child.attribute('port')),
      address: child.attribute('address'),
    });
    return child.localName === 'backend' && read.success ? [read.data] : [];
  });
}
