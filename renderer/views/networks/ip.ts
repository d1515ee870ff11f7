/** An address as a number. */
export interface Ip {
  readonly family: 'ipv4' | 'ipv6';
  readonly value: bigint;
}

/** The addresses that share a prefix. */
export interface Subnet {
  readonly family: Ip['family'];
  readonly first: bigint;
  readonly last: bigint;
  readonly prefix: number;
}

const BITS = { ipv4: 32, ipv6: 128 } as const;
const OCTET = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

/** Null for what is no address, or one with a zone. */
export function parseIp(text: string): Ip | null {
  const value = text.includes(':') ? number6(text) : number4(text);
  return value === null ? null : { family: text.includes(':') ? 'ipv6' : 'ipv4', value };
}

/** `192.168.150.1/24`: an address and the prefix of its network. Null for anything else. */
export function parseCidr(
  text: string,
): { readonly ip: Ip; readonly text: string; readonly prefix: number } | null {
  const match = /^\s*([^/\s]+)\s*\/\s*(\d{1,3})\s*$/.exec(text);
  const address = match?.[1] ?? '';
  const ip = parseIp(address);
  const prefix = Number(match?.[2]);
  if (ip === null || subnetOf(ip, prefix) === null) return null;
  return { ip, text: address, prefix };
}

/** The network that the address is in; null for a prefix that its family does not have. */
export function subnetOf({ family, value }: Ip, prefix: number): Subnet | null {
  const bits = BITS[family];
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > bits) return null;
  const size = 1n << BigInt(bits - prefix);
  const first = value - (value % size);
  return { family, first, last: first + size - 1n, prefix };
}

export function contains(subnet: Subnet, { family, value }: Ip): boolean {
  return subnet.family === family && value >= subnet.first && value <= subnet.last;
}

export function overlap(a: Subnet, b: Subnet): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** As RFC 5952 writes it, but for addresses that hold an IPv4 one. */
export function ipText({ family, value }: Ip): string {
  if (family === 'ipv4') return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => (value >> BigInt(16 * (7 - at))) & 0xffffn);
  const text = groups.map((group) => group.toString(16)).join(':');
  const zeros = [...text.matchAll(/\b0(?::0)+\b/g)].toSorted((a, b) => b[0].length - a[0].length)[0];
  if (zeros === undefined) return text;
  const before = text.slice(0, zeros.index).replace(/:$/, '');
  const after = text.slice(zeros.index + zeros[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

/** `192.168.150.0/24` */
export function subnetText({ family, first, prefix }: Subnet): string {
  return `${ipText({ family, value: first })}/${prefix}`;
}

function number4(text: string): bigint | null {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) < 256)) return null;
  return octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
}

function number6(text: string): bigint | null {
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  const low = dotted === undefined ? null : number4(dotted);
  if (dotted !== undefined && low === null) return null;
  const plain =
    dotted === undefined || low === null
      ? text
      : `${text.slice(0, -dotted.length)}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  const halves = plain.split('::');
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const [left = [], right = []] = groups;
  const missing = 8 - left.length - right.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return null;
  const all = [...left, ...Array<string>(missing).fill('0'), ...right];
  if (!all.every((group) => GROUP.test(group))) return null;
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}
