import type { NewElement } from '../../xml/index.ts';
import type {
  NetworkBandwidth,
  NetworkDhcpHost,
  NetworkDhcpRange,
  NetworkDnsHost,
  NetworkIpModel,
  NetworkModel,
  NetworkPortGroup,
  NetworkRoute,
  NetworkVlan,
} from './network-types.ts';

/** `0000:07:10.0` */
const PCI = /^([0-9a-f]{4}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/i;

/** Attributes without those that are null. */
function attributes(values: Readonly<Record<string, string | number | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])),
  );
}

export function rangeElement({ start, end }: NetworkDhcpRange): NewElement {
  return { name: 'range', attributes: { start, end } };
}

export function dhcpHostElement({ mac, id, name, ip }: NetworkDhcpHost): NewElement {
  return { name: 'host', attributes: attributes({ mac, id, name, ip }) };
}

export function dnsHostElement({ ip, names }: NetworkDnsHost): NewElement {
  return { name: 'host', attributes: { ip }, children: names.map((text) => ({ name: 'hostname', text })) };
}

export function forwarderElement({ address, domain }: NetworkModel['dnsForwarders'][number]): NewElement {
  return { name: 'forwarder', attributes: attributes({ domain, addr: address }) };
}

export function routeElement({ family, address, prefix, gateway }: NetworkRoute): NewElement {
  return { name: 'route', attributes: attributes({ family, address, prefix, gateway }) };
}

export function ipElement({ family, address, prefix, ranges, hosts }: NetworkIpModel): NewElement {
  const given = [...ranges.map(rangeElement), ...hosts.map(dhcpHostElement)];
  return {
    name: 'ip',
    attributes: attributes({ family: family === 'ipv6' ? family : null, address, prefix }),
    children: given.length === 0 ? [] : [{ name: 'dhcp', children: given }],
  };
}

export function vlanElement({ trunk, tags }: NetworkVlan): NewElement {
  return {
    name: 'vlan',
    attributes: trunk ? { trunk: 'yes' } : {},
    children: tags.map(({ id, nativeMode }) => ({ name: 'tag', attributes: attributes({ id, nativeMode }) })),
  };
}

export function rateElement(name: 'inbound' | 'outbound', rate: NetworkBandwidth): NewElement {
  const { averageKiBps: average, peakKiBps: peak, burstKiB: burst } = rate;
  return { name, attributes: attributes({ average, peak, burst }) };
}

/** `<bandwidth>`, or nothing when neither way has a rate. */
export function bandwidthElements(of: {
  inbound: NetworkBandwidth | null;
  outbound: NetworkBandwidth | null;
}): NewElement[] {
  const children = (['inbound', 'outbound'] as const).flatMap((name) => {
    const rate = of[name];
    return rate === null ? [] : [rateElement(name, rate)];
  });
  return children.length === 0 ? [] : [{ name: 'bandwidth', children }];
}

export function portGroupElement(group: NetworkPortGroup): NewElement {
  return {
    name: 'portgroup',
    attributes: attributes({ name: group.name, default: group.isDefault ? 'yes' : null }),
    children: [...(group.vlan === null ? [] : [vlanElement(group.vlan)]), ...bandwidthElements(group)],
  };
}

/** What stands within `<forward>` for these devices: a pool of SR-IOV is its physical function or its functions' PCI addresses. */
export function deviceElements({ mode, devices }: Pick<NetworkModel, 'mode' | 'devices'>): NewElement[] {
  return devices.map((dev) => {
    if (mode !== 'hostdev') return { name: 'interface', attributes: { dev } };
    const pci = PCI.exec(dev);
    if (pci === null) return { name: 'pf', attributes: { dev } };
    const [, domain, bus, slot, fn] = pci;
    return {
      name: 'address',
      attributes: {
        type: 'pci',
        domain: `0x${domain}`,
        bus: `0x${bus}`,
        slot: `0x${slot}`,
        function: `0x${fn}`,
      },
    };
  });
}

/** `<forward>`; null for an isolated network. */
export function forwardElement(
  network: Pick<NetworkModel, 'mode' | 'devices' | 'natPorts'>,
): NewElement | null {
  const { mode, natPorts } = network;
  if (mode === 'isolated') return null;
  const ports: NewElement[] =
    natPorts === null || mode !== 'nat'
      ? []
      : [{ name: 'nat', children: [{ name: 'port', attributes: attributes({ ...natPorts }) }] }];
  return {
    name: 'forward',
    attributes: attributes({ mode, managed: mode === 'hostdev' ? 'yes' : null }),
    children: [...ports, ...deviceElements(network)],
  };
}
