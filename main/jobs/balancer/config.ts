import { isIPv4 } from 'node:net';
import type { BackendView, ConfigLine } from '../../contract/balancer.ts';

export const REMAP_CONFIG = '/etc/trafficserver/remap.config';
export const PARENT_CONFIG = '/etc/trafficserver/parent.config';

/** What Virtlane writes is between two such lines; the rest of a file is its owner's. */
const BEGIN = '# virtlane begin: the lines up to the next mark are written anew by Virtlane';
const END = '# virtlane end';
const IS_BEGIN = /^#\s*virtlane begin\b/;
const IS_END = /^#\s*virtlane end\b/;

/** Where a back end answers. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Those that have an address now. */
export function endpointsOf(backends: readonly BackendView[]): Endpoint[] {
  return backends.flatMap(({ address, port }) => (address === null ? [] : [{ address, port }]));
}

/** An address that may stand in a configuration: guests and their agents can say anything. */
export function isBackendAddress(address: string): boolean {
  if (!isIPv4(address)) return false;
  const first = Number(address.split('.')[0]);
  return first !== 0 && first < 224;
}

/**
 * Virtlane's lines of each file, by its path. parent.config names all back ends, which take turns; one that does not answer is left out until
 * it does. remap.config only has to name one.
 * @throws {RangeError} for what is no address
 */
export function balancerLines(endpoints: readonly Endpoint[]): ReadonlyMap<string, string> {
  const texts = endpoints.map(({ address, port }) => {
    if (!isBackendAddress(address) || !Number.isInteger(port) || port < 1 || port > 65_535)
      throw new RangeError('a back end has no usable address');
    return `${address}:${port}`;
  });
  const [first] = texts;
  const none = '# No machine is chosen yet.';
  return new Map([
    [REMAP_CONFIG, block(first === undefined ? none : `map / http://${first}/`)],
    [
      PARENT_CONFIG,
      block(
        first === undefined
          ? none
          : `dest_domain=. parent="${texts.join(';')}" round_robin=strict go_direct=false parent_is_proxy=false`,
      ),
    ],
  ]);
}

function block(line: string): string {
  return `${BEGIN}\n${line}\n${END}\n`;
}

/**
 * A file with Virtlane's lines in place of those that it has, or at its end. Null: its marks are broken, so that it cannot be told what is
 * Virtlane's.
 */
export function withOwnLines(file: string, own: string): string | null {
  const lines = file.split('\n');
  const begins = lines.flatMap((line, at) => (IS_BEGIN.test(line) ? [at] : []));
  const ends = lines.flatMap((line, at) => (IS_END.test(line) ? [at] : []));
  if (begins.length === 0 && ends.length === 0)
    return file === '' || file.endsWith('\n') ? file + own : `${file}\n${own}`;
  const [begin = -1] = begins;
  const [end = -1] = ends;
  if (begins.length !== 1 || ends.length !== 1 || end < begin) return null;
  const after = lines.slice(end + 1).join('\n');
  return [...lines.slice(0, begin), own.trimEnd(), after].join('\n');
}

/** Whether a line of the file's owner comes before Virtlane's: the first that fits counts. */
export function hasEarlierLines(file: string): boolean {
  for (const line of file.split('\n')) {
    if (IS_BEGIN.test(line)) return false;
    if (line.trim() !== '' && !line.trimStart().startsWith('#')) return true;
  }
  return false;
}

/** The lines of a change that is in one place, as ours is. */
export function changedLines(before: string, after: string): ConfigLine[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const as = (kind: ConfigLine['kind'], lines: readonly string[]): ConfigLine[] =>
    lines.map((text) => ({ kind, text }));
  return [
    ...as('same', old.slice(0, head)),
    ...as('removed', old.slice(head, old.length - tail)),
    ...as('added', now.slice(head, now.length - tail)),
    ...as('same', old.slice(old.length - tail)),
  ];
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
