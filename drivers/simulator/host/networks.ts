import type { NetworkRef } from '../../libvirt/protocol/structs.ts';
import { virNetworkEventLifecycleType as networkEvent } from '../../libvirt/constants/index.ts';
import { uuidToString } from '../../libvirt/uuid.ts';
import { failure } from '../failures.ts';
import type { HostEvent } from './events.ts';

export interface Network {
  name: string;
  uuid: Uint8Array;
  bridge: string;
  /** `bridge` is a bridge of the host's own; the others have an address and DHCP. */
  mode: 'nat' | 'bridge' | 'isolated';
  active: boolean;
  autostart: boolean;
}

/** The virtual networks of a host. */
export class Networks {
  readonly networks: Network[];
  readonly #emit: (event: HostEvent) => void;

  constructor(networks: Network[], emit: (event: HostEvent) => void) {
    this.networks = networks;
    this.#emit = emit;
  }

  byName(name: string): Network {
    const network = this.networks.find((candidate) => candidate.name === name);
    if (network === undefined)
      throw failure('VIR_ERR_NO_NETWORK', `no network with matching name '${name}'`, 'VIR_FROM_NETWORK');
    return network;
  }

  find(ref: { uuid: Uint8Array; name?: string }): Network {
    const wanted = uuidToString(ref.uuid);
    const network = this.networks.find((candidate) => uuidToString(candidate.uuid) === wanted);
    if (network === undefined)
      throw failure(
        'VIR_ERR_NO_NETWORK',
        `no network with matching uuid '${wanted}' (${ref.name ?? ''})`,
        'VIR_FROM_NETWORK',
      );
    return network;
  }

  setActive(network: Network, active: boolean): void {
    if (network.active === active)
      throw failure(
        'VIR_ERR_OPERATION_INVALID',
        active ? 'network is already active' : `network '${network.name}' is not active`,
        'VIR_FROM_NETWORK',
      );
    network.active = active;
    const event = active ? networkEvent.VIR_NETWORK_EVENT_STARTED : networkEvent.VIR_NETWORK_EVENT_STOPPED;
    this.#emit({ type: 'networkLifecycle', net: networkRef(network), event, detail: 0 });
  }
}

export const networkRef = (network: Network): NetworkRef => ({ name: network.name, uuid: network.uuid });

export function networkXml(network: Network): string {
  const lines = [
    `<network>`,
    `  <name>${network.name}</name>`,
    `  <uuid>${uuidToString(network.uuid)}</uuid>`,
    ...(network.mode === 'isolated' ? [] : [`  <forward mode='${network.mode}'/>`]),
    network.mode === 'bridge'
      ? `  <bridge name='${network.bridge}'/>`
      : `  <bridge name='${network.bridge}' stp='on' delay='0'/>`,
  ];
  if (network.mode !== 'bridge')
    lines.push(
      `  <ip address='192.168.122.1' netmask='255.255.255.0'>`,
      `    <dhcp>`,
      `      <range start='192.168.122.2' end='192.168.122.254'/>`,
      `    </dhcp>`,
      `  </ip>`,
    );
  return [...lines, `</network>`, ``].join('\n');
}
