import type { Network } from '../../../main/contract/network.ts';
import type { Tone } from '../../ui/domain-state.ts';
import { subnetsOf } from './kinds.ts';

export function networkTone({ active, changesPending }: Pick<Network, 'active' | 'changesPending'>): Tone {
  if (!active) return 'off';
  return changesPending ? 'warn' : 'ok';
}

/** All words are in what the list shows of it, or in the name, MAC or address of a machine on it. */
export function matches(network: Network, kind: string, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const said = [
    network.name,
    kind,
    network.bridge ?? '',
    ...network.devices,
    ...subnetsOf(network),
    ...network.users.flatMap(({ name, mac, addresses }) => [name, mac, ...addresses]),
  ]
    .join('\n')
    .toLowerCase();
  return words.every((word) => said.includes(word));
}

/** The network that a key leads to; null for a key that means nothing here, or where there is none. */
export function stepIn(rows: readonly Network[], from: Network | null, key: string): Network | null {
  const at = rows.findIndex((row) => row.host === from?.host && row.uuid === from.uuid);
  const last = rows.length - 1;
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return rows[Math.min(last, at + 1)] ?? null;
    case 'ArrowUp':
    case 'k':
      return rows[Math.max(0, at - 1)] ?? null;
    case 'Home':
      return rows[0] ?? null;
    case 'End':
      return rows[last] ?? null;
    case 'Enter':
    case ' ':
      return rows[at] ?? rows[0] ?? null;
    default:
      return null;
  }
}
