import type { XmlElement } from '../../xml/index.ts';
import { count, deviceAlias, deviceBootOrder, filled, pciAddress } from './values.ts';

export interface NicModel {
  /** `network`, `bridge`, `direct`, `user`, `ethernet`, `vhostuser`, `hostdev`, `vdpa`, `null`… */
  readonly type: string;
  readonly mac: string;
  /** The network, bridge, device, socket, PCI address or `address:port` it is plugged into. */
  readonly source: string | null;
  /** For `network` of a running machine: the bridge it came to. */
  readonly bridge: string | null;
  readonly portgroup: string | null;
  /** Of `direct`: `vepa`, `bridge`, `private`, `passthrough`. */
  readonly mode: string | null;
  readonly model: string | null;
  /** The host's device, `vnet3`; null when it does not run. */
  readonly target: string | null;
  readonly linkUp: boolean;
  readonly mtu: number | null;
  readonly filter: string | null;
  readonly bootOrder: number | null;
  readonly alias: string | null;
}

export function readNic(nic: XmlElement): NicModel {
  const source = nic.find('source');
  return {
    // While it runs libvirt shows the kind that the network came to (virDomainNetDefFormat): `bridge`, `direct`, `hostdev`.
    type: source?.attribute('network') == null ? (nic.attribute('type') ?? 'unknown') : 'network',
    mac: (nic.attributeAt('mac', 'address') ?? '').toLowerCase(),
    source: filled(
      source?.attribute('network') ??
        source?.attribute('bridge') ??
        source?.attribute('dev') ??
        source?.attribute('path') ??
        source?.attribute('name') ??
        pciAddress(source?.find('address') ?? null) ??
        socketAddress(source),
    ),
    bridge: filled(source?.attribute('bridge')),
    portgroup: filled(source?.attribute('portgroup')),
    mode: filled(source?.attribute('mode')),
    model: filled(nic.attributeAt('model', 'type')),
    target: filled(nic.attributeAt('target', 'dev')),
    linkUp: nic.attributeAt('link', 'state') !== 'down',
    mtu: count(nic.attributeAt('mtu', 'size')),
    filter: filled(nic.attributeAt('filterref', 'filter')),
    bootOrder: deviceBootOrder(nic),
    alias: deviceAlias(nic),
  };
}

/** Of `server`, `client`, `mcast` and `udp`, which tunnel through a socket of the host. */
function socketAddress(source: XmlElement | null): string | null {
  const [address, port] = [source?.attribute('address') ?? '', source?.attribute('port') ?? null];
  if (port === null) return null;
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
