import type { SourceNic } from '../model.ts';
import { linesOf, rowsOf, type Sections } from './sections.ts';

const MAX_NICS = 64;
const MAC = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const NO_MAC = '00:00:00:00:00:00';
/** Names of the kernel's and of systemd's (systemd.net-naming-scheme(7)). */
const SCHEMES = [
  ['kernel', /^(?:eth|wlan|usb)\d+$/],
  ['mac', /^(?:en|wl|ww)x[0-9a-f]{12}$/],
  ['slot', /^(?:en|wl|ww)(?:[opsP]|s\d)[0-9a-zA-Z]*$|^(?:em\d+|p\d+p\d+)(?:_\d+)?$/],
] as const;

/** Cards that are there; no bridges, bonds, tunnels. */
export function nicsOf(sections: Sections): SourceNic[] {
  const addresses = addressesOf(sections);
  const names = rowsOf(sections, 'names');
  return rowsOf(sections, 'net')
    .slice(0, MAX_NICS)
    .flatMap(([name = '', mac = '', state = '', , master = '']) => {
      const address = mac.trim().toLowerCase();
      // Infiniband's are longer; what has none is no card for Ethernet.
      if (!MAC.test(address) || address === NO_MAC) return [];
      return [
        {
          name,
          mac: address,
          // What a bond or bridge has is reached by its cards.
          addresses: [...(addresses.get(name) ?? []), ...(addresses.get(master) ?? [])],
          up: state === 'up',
          nameScheme: SCHEMES.find(([, pattern]) => pattern.test(name))?.[0] ?? ('own' as const),
          namedIn: names.flatMap(([nic, file = '']) => (nic === name ? [file] : [])),
        },
      ];
    });
}

/** `ip -o addr`: `2: eth0    inet 192.0.2.7/24 brd … scope global eth0`. Those that each machine gives itself are left out. */
function addressesOf(sections: Sections): Map<string, string[]> {
  const addresses = new Map<string, string[]>();
  for (const line of linesOf(sections, 'addresses')) {
    const match = /^\d+: (\S+)\s+inet6? ([0-9a-f.:]+\/\d{1,3}) .*\bscope global\b/.exec(line);
    if (match === null) continue;
    const name = (match[1] ?? '').split('@')[0] ?? '';
    addresses.set(name, [...(addresses.get(name) ?? []), match[2] ?? '']);
  }
  return addresses;
}
