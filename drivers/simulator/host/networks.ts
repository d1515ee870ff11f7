import type { NetworkRef } from '../../libvirt/protocol/structs.ts';
import {
  virNetworkEventLifecycleType as networkEvent,
  virNetworkUpdateFlags as affect,
} from '../../libvirt/constants/index.ts';
import type { NetworkModel } from '../../libvirt/model/network-types.ts';
import { readNetwork } from '../../libvirt/model/network.ts';
import { uuidFromString, uuidToString } from '../../libvirt/uuid.ts';
import { failure } from '../failures.ts';
import type { HostEvent } from './events.ts';
import { checkedNetwork, filledIn, hasOwnBridge } from './network-definition.ts';
import { updatedNetworkXml, type NetworkUpdateRequest } from './network-update.ts';

export interface Network {
  readonly name: string;
  readonly uuid: Uint8Array;
  /** For the next start; null: it has none, and is gone once it stops. */
  definition: string | null;
  /** While it runs: what it was started from, with the changes made since. */
  live: string | null;
  autostart: boolean;
}

export interface NetworksDeps {
  emit: (event: HostEvent) => void;
  newUuid: () => Uint8Array;
}

/** The virtual networks of a host. */
export class Networks {
  readonly networks: Network[] = [];
  readonly #deps: NetworksDeps;

  constructor(planned: readonly { xml: string; running: boolean }[], deps: NetworksDeps) {
    this.#deps = { ...deps, emit: () => undefined };
    for (const { xml, running } of planned) {
      const network = this.define(xml);
      network.autostart = running;
      if (running) this.start(network);
    }
    this.#deps = deps;
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

  /** virNetworkDefineXML: a new network, or a new definition of one that is there. */
  define(xml: string): Network {
    const { network, text } = this.#taken(xml);
    network.definition = text;
    this.#tell(network, networkEvent.VIR_NETWORK_EVENT_DEFINED);
    return network;
  }

  /** virNetworkCreateXML: one that runs without a definition. */
  create(xml: string): Network {
    const { network, text } = this.#taken(xml);
    if (network.live !== null) throw invalid('network is already active');
    this.#run(network, text);
    return network;
  }

  undefine(network: Network): void {
    if (network.definition === null) throw invalid("can't undefine transient network");
    network.definition = null;
    network.autostart = false;
    if (network.live === null) this.#remove(network);
    this.#tell(network, networkEvent.VIR_NETWORK_EVENT_UNDEFINED);
  }

  start(network: Network): void {
    if (network.live !== null) throw invalid('network is already active');
    this.#run(network, network.definition ?? '');
  }

  stop(network: Network): void {
    this.requireActive(network);
    network.live = null;
    if (network.definition === null) this.#remove(network);
    this.#tell(network, networkEvent.VIR_NETWORK_EVENT_STOPPED);
  }

  setAutostart(network: Network, autostart: boolean): void {
    if (network.definition === null) throw invalid('cannot set autostart for transient network');
    network.autostart = autostart;
  }

  /** virNetworkUpdate: of what runs, of the definition, or of what there is; all of it or nothing. */
  update(network: Network, request: NetworkUpdateRequest & { flags: number }): void {
    const { VIR_NETWORK_UPDATE_AFFECT_LIVE: live, VIR_NETWORK_UPDATE_AFFECT_CONFIG: config } = affect;
    const flags = request.flags === 0 ? (network.live === null ? config : live) : request.flags;
    if ((flags & live) !== 0 && network.live === null) throw invalid('network is not running');
    if ((flags & config) !== 0 && network.definition === null)
      throw invalid('cannot change persistent config of a transient network');
    const changed = (text: string | null): string => updatedNetworkXml(text ?? '', network.name, request);
    const running = (flags & live) === 0 ? network.live : changed(network.live);
    const definition = (flags & config) === 0 ? network.definition : changed(network.definition);
    network.live = running;
    network.definition = definition;
  }

  requireActive(network: Network): void {
    if (network.live === null) throw invalid(`network '${network.name}' is not active`);
  }

  #taken(xml: string): { network: Network; text: string } {
    const model = checkedNetwork(xml);
    const known = this.networks.find(({ uuid }) => uuidToString(uuid) === model.uuid);
    const named = this.networks.find(({ name }) => name === model.name);
    if (known !== undefined && known.name !== model.name)
      throw operationFailed(`network '${known.name}' is already defined with uuid ${model.uuid}`);
    if (known === undefined && named !== undefined)
      throw operationFailed(`network '${model.name}' already exists with uuid ${uuidToString(named.uuid)}`);
    const bridge = this.#bridgeOf(model, known);
    const uuid = known?.uuid ?? (model.uuid === '' ? this.#deps.newUuid() : uuidFromString(model.uuid));
    const network = known ?? { name: model.name, uuid, definition: null, live: null, autostart: false };
    if (known === undefined) this.networks.push(network);
    return { network, text: filledIn(xml, { uuid: uuidToString(uuid), bridge }) };
  }

  /** Null where libvirt makes none. */
  #bridgeOf(model: NetworkModel, known: Network | undefined): string | null {
    if (!hasOwnBridge(model)) return null;
    const used = new Set(
      this.networks.filter((network) => network !== known).map((network) => modelOf(network).bridge),
    );
    if (model.bridge !== null) {
      if (used.has(model.bridge))
        throw failure(
          'VIR_ERR_INTERNAL_ERROR',
          `bridge name '${model.bridge}' already in use.`,
          'VIR_FROM_NETWORK',
        );
      return model.bridge;
    }
    let index = 0;
    while (used.has(`virbr${index}`)) index += 1;
    return `virbr${index}`;
  }

  #run(network: Network, text: string): void {
    const { ips } = readNetwork(text);
    for (const other of this.networks) {
      if (other.live === null || other === network) continue;
      const taken = readNetwork(other.live);
      if (taken.ips.some((one) => ips.some((ip) => sameSubnet(one, ip))))
        throw failure(
          'VIR_ERR_INTERNAL_ERROR',
          `Network is already in use by interface ${taken.bridge ?? ''}`,
          'VIR_FROM_NETWORK',
        );
    }
    network.live = text;
    this.#tell(network, networkEvent.VIR_NETWORK_EVENT_STARTED);
  }

  #remove(network: Network): void {
    const index = this.networks.indexOf(network);
    if (index >= 0) this.networks.splice(index, 1);
  }

  #tell(network: Network, event: number): void {
    this.#deps.emit({ type: 'networkLifecycle', net: networkRef(network), event, detail: 0 });
  }
}

export const networkRef = (network: Network): NetworkRef => ({ name: network.name, uuid: network.uuid });

/** What runs, or what would. */
export function modelOf({ live, definition }: Network): NetworkModel {
  return readNetwork(live ?? definition ?? '<network/>');
}

/** The first three bytes of an IPv4 address are enough for networks that people make in a demo. */
function sameSubnet(a: NetworkModel['ips'][number], b: NetworkModel['ips'][number]): boolean {
  const first = ({ address }: NetworkModel['ips'][number]): string =>
    address.split('.').slice(0, 3).join('.');
  return a.family === b.family && first(a) === first(b);
}

function invalid(detail: string) {
  return failure('VIR_ERR_OPERATION_INVALID', detail, 'VIR_FROM_NETWORK');
}

function operationFailed(detail: string) {
  return failure('VIR_ERR_OPERATION_FAILED', detail, 'VIR_FROM_NETWORK');
}
