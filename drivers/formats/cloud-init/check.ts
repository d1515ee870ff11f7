import { KNOWN_KEYS } from './known-keys.ts';
import { YamlError, parseYaml } from '../yaml.ts';

/** What is wrong with a cloud-config that a person wrote. */
export interface CloudConfigProblem {
  readonly severity: 'error' | 'warning';
  /** From 1; null when it is not about a line. */
  readonly line: number | null;
  readonly message: string;
}

export const MAX_EXTRA = 256 * 1024;
/** How other kinds of user-data begin (cloudinit.readthedocs.io, "User-data formats"). */
const OTHER_KINDS =
  /^(#!|#cloud-|#include|#part-handler|#upstart-job|## template:|Content-Type:|MIME-Version:)/i;
const MAX_UNKNOWN = 20;

/**
 * Checks a person's cloud-config: that it is YAML whose first level are keys (an error if not), and that cloud-init knows these keys
 * (a warning if not: a newer one may). What modules say of their own keys only cloud-init checks.
 */
export function checkCloudConfig(text: string): CloudConfigProblem[] {
  const error = (message: string, line: number | null = null): CloudConfigProblem[] => [
    { severity: 'error', line, message },
  ];
  if (text.length > MAX_EXTRA) return error(`More than ${MAX_EXTRA / 1024} KiB.`);
  if (text.trim() === '') return [];
  const [first = ''] = text.split('\n', 1);
  if (OTHER_KINDS.test(first) && first.trimEnd() !== '#cloud-config')
    return error('Only cloud-config is taken here, no script, template or list of addresses.', 1);
  let config: unknown;
  try {
    config = parseYaml(text);
  } catch (caught) {
    if (caught instanceof YamlError) return error(`Not YAML: ${caught.reason}.`, caught.line);
    throw caught;
  }
  // Comments alone.
  if (config === undefined || config === null) return [];
  if (typeof config !== 'object' || Array.isArray(config))
    return error('The first level has to be keys with values, as in "timezone: UTC".');
  return Object.keys(config)
    .filter((key) => !KNOWN_KEYS.has(key))
    .slice(0, MAX_UNKNOWN)
    .map((key) => ({
      severity: 'warning',
      line: lineOf(text, key),
      message: `cloud-init has no key ${JSON.stringify(key.slice(0, 80))}.`,
    }));
}

function lineOf(text: string, key: string): number | null {
  const index = text.split('\n').findIndex((line) => line.startsWith(key) || line.startsWith(`"${key}"`));
  return index < 0 ? null : index + 1;
}
