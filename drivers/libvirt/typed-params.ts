import type { TypedParam, TypedParamValue } from './protocol/structs.ts';

export type { TypedParam, TypedParamValue } from './protocol/structs.ts';

/** A value without its wire type: 64-bit integers are bigints, all other numbers are numbers. */
export type PlainValue = TypedParamValue['value'];
export type TypedParamMap = ReadonlyMap<string, PlainValue>;

/** Values by field name; of fields that repeat, the last. */
export function typedParamsToMap(params: readonly TypedParam[]): Map<string, PlainValue> {
  const map = new Map<string, PlainValue>();
  for (const { field, value } of params) map.set(field, value.value);
  return map;
}

/**
 * A figure as a number. A 64-bit figure beyond 2^53 loses its last bits: fine for a graph, wrong for an identifier.
 * Use `getBigint` where every bit counts.
 */
export function getNumber(map: TypedParamMap, field: string): number | null {
  const value = map.get(field);
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
}

/** An integer without loss; null when the field is missing or no integer. */
export function getBigint(map: TypedParamMap, field: string): bigint | null {
  const value = map.get(field);
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : null;
}

export function getString(map: TypedParamMap, field: string): string | null {
  const value = map.get(field);
  return typeof value === 'string' ? value : null;
}

export function getBoolean(map: TypedParamMap, field: string): boolean | null {
  const value = map.get(field);
  return typeof value === 'boolean' ? value : null;
}

type ValueOf<T extends TypedParamValue['type']> = Extract<TypedParamValue, { type: T }>['value'];

/** `param('bandwidth', 'ullong', 10n)` */
export function param<T extends TypedParamValue['type']>(
  field: string,
  type: T,
  value: ValueOf<T>,
): TypedParam {
  return { field, value: { type, value } as TypedParamValue };
}
