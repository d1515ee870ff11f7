import { Option, type Command } from 'commander';
import type { CloudInitFlags } from './commands/create-first-boot.ts';
import { UsageError } from './errors.ts';

/** What a machine that is made like another one is told at its first boot. */
interface FirstBootFlags extends Omit<CloudInitFlags, 'template'> {
  readonly count: number;
  readonly firstBoot: boolean;
}

const several = (text: string, before: string[]): string[] => [...before, text];
const list = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(several).default([]);

/** @param of what it is made like: “machine” */
export function addFirstBoot(command: Command, of: string): Command {
  return command
    .option(
      '--first-boot',
      `by cloud-init: a host name and SSH keys of its own (as without it where the ${of} had such a CD)`,
      false,
    )
    .option('--hostname <name>', 'by cloud-init (else: the machine’s name)')
    .option('--user <name>', 'a user of the guest, by cloud-init')
    .addOption(list('--ssh-key <file>', 'public key of that user; may be given several times'))
    .option('--password-file <file>', 'a file that holds the user’s password; - is standard input')
    .addOption(list('--package <name>', 'installed at the first boot; may be given several times'))
    .option('--cloud-init <file>', 'further YAML for cloud-init');
}

/**
 * Whether one of these options was given.
 * @throws UsageError for one host name of several machines
 */
export function asksFirstBoot(flags: FirstBootFlags): boolean {
  const { hostname, user, sshKey, passwordFile, cloudInit } = flags;
  const told = [hostname, user, passwordFile, cloudInit].some((flag) => flag !== undefined);
  const asks = flags.firstBoot || told || sshKey.length > 0 || flags.package.length > 0;
  if (asks && flags.count > 1 && hostname !== undefined)
    throw new UsageError('--hostname is one machine’s: without it each has its own name.');
  return asks;
}
