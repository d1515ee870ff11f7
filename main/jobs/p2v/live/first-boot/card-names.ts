import type { SourceFacts, SourceNic } from '../model.ts';

/** Its settings know the card by a name alone that it may not have in the new machine. */
export function losesName({ nameScheme, namedIn, up }: SourceNic, all: readonly SourceNic[]): boolean {
  if (namedIn.length === 0 || (nameScheme !== 'slot' && all.length === 1)) return false;
  return nameScheme !== 'mac' && (up || nameScheme !== 'kernel');
}

/**
 * A file that gives the card its name by its MAC; null: none can. The kernel's own names (eth0) are given away before such a file is read, and two cards that change
 * theirs with each other are in each other's way.
 */
export function nameFile(
  nic: SourceNic,
  { services }: Pick<SourceFacts, 'services'>,
): { readonly path: string; readonly text: string } | null {
  const { name, mac, nameScheme } = nic;
  if (nameScheme === 'kernel' || nameScheme === 'mac' || !/^[A-Za-z][\w.-]{0,14}$/.test(name)) return null;
  // Bridges and the like may have the same MAC: they are on no bus (systemd.link(5), udev(7)).
  if (services !== null)
    return {
      path: `/etc/systemd/network/10-virtlane-${name}.link`,
      text: `[Match]\nMACAddress=${mac}\nPath=*pci-*\n\n[Link]\nName=${name}\n`,
    };
  return {
    path: `/etc/udev/rules.d/70-virtlane-${name}.rules`,
    text: `SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="${mac}", NAME="${name}"\n`,
  };
}
