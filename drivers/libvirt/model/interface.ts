import { parseXml, type XmlElement } from '../../xml/index.ts';
import { filled, parseRoot } from './values.ts';

/** virInterfaceGetXMLDesc: what the host's own network configuration, or its kernel, tells of a device. */
export interface InterfaceModel {
  readonly name: string;
  /** `ethernet`, `bridge`, `bond`, `vlan`. */
  readonly type: string;
  readonly mac: string | null;
  readonly up: boolean | null;
  /** Devices that a bridge or bond is made of. */
  readonly members: readonly string[];
  /** Addresses with their prefixes, where the host tells: `10.0.0.5/24`. */
  readonly addresses: readonly { readonly address: string; readonly prefix: number }[];
}

/** @throws {XmlError} when it is not XML, or not of an interface */
export function readInterface(xml: string): InterfaceModel {
  const root = parseRoot(xml, 'interface');
  const state = root.attributeAt('link', 'state');
  return {
    name: root.attribute('name') ?? '',
    type: root.attribute('type') ?? 'ethernet',
    mac: filled(root.attributeAt('mac', 'address'))?.toLowerCase() ?? null,
    up: state === null ? null : state === 'up',
    members: [...root.findAll('bridge/interface'), ...root.findAll('bond/interface')].flatMap(
      (member) => filled(member.attribute('name')) ?? [],
    ),
    addresses: root.findAll('protocol/ip').flatMap((ip) => {
      const [address, prefix] = [filled(ip.attribute('address')), Number(ip.attribute('prefix') ?? NaN)];
      return address === null || !Number.isInteger(prefix) ? [] : [{ address, prefix }];
    }),
  };
}

/** What nodeDeviceGetXMLDesc tells of a network device. */
export interface NetDeviceModel {
  /** As the kernel calls it: `eno1`. */
  readonly name: string;
  readonly mac: string | null;
  readonly up: boolean | null;
  readonly speedMbps: number | null;
  /** The device that it is part of, by its name among node devices: its PCI card; `computer` when it is virtual. */
  readonly parent: string | null;
  /** Where it is in sysfs; null before libvirt 1.2.3. */
  readonly path: string | null;
}

/** Null for a device that is none of the network's. @throws {XmlError} */
export function readNetDevice(xml: string): NetDeviceModel | null {
  const { root } = parseXml(xml);
  const net = root.findAll('capability').find((one) => one.attribute('type') === 'net');
  const name = filled(net?.textAt('interface'));
  if (net === undefined || name === null) return null;
  const state = net.attributeAt('link', 'state');
  const speed = Number(net.attributeAt('link', 'speed') ?? NaN);
  return {
    name,
    mac: filled(net.textAt('address'))?.toLowerCase() ?? null,
    up: state === null || state === 'unknown' ? null : state === 'up',
    // A device that is down has none, and the kernel tells -1.
    speedMbps: Number.isSafeInteger(speed) && speed > 0 && speed < 2 ** 31 ? speed : null,
    parent: filled(root.textAt('parent')),
    path: filled(root.textAt('path')),
  };
}

/** Virtual functions of a PCI card (SR-IOV); null when it is none, or cannot be divided. @throws {XmlError} */
export function readVirtualFunctions(xml: string): { count: number; max: number } | null {
  const pci = parseXml(xml)
    .root.findAll('capability')
    .find((one) => one.attribute('type') === 'pci');
  const functions = pci?.findAll('capability').find((one) => one.attribute('type') === 'virt_functions');
  if (functions === undefined) return null;
  const count = functions.findAll('address').length;
  return { count, max: Math.max(count, maxOf(functions)) };
}

function maxOf(functions: XmlElement): number {
  const max = Number(functions.attribute('maxCount') ?? 0);
  return Number.isSafeInteger(max) && max > 0 ? max : 0;
}
