import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virConnectListAllNetworksFlags as LIST } from '../../../drivers/libvirt/constants/network.ts';
import { readNetwork } from '../../../drivers/libvirt/model/network.ts';
import type { NetworkModel } from '../../../drivers/libvirt/model/network-types.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';

/** What of a network says whether a new machine is well on it. */
export type NetworkKind = Pick<NetworkModel, 'name' | 'mode' | 'ips'>;

/** The usual network, which most hosts have. */
const USUAL = 'default';

/**
 * The network of a new machine; null: no network is active.
 * @param networks by name, with whether each is active; null where the host has none of them
 * @param asked what the form has already, which stays as long as the host has it
 * @throws LibvirtError, LinkError
 */
export async function readDefaultNetwork(
  { remote }: Pick<LibvirtClient, 'remote'>,
  { networks, asked }: { networks: ReadonlyMap<string, boolean> | null; asked: string | undefined },
  options: CallOptions,
): Promise<string | null> {
  if (networks === null) return null;
  if (asked !== undefined && networks.has(asked)) return asked;
  if (networks.get(USUAL) === true) return USUAL;
  const active = [...networks].filter(([, isActive]) => isActive).map(([name]) => name);
  if (active.length < 2) return active[0] ?? null;
  const flags = LIST.VIR_CONNECT_LIST_NETWORKS_ACTIVE;
  const { nets } = await remote.connectListAllNetworks({ needResults: 1, flags }, options);
  const kinds = await Promise.all(
    nets.map((net) =>
      remote.networkGetXmlDesc({ net, flags: 0 }, options).then(
        ({ xml }) => [readNetwork(xml)],
        // It has gone since.
        (error: unknown) => {
          if (error instanceof LibvirtError) return [];
          throw error;
        },
      ),
    ),
  );
  return chooseNetwork(kinds.flat());
}

/** Of active networks the one on which a machine gets an address and reaches the outside; an isolated one only where there is no other. */
export function chooseNetwork(networks: readonly NetworkKind[]): string | null {
  const [best] = networks.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return best?.name ?? null;
}

/** The lowest suits best. */
function rank({ mode, ips }: NetworkKind): number {
  const hasDhcp = ips.some(({ ranges, hosts }) => ranges.length > 0 || hosts.length > 0);
  switch (mode) {
    case 'nat':
    case 'route':
    case 'open':
      return hasDhcp ? 0 : 3;
    case 'bridge':
      return 1;
    case 'private':
    case 'vepa':
    case 'passthrough':
      return 2;
    // A device of the host for each machine, of which there are few.
    case 'hostdev':
      return 4;
    case 'isolated':
      return hasDhcp ? 5 : 6;
  }
}
