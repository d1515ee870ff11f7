import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import type { Unattended } from '../../contract/unattended.ts';
import { UsageError } from '../errors.ts';
import type { CreateFlags } from './create.ts';

/**
 * What the flags tell an installer.
 * @throws {UsageError} where there is no password, or no user whom it needs
 */
export async function readUnattended(kind: Unattended['kind'], flags: CreateFlags): Promise<Unattended> {
  const { hostname = null, timezone = 'UTC', locale = 'en_US', keyboard = 'us', user } = flags;
  if (flags.passwordFile === undefined)
    throw new UsageError('--unattended needs --password-file: nobody could log in without one.');
  const password = await readGiven(flags.passwordFile);
  if (kind === 'autounattend') {
    const productKey = flags.productKeyFile === undefined ? null : await readGiven(flags.productKeyFile);
    const region = locale.replace(/[.].*$/, '').replace('_', '-');
    return {
      kind,
      computerName: hostname,
      user: user === undefined ? null : { name: user, fullName: '' },
      password,
      timezone,
      language: 'en-US',
      region,
      edition: flags.edition ?? null,
      productKey,
      remoteDesktop: false,
    };
  }
  if (user === undefined) throw new UsageError('--unattended needs --user: who may log in.');
  const answers = {
    hostname,
    user: { name: user, fullName: '', password, sshKeys: await readKeys(flags.sshKey) },
    timezone,
    locale: locale.includes('.') ? locale : `${locale}.UTF-8`,
    keyboard,
    packages: packagesOf(flags.package),
  };
  switch (kind) {
    case 'preseed':
      return { kind, ...answers, mirror: flags.mirror ?? null };
    case 'kickstart':
      return { kind, ...answers, tree: flags.mirror ?? null };
    case 'autoinstall':
      return { kind, ...answers };
  }
}

/** One each, or several with commas or spaces between them. */
export function packagesOf(given: readonly string[]): string[] {
  return given.flatMap((text) => text.split(/[\s,]+/)).filter((name) => name !== '');
}

/** Public keys, one in each file. */
export function readKeys(files: readonly string[]): Promise<string[]> {
  return Promise.all(files.map(async (file) => (await readFile(file, 'utf8')).trim()));
}

/** What is in a file, or comes by standard input (`-`), without the end of its line. */
export async function readGiven(file: string): Promise<string> {
  const text = file === '-' ? await readText(process.stdin) : await readFile(file, 'utf8');
  return text.replace(/\r?\n$/, '');
}
