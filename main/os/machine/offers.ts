import type { CapabilityChoice, DomainCapabilitiesModel } from '../../../drivers/libvirt/model/index.ts';
import type { Choice } from '../../contract/machine-choices.ts';

/**
 * Whether a host offers a value of a device. An element or a list that is not there is an old libvirt's, and an empty list says nothing either:
 * only a list with other values in it is a no.
 */
export function isRefused(
  capability: CapabilityChoice | null | undefined,
  list: string,
  value: string,
): boolean {
  if (capability == null) return false;
  if (!capability.supported) return true;
  const values = capability.enums.get(list);
  return values !== undefined && values.length > 0 && !values.includes(value);
}

/** As `isRefused`, of a device. */
export function deviceRefuses(
  capabilities: DomainCapabilitiesModel,
  device: string,
  list: string,
  value: string,
): boolean {
  return isRefused(capabilities.devices.get(device), list, value);
}

/** Each value, with the reason where there is one. */
export function choicesOf(
  values: readonly string[],
  reason: (value: string) => string | null = () => null,
): Choice[] {
  return values.map((value) => ({ value, unavailable: reason(value) }));
}

/** The first of those wanted that can be had; null: none. */
export function pick<Value extends string>(
  choices: readonly Choice[],
  wanted: readonly Value[],
): Value | null {
  const offered = new Set(
    choices.filter(({ unavailable }) => unavailable === null).map(({ value }) => value),
  );
  return wanted.find((value) => offered.has(value)) ?? null;
}

export function isOffered(choices: readonly Choice[], value: string): boolean {
  return pick(choices, [value]) !== null;
}

/** Why a value cannot be had; null: it can, or is not known at all. */
export function reasonAgainst(choices: readonly Choice[], value: string): string | null {
  return choices.find((candidate) => candidate.value === value)?.unavailable ?? null;
}
