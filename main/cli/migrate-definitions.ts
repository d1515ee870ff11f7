import { InvalidArgumentError, Option, type Command } from 'commander';
import { NO_LIMIT_MIBS } from '../contract/migrate.ts';
import { evacuateHost, type EvacuateFlags } from './commands/evacuate.ts';
import {
  migrateMachine,
  tuneMigration,
  type DiskChoice,
  type MigrateFlags,
  type TuneFlags,
} from './commands/migrate.ts';
import { positiveInteger } from './definitions.ts';
import type { Work } from './program.ts';

type Run = (work: Work) => Promise<void>;

/** `virtlane migrate` */
export function addMigrate(program: Command, run: Run): void {
  program
    .command('migrate')
    .description('move a machine to another host, while it runs, paused, or off')
    .argument('<vm>', 'name, UUID or host/name')
    .argument('<host>', 'the host that it goes to')
    .option('--pool <pool>', 'there, for copied disks (else: that of the same folder or name)')
    .addOption(
      new Option(
        '--disk <disk=way[:pool]>',
        'copy a disk, share it, or copy its top alone (what was written since its base): vda=copy:fast; may be given several times',
      )
        .argParser(diskChoice)
        .default([]),
    )
    .option(
      '--cpu <model>',
      'of a machine that is off: the CPU that it gets, a model’s name, or baseline (what both hosts have)',
    )
    .addOption(
      new Option(
        '--network <from=to>',
        'a network or bridge of another name there; may be given several times',
      )
        .argParser(pair)
        .default({}),
    )
    .addOption(
      new Option(
        '--via <way>',
        'how the data goes: direct from host to host, or relayed through this computer',
      )
        .choices(['auto', 'direct', 'relay'])
        .default('auto'),
    )
    .option('--address <address>', 'with --via direct: the address of that host, as the first one reaches it')
    .addOption(
      new Option(
        '--bandwidth <MiB/s>',
        'at most so fast: each copied disk, all at once, then the memory',
      ).argParser(positiveInteger),
    )
    .addOption(new Option('--downtime <ms>', 'the guest may stand still so long').argParser(positiveInteger))
    .option('--auto-converge', 'slow the guest down while it changes its memory too fast', false)
    .addOption(
      new Option(
        '--drive <who>',
        'who drives it: Virtlane, the libvirtd of the first host (peer), or that with its data through libvirt (tunnel)',
      )
        .choices(['app', 'peer', 'tunnel'])
        .default('app'),
    )
    .option(
      '--peer-uri <uri>',
      'with peer and tunnel: how that host reaches the other: qemu+tls://HOST/system',
    )
    .option('--tls', 'the hosts encrypt what goes between them, by the certificates of their QEMUs', false)
    .option('--tls-name <name>', 'the name in the other host’s certificate (else: its address)')
    .option('--post-copy', 'it may go on there before all of its memory is there (migrate-tune)', false)
    .addOption(
      new Option('--post-copy-after <rounds>', 'does so after so many rounds over the memory').argParser(
        positiveInteger,
      ),
    )
    .addOption(
      new Option('--compress <method>', 'of the memory; zlib and zstd with --parallel')
        .choices(['none', 'xbzrle', 'mt', 'zlib', 'zstd'])
        .default('none'),
    )
    .addOption(
      new Option('--parallel <n>', 'so many connections, from host to host').argParser(positiveInteger),
    )
    .option('--name <name>', 'what it is called there')
    .option('--keep-definition', 'the first host keeps its definition, off', false)
    .option('--unsafe', 'also where libvirt cannot tell that the storage is shared', false)
    .option('--delete-source', 'delete the copied disks of the first host when it runs on the other', false)
    .option('--eject', 'take CDs that the other host has not out of their drives first', false)
    .option('--dry-run', 'only say what stands against it and what would be done', false)
    .action((vm: string, host: string, flags: MigrateFlags) =>
      run((session) => migrateMachine(session, { vm, host }, flags)),
    );
  program
    .command('migrate-tune')
    .description('change a migration while its data goes')
    .argument('<vm>', 'name, UUID or host/name; on the host that it comes from')
    .addOption(
      new Option('--bandwidth <MiB/s>', 'at most so fast; none: as fast as it can').argParser(
        (text: string) => (text === 'none' ? NO_LIMIT_MIBS : positiveInteger(text)),
      ),
    )
    .addOption(new Option('--downtime <ms>', 'the guest may stand still so long').argParser(positiveInteger))
    .option('--post-copy', 'it goes on there now (only where it was begun with --post-copy)', false)
    .action((vm: string, flags: TuneFlags) => run((session) => tuneMigration(session, vm, flags)));
}

/** `virtlane evacuate` */
export function addEvacuate(program: Command, run: Run): void {
  program
    .command('evacuate')
    .description('move all machines of a host to others, by free memory and processors; or bring them home')
    .argument('<host>', 'the host that is emptied')
    .addOption(
      new Option('--to <host>', 'a host that may take them; may be given several times (else: all)')
        .argParser((host: string, before: string[]) => [...before, host])
        .default([]),
    )
    .addOption(
      new Option('--at-once <number>', 'so many at a time between the same two hosts')
        .argParser(positiveInteger)
        .default(1),
    )
    .option('--delete-source', 'delete the copied disks of the host when a machine runs elsewhere', false)
    .option('--unsafe', 'also where libvirt cannot tell that the storage is shared', false)
    .option('--eject', 'take CDs that keep machines there out of their drives first', false)
    .option('--home', 'bring back what an evacuation took away from this host', false)
    .option('--dry-run', 'only say where each machine would go', false)
    .action((host: string, flags: EvacuateFlags) => run((session) => evacuateHost(session, host, flags)));
}

function pair(text: string, before: Record<string, string>): Record<string, string> {
  const [, from = '', to = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (from === '') throw new InvalidArgumentError('It must be FROM=TO.');
  return { ...before, [from]: to };
}

function diskChoice(text: string, before: readonly DiskChoice[]): DiskChoice[] {
  const [, target = '', way = '', pool] = /^([^=]+)=(copy|share|top)(?::(.+))?$/.exec(text) ?? [];
  if (way !== 'copy' && way !== 'share' && way !== 'top')
    throw new InvalidArgumentError('It must be DISK=copy, DISK=share or DISK=top, with :POOL behind it.');
  return [...before, { target, way, pool: pool ?? null }];
}
