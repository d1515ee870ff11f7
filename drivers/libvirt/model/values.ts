import { parseXml, XmlError, type XmlElement } from '../../xml/index.ts';

/** Parses a text whose root must be `name`. @throws {XmlError} */
export function parseRoot(xml: string, name: string): XmlElement {
  const root = parseXml(xml).root;
  if (root.name !== name) throw new XmlError(`Expected <${name}>, found <${root.name.slice(0, 80)}>`);
  return root;
}

/** A whole number, decimal or `0x…`, that a double holds exactly; null for anything else. */
export function integer(text: string | null | undefined): number | null {
  if (text == null || !/^\s*(?:-?\d{1,16}|0x[0-9a-fA-F]{1,13})\s*$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** As `integer`, null too when it is negative. */
export function count(text: string | null | undefined): number | null {
  const value = integer(text);
  return value === null || value < 0 ? null : value;
}

/** libvirt's `yes`, `on` and `1`. */
export function flag(text: string | null | undefined): boolean {
  return text === 'yes' || text === 'on' || text === '1';
}

/** A text without whitespace around it; null when nothing is left. */
export function filled(text: string | null | undefined): string | null {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? null : trimmed;
}

/** A name or path as it is: whitespace at its ends is part of it, as libvirt takes it. Null when it is empty or missing. */
export function exact(text: string | null | undefined): string | null {
  return text == null || text === '' ? null : text;
}

const POWERS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4, p: 5, e: 6 };

/** Bytes of one `unit` as libvirt's virScaleInteger reads it: `KiB` and `k` are 1024, `KB` is 1000; null when unknown. */
function unitBytes(unit: string): bigint | null {
  if (/^(?:b|bytes?)$/i.test(unit)) return 1n;
  const match = /^([kmgtpe])(?:i?b)?$/i.exec(unit);
  const power = POWERS[match?.[1]?.toLowerCase() ?? ''];
  if (power === undefined) return null;
  const base = /^[a-z]b$/i.test(unit) ? 1000n : 1024n;
  return base ** BigInt(power);
}

/** A size with a `unit` attribute in bytes, at most 2^53 - 1; null when it is not a number or the unit is unknown. */
export function sizeBytes(element: XmlElement | null, defaultUnit: string): number | null {
  if (element === null) return null;
  const text = element.text.trim();
  const unit = unitBytes(element.attribute('unit') ?? defaultUnit);
  if (!/^\d{1,19}$/.test(text) || unit === null) return null;
  const bytes = BigInt(text) * unit;
  return Number(bytes > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : bytes);
}

/** As `sizeBytes`, in KiB rounded up as libvirt does; a domain's memory is in KiB when no unit is given. */
export function sizeKiB(element: XmlElement | null): number | null {
  const bytes = sizeBytes(element, 'KiB');
  return bytes === null ? null : Math.ceil(bytes / 1024);
}

/** `0000:03:10.1` of a PCI `<address>`; null when a part is missing. */
export function pciAddress(address: XmlElement | null): string | null {
  if (address === null) return null;
  const parts = ['domain', 'bus', 'slot', 'function'].map((name) => integer(address.attribute(name)));
  const [domain, bus, slot, fn] = [parts[0] ?? 0, parts[1], parts[2], parts[3]];
  if (bus == null || slot == null || fn == null) return null;
  const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn}`;
}

/** The `<boot order>` of a device; null when it is not in the order. */
export function deviceBootOrder(device: XmlElement): number | null {
  return count(device.attributeAt('boot', 'order'));
}

export function deviceAlias(device: XmlElement): string | null {
  return filled(device.attributeAt('alias', 'name'));
}
