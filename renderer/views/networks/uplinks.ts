import type { HostInterface, Network } from '../../../main/contract/network.ts';
import { hasHostBridge, kindOf, type NetworkKind } from './kinds.ts';

/** What leads out of a network, or that nothing does. */
export interface Uplink {
  /** `any`: whatever way the host has. */
  readonly kind: 'device' | 'any' | 'none' | 'more';
  /** Of a device; of `more` how many. */
  readonly name: string;
  /** Null when it is not known. */
  readonly up: boolean | null;
  readonly speedMbps: number | null;
  readonly virtualFunctions: HostInterface['virtualFunctions'];
}

const MAX = 5;
const PLAIN = { up: null, speedMbps: null, virtualFunctions: null } as const;

/** Devices by which machines of this network get out. */
export function uplinksOf(network: Network, interfaces: readonly HostInterface[]): readonly Uplink[] {
  const kind = kindOf(network);
  const names = devicesOf(network, kind, interfaces);
  if (names.length === 0) {
    if (kind === 'isolated') return [{ kind: 'none', name: '', ...PLAIN }];
    return kind === 'nat' || kind === 'route' || kind === 'open' ? [{ kind: 'any', name: '', ...PLAIN }] : [];
  }
  const devices = names.map((name): Uplink => {
    const found = interfaces.find((one) => one.name === name);
    return {
      kind: 'device',
      name,
      up: found?.up ?? null,
      speedMbps: found?.speedMbps ?? null,
      virtualFunctions: found?.virtualFunctions ?? null,
    };
  });
  if (devices.length <= MAX) return devices;
  const rest = devices.length - MAX + 1;
  return [...devices.slice(0, MAX - 1), { kind: 'more', name: String(rest), ...PLAIN }];
}

function devicesOf(
  network: Network,
  kind: NetworkKind,
  interfaces: readonly HostInterface[],
): readonly string[] {
  if (!hasHostBridge(kind)) return network.devices;
  return interfaces.filter(({ bridge }) => bridge === network.bridge).map(({ name }) => name);
}
