import { FormatError } from '../errors.ts';
import { checked, checkedText } from '../guest-values.ts';
import { writeIso } from '../iso9660/index.ts';
import { MAX_EXTRA, checkCloudConfig } from './check.ts';
import { cloudConfig, networkConfig } from './cloud-config.ts';
import type { CloudInit } from './model.ts';
import { toYaml } from '../yaml.ts';

/** The files of a NoCloud data source (cloudinit.readthedocs.io, "NoCloud"). They hold secrets: hashes of passwords. */
export interface SeedFiles {
  readonly userData: string;
  readonly metaData: string;
  /** Null: there is none, and every NIC asks by DHCP. */
  readonly networkConfig: string | null;
}

/**
 * A person's own part comes first, and ours after it keeps what is there: their values win, lists are ours and then theirs
 * (cloudinit.readthedocs.io, "Merging user-data sections"). It reaches cloud-init as it was written: another writer of YAML would turn
 * `permissions: 0644` into another number.
 */
const OURS_UNDER_THEIRS = 'dict(no_replace,recurse_array)+list(prepend)+str()';
const BOUNDARY = '==virtlane==';

/** @throws {FormatError} BAD_VALUE that names the field, for a value that is none or a cloud-config of a person that is not YAML */
export function seedFiles(from: CloudInit): SeedFiles {
  const ours = `#cloud-config\n${toYaml(cloudConfig(from))}`;
  const meta: Record<string, string> = { 'instance-id': checked('word', 'Instance id', from.instanceId) };
  if (from.hostname !== null) meta['local-hostname'] = checked('hostname', 'Host name', from.hostname);
  return {
    userData: withExtra(ours, from.extra),
    metaData: toYaml(meta),
    networkConfig: from.network === null ? null : toYaml(networkConfig(from.network)),
  };
}

/** The CD to attach to the machine. @throws {FormatError} as `seedFiles` */
export function seedIso(from: CloudInit): Buffer {
  const { userData, metaData, networkConfig: network } = seedFiles(from);
  const file = (path: string, content: string) => ({ path, content: Buffer.from(content, 'utf8') });
  return writeIso({
    volumeId: 'cidata',
    files: [
      file('user-data', userData),
      file('meta-data', metaData),
      ...(network === null ? [] : [file('network-config', network)]),
    ],
  });
}

function withExtra(ours: string, extra: string): string {
  checkedText('Own cloud-config', extra, MAX_EXTRA);
  const problem = checkCloudConfig(extra).find(({ severity }) => severity === 'error');
  if (problem !== undefined) {
    const line = problem.line === null ? '' : ` in line ${problem.line}`;
    throw new FormatError('BAD_VALUE', `Own cloud-config${line}: ${problem.message}`);
  }
  if (extra.replace(/^\s*(#.*)?$/gm, '').trim() === '') return ours;
  const theirs = extra.startsWith('#cloud-config') ? extra : `#cloud-config\n${extra}`;
  return [
    `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
    'MIME-Version: 1.0',
    '',
    part(theirs, 'own.yaml', []),
    part(ours, 'virtlane.yaml', [`Merge-Type: ${OURS_UNDER_THEIRS}`]),
    `--${BOUNDARY}--`,
    '',
  ].join('\n');
}

/** In base64, because cloud-init's reader of mails takes other letters than ASCII for Latin-1. */
function part(text: string, name: string, headers: readonly string[]): string {
  const lines =
    Buffer.from(text, 'utf8')
      .toString('base64')
      .match(/.{1,76}/g) ?? [];
  return [
    `--${BOUNDARY}`,
    'Content-Type: text/cloud-config; charset="utf-8"',
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="${name}"`,
    ...headers,
    '',
    ...lines,
  ].join('\n');
}
