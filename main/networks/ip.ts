import { isIP } from 'node:net';

/** An address as a number. */
export interface IpValue {
  readonly family: 'ipv4' | 'ipv6';
  readonly value: bigint;
}

/** A range of addresses that share a prefix. */
export interface Subnet {
  readonly family: IpValue['family'];
  readonly first: bigint;
  readonly last: bigint;
  readonly prefix: number;
}

const BITS = { ipv4: 32, ipv6: 128 } as const;

/** Null for what is no address, or one of a zone (`fe80::1%eth0`). */
export function parseIp(text: string): IpValue | null {
  const version = text.includes('%') ? 0 : isIP(text);
  if (version === 4) return { family: 'ipv4', value: number4(text) };
  return version === 6 ? { family: 'ipv6', value: number6(text) } : null;
}

/** The network that the address is in; null for a prefix that its family does not have. */
export function subnetOf(address: IpValue, prefix: number): Subnet | null {
  const bits = BITS[address.family];
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > bits) return null;
  const size = 1n << BigInt(bits - prefix);
  const first = address.value - (address.value % size);
  return { family: address.family, first, last: first + size - 1n, prefix };
}

export function contains(subnet: Subnet, address: IpValue): boolean {
  return subnet.family === address.family && address.value >= subnet.first && address.value <= subnet.last;
}

export function overlap(a: Subnet, b: Subnet): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** `192.168.122.0/24` */
export function subnetText({ family, first, prefix }: Subnet): string {
  return `${ipText({ family, value: first })}/${prefix}`;
}

/** As RFC 5952 writes it, but for addresses that hold an IPv4 one. */
export function ipText({ family, value }: IpValue): string {
  if (family === 'ipv4') return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => (value >> BigInt(16 * (7 - at))) & 0xffffn);
  const text = groups.map((group) => group.toString(16)).join(':');
  const zeros = [...text.matchAll(/\b0(?::0)+\b/g)].toSorted((a, b) => b[0].length - a[0].length)[0];
  if (zeros === undefined) return text;
  const before = text.slice(0, zeros.index).replace(/:$/, '');
  const after = text.slice(zeros.index + zeros[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

function number4(text: string): bigint {
  return text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function number6(text: string): bigint {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  const plain =
    dotted === undefined
      ? text
      : text.slice(0, -dotted.length) +
        [number4(dotted) >> 16n, number4(dotted) & 0xffffn].map((part) => part.toString(16)).join(':');
  const [head = '', tail] = plain.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const filled = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return filled.reduce((sum, part) => sum * 65_536n + BigInt(`0x${part}`), 0n);
}
