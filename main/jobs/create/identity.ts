import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Identity } from './plan.ts';

/** VNC takes no more. */
const PASSWORD_LENGTH = 8;
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** UUIDs, MACs that no known machine has, and passwords. */
export function makeIdentities(count: number, cards: number, taken: ReadonlySet<string>): Identity[] {
  const used = new Set(taken);
  const mac = (): string => {
    for (;;) {
      const made = newMac();
      if (used.has(made)) continue;
      used.add(made);
      return made;
    }
  };
  return Array.from({ length: count }, () => ({
    uuid: randomUUID(),
    macs: Array.from({ length: cards }, mac),
    password: newPassword(),
  }));
}

/** Of a screen. */
export function newPassword(): string {
  return Array.from({ length: PASSWORD_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** Of the range that QEMU and libvirt use. */
function newMac(): string {
  const last = [...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0'));
  return ['52', '54', '00', ...last].join(':');
}
