import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import type { Unattended } from '../../contract/unattended.ts';
import { systemWords } from '../../jobs/p2v/system-words.ts';
import { CliError, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { CreateFlags } from './create.ts';

/**
 * What the flags tell an installer.
 * @throws {UsageError} where there is no password, or no user whom it needs
 */
export async function readUnattended(kind: Unattended['kind'], flags: CreateFlags): Promise<Unattended> {
  const { hostname = null, timezone = 'UTC', locale = 'en_US', keyboard = 'us', user } = flags;
  if (flags.passwordFile === undefined)
    throw new UsageError('--unattended needs --password-file: nobody could log in without one.');
  const password = await readGiven('--password-file', flags.passwordFile);
  if (kind === 'autounattend') {
    const productKey =
      flags.productKeyFile === undefined ? null : await readGiven('--product-key-file', flags.productKeyFile);
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
  return Promise.all(files.map(async (file) => (await readNamed('--ssh-key', file)).trim()));
}

/** What is in a file, or comes by standard input (`-`), without the end of its line. */
export async function readGiven(option: string, file: string): Promise<string> {
  const text = file === '-' ? await readText(process.stdin) : await readNamed(option, file);
  return text.replace(/\r?\n$/, '');
}

/** A file of this computer that an option names. @throws {CliError} that names both where it cannot be read */
export async function readNamed(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const words = systemWords(error);
    if (words === null) throw error;
    throw new CliError({ code: 'BAD_INPUT', message: `${option}: ${file} ${words}.` }, EXIT.failed);
  }
}
