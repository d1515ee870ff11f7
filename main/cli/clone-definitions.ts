import { InvalidArgumentError, Option, type Command } from 'commander';
import { CLONE_COPIES, CLONE_TPMS } from '../contract/clone.ts';
import { cloneMachine, parseDisk, parseNetwork, type CloneFlags } from './commands/clone.ts';
import { positiveInteger } from './definitions.ts';
import { addFirstBoot } from './first-boot-options.ts';
import type { Work } from './program.ts';
import { parseSize } from './size.ts';

/** Wrong text of an option, said as commander says it. */
const parsed =
  <T>(parse: (text: string) => T) =>
  (text: string, before: T[]): T[] => {
    try {
      return [...before, parse(text)];
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };

/** `virtlane clone` */
export function addClone(program: Command, run: (work: Work) => Promise<void>): void {
  const option = (flags: string, description: string): Option => new Option(flags, description);
  const command = program
    .command('clone')
    .description('make a machine like another one, or several by a pattern')
    .argument('<vm>', 'name, UUID or host/name')
    .argument('<name>', 'web-1; web-## with --count 3: web-01 to web-03')
    .addOption(option('--count <n>', 'how many').argParser(positiveInteger).default(1))
    .addOption(
      option(
        '--disk <disk>',
        'TARGET=WAY[:POOL[:FORMAT]], as vda=link; ways: copy, link, share, empty, omit; may be given several times (else: its own are copied)',
      )
        .argParser(parsed(parseDisk))
        .default([]),
    )
    .option('--pool <pool>', 'for the new disks that name none (else: beside the machine’s)')
    .option('--to <host>', 'on another host (else: on the machine’s own)')
    .option(
      '--direct',
      'with --to: the hosts send the disks by themselves, by a key for this job alone that is put on both and taken away again (else: through this computer)',
      false,
    )
    .addOption(
      option('--network <choice>', 'FROM=TO: another network for its cards; may be given several times')
        .argParser(parsed(parseNetwork))
        .default([]),
    )
    .addOption(option('--memory <size>', '2GiB').argParser(parseSize))
    .addOption(option('--vcpus <n>', 'virtual CPUs').argParser(positiveInteger))
    .option('--keep-as-template', 'keep the machine as a template, where disks are to lie on its own', false)
    .option('--no-freeze', 'of a machine that runs: do not ask its agent to hold its file systems still')
    .addOption(
      option(
        '--copy-by <way>',
        'of a machine that runs: by a backup, or by a snapshot that is merged back (else: by a backup where the host can)',
      ).choices(CLONE_COPIES),
    )
    .option('--new-firmware', 'settings of UEFI as at a first start, not a copy', false)
    .addOption(
      option(
        '--tpm <state>',
        'what an emulated TPM holds: the same keys, of a machine that is off, or nothing',
      )
        .choices(CLONE_TPMS)
        .default('new'),
    )
    .option('--drop-host-devices', 'without the host’s devices that the machine has', false);
  addFirstBoot(command, 'machine')
    .option('--start', 'start it when it is made', false)
    .option('--autostart', 'start with its host', false)
    .option('--dry-run', 'only say what would be done', false)
    .option('--show-xml', 'only print the XML of the first machine', false)
    .action((machine: string, name: string, flags: CloneFlags) =>
      run((session) => cloneMachine(session, { machine, name }, flags)),
    );
}
