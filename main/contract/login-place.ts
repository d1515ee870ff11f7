/** The part of a question that says where one logs in (contract/host.ts). */
interface LoginPlace {
  readonly user: string;
  readonly host: string;
  readonly address: string;
  readonly jump: boolean;
}

/**
 * Where a person logs in, in words: `kvm1 (192.0.2.1)`. A server on the way is called as ~/.ssh/config calls it, the host itself by
 * its name in the list; an address that the name says already is not said twice.
 * @param name the host's name in the list
 */
export function loginPlace({ user, host, address, jump }: LoginPlace, name: string): string {
  const called = jump ? host : name;
  if (called === `${user}@${address}`) return address;
  if (called.includes(address)) return called;
  const isItsPort = address.startsWith(`${called}:`) || address.startsWith(`[${called}]:`);
  return isItsPort ? address : `${called} (${address})`;
}
