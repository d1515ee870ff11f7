import type { NewElement } from '../../xml/index.ts';

/** An attribute that is null is not written. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | null>> = {},
  children: readonly NewElement[] = [],
): NewElement {
  const written: Record<string, string> = {};
  for (const [key, value] of Object.entries(attributes)) if (value !== null) written[key] = value;
  return { name, attributes: written, children };
}

export function leaf(
  name: string,
  text: string,
  attributes: Readonly<Record<string, string>> = {},
): NewElement {
  return { name, attributes, text };
}

/** The element, where it is wanted. */
export function when(wanted: boolean, made: () => NewElement): NewElement[] {
  return wanted ? [made()] : [];
}

export function isX86(arch: string): boolean {
  return arch === 'x86_64' || arch === 'i686';
}

/** `q35`, `pc-q35-7.2`. */
export function isQ35(machine: string | null): boolean {
  return machine !== null && machine.includes('q35');
}
