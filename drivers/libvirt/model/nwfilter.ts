import { parseRoot } from './values.ts';

/** virNWFilterGetXMLDesc. */
export interface FilterModel {
  readonly uuid: string;
  readonly name: string;
  /** Names of the filters that it is made of. */
  readonly refs: readonly string[];
  readonly rules: number;
}

/** @throws {XmlError} when it is not XML, or not of a filter */
export function readFilter(xml: string): FilterModel {
  const root = parseRoot(xml, 'filter');
  return {
    uuid: (root.textAt('uuid') ?? '').toLowerCase(),
    name: root.attribute('name') ?? '',
    refs: root.findAll('filterref').flatMap((ref) => ref.attribute('filter') ?? []),
    rules: root.findAll('rule').length,
  };
}
