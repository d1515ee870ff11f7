import { HOST_DEVICES } from '../fleet/networks.ts';
import { hashText } from '../random.ts';
import { hasOwnBridge } from './network-definition.ts';
import type { HostState } from './host-state.ts';
import { modelOf } from './networks.ts';

/** Bridges that are there now: the host's own, and those of networks that run. */
export function hostBridges(host: HostState): string[] {
  const made = host.networks.networks.flatMap((network) => {
    const model = modelOf(network);
    return network.live !== null && hasOwnBridge(model) && model.bridge !== null ? [model.bridge] : [];
  });
  return [HOST_DEVICES.bridge, HOST_DEVICES.openVswitch, ...made];
}

/** A card's address that stays the same. */
export function macOf(device: string): string {
  const hash = hashText(device);
  const hex = (shift: number): string => ((hash >>> shift) & 0xff).toString(16).padStart(2, '0');
  return `3c:fd:fe:${hex(0)}:${hex(8)}:${hex(16)}`;
}
