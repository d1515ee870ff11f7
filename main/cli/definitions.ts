import { InvalidArgumentError, Option, type Command } from 'commander';
import { act, type ActionName, type ActionOptions } from './commands/actions.ts';
import { callMethod } from './commands/call.ts';
import { openSerialConsole } from './commands/console.ts';
import { deleteDomains } from './commands/delete.ts';
import { showEvents } from './commands/events.ts';
import { saveScreenshot, showInfo, showXml } from './commands/info.ts';
import { listLeftJobs, resumeLeftJob, undoLeftJob } from './commands/left-jobs.ts';
import { addHost, removeHost, type AddHostFlags } from './commands/hosts.ts';
import { listDomains, listHosts } from './commands/list.ts';
import { tagMachine } from './commands/tag.ts';
import { showStats, type StatsOptions } from './commands/stats.ts';
import { UsageError } from './errors.ts';
import type { CliEnvironment, Work } from './program.ts';
import { UNSEEN } from './storage-definitions.ts';

type Run = (work: Work) => Promise<void>;

/** Commands that show. */
export function addViews(program: Command, run: Run): void {
  const hosts = program.command('hosts').description('list the hosts; add, remove a saved one');
  hosts
    .command('list', { isDefault: true })
    .description('list the hosts')
    .action(() => run(listHosts));
  hosts
    .command('add')
    .description('connect to a host, and save it for all commands and the window')
    .argument('<host>', 'libvirt URI, user@host[:port] or an entry of ~/.ssh/config')
    .option('--name <name>', 'what it is to be called here (else: as it calls itself)')
    .option('--key-file <file>', 'a key to try first for its login')
    .option('--unreached', 'save it also where it cannot be reached now', false)
    .action((target: string, flags: AddHostFlags) => run((session) => addHost(session, target, flags)));
  hosts
    .command('remove')
    .description('forget a saved host; nothing is changed on it')
    .argument('<host>', 'its name, address or URI')
    .action((text: string) => run((session) => removeHost(session, text)));
  program
    .command('list')
    .description('list the machines')
    .option('--addresses', 'ask each machine for its addresses, which takes longer', false)
    .action((options: { addresses: boolean }) => run((session) => listDomains(session, options)));
  program
    .command('info')
    .description('show one machine')
    .argument('<vm>', 'name, UUID or host/name')
    .action((vm: string) => run((session) => showInfo(session, vm)));
  program
    .command('stats')
    .description('show figures of running machines')
    .argument('[vm...]', 'only these')
    .option('--watch', 'go on until Ctrl+C', false)
    .addOption(
      new Option('--interval <seconds>', 'between two samples; 1 unless told')
        .choices(['1', '2', '5', '10'])
        .default('1'),
    )
    .action((vms: string[], { watch, interval }: { watch: boolean; interval: string }) => {
      const intervalMs = (Number(interval) * 1000) as StatsOptions['intervalMs'];
      return run((session) => showStats(session, vms, { watch, intervalMs }));
    });
  program
    .command('events')
    .description('print what happens on the hosts, until Ctrl+C')
    .option('--count <n>', 'end after so many', positiveInteger)
    .action(({ count }: { count?: number }) => run((session) => showEvents(session, count ?? null)));
  addJobs(program, run);
  program
    .command('xml')
    .description('print a machine’s XML, without passwords')
    .argument('<vm>')
    .option('--inactive', 'the definition for the next start', false)
    .action((vm: string, { inactive }: { inactive: boolean }) =>
      run((session) => showXml(session, vm, inactive)),
    );
  program
    .command('call')
    .description('call any method of the contract')
    .argument('<method>', 'domain.list, host.list, …')
    .argument('[input]', 'JSON')
    .action((method: string, input?: string) => run((session) => callMethod(session, method, input)));
}

function addJobs(program: Command, run: Run): void {
  const jobs = program
    .command('jobs')
    .description('jobs whose program ended in the middle: list, resume, undo')
    // What it does without a word would else be told of a word that it does not know.
    .allowExcessArguments()
    .action((_options, { args: [word] }: Command) => {
      if (word !== undefined)
        throw new UsageError(`There is no command jobs ${word}. virtlane jobs --help lists them.`);
      return run(listLeftJobs);
    });
  jobs
    .command('list')
    .description('list them, with what they may have left; the same as without a word')
    .action(() => run(listLeftJobs));
  jobs
    .command('resume')
    .description('go on with one from where it stood')
    .argument('<job>', 'its id, the first 8 characters of it, or the name of what it is about')
    .action((job: string) => run((session) => resumeLeftJob(session, job)));
  jobs
    .command('undo')
    .description('take back what one has done; says what that is and asks')
    .argument('<job>', 'its id, the first 8 characters of it, or the name of what it is about')
    .option('--yes', 'do not ask', false)
    .action((job: string, flags: { yes: boolean }) => run((session) => undoLeftJob(session, job, flags)));
}

/** Commands that do something to machines. */
export function addActions(program: Command, run: Run): void {
  const action = (name: ActionName, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<vm...>', 'names, UUIDs or host/names')
      .action((vms: string[], { wait, ...flags }: ActionOptions & { wait?: number | true }) => {
        const waitSeconds = wait === undefined ? null : wait === true ? DEFAULT_WAIT_SECONDS : wait;
        return run((session) => act(session, name, { vms, options: { ...flags, waitSeconds } }));
      });
  const mode = (): Option =>
    new Option('--mode <mode>', 'how the guest is asked (else: as the host chooses)').choices([
      'acpi',
      'agent',
    ]);
  action('start', 'start').option('--paused', 'leave it paused', false);
  action('shutdown', 'ask the guest to shut down')
    .addOption(mode())
    .option('--wait [seconds]', `until it is off (${DEFAULT_WAIT_SECONDS} s unless told)`, positiveInteger);
  action('reboot', 'ask the guest to reboot').addOption(mode());
  action('reset', 'reset at once, as the button of a computer does');
  action('off', 'cut the power');
  action('pause', 'stop the vCPUs');
  action('resume', 'let paused vCPUs run').option(
    '--moved-to <host>',
    'where it was going, when a migration paused it: that host is asked first',
  );
  action('save', 'save the memory to disk and stop');
  action('restore', 'start from the saved memory');
  action('discard-saved', 'delete the saved memory');
  action('autostart', 'start with its host from now on').option('--off', 'do not start with its host', false);
  addTag(program, run);
  addDelete(program, run);
}

function addTag(program: Command, run: Run): void {
  program
    .command('tag')
    .description('show the tags of a machine, add some (+web), take some away (-old)')
    .argument('<vm>', 'name, UUID or host/name')
    .argument('[change...]', '+TAG or -TAG')
    // `-old` is no option.
    .allowUnknownOption()
    .action((vm: string, changes: string[]) => run((session) => tagMachine(session, vm, changes)));
}

interface DeleteFlags {
  readonly disk: string[];
  readonly allDisks: boolean;
  readonly yes: boolean;
  readonly force: boolean;
  readonly unseen: boolean;
  readonly template: boolean;
}

function addDelete(program: Command, run: Run): void {
  program
    .command('delete')
    .description('delete a machine for good; says what is lost and asks')
    .argument('<vm...>', 'names, UUIDs or host/names')
    .addOption(
      new Option('--disk <path>', 'delete this file of it too; may be given several times')
        .argParser((path: string, before: string[]) => [...before, path])
        .default([])
        .conflicts(['allDisks', 'keepDisks']),
    )
    .addOption(
      new Option('--all-disks', 'delete its disks too, but those that other machines need')
        .default(false)
        .conflicts('keepDisks'),
    )
    .option('--keep-disks', 'delete no disk; the same without any of the three')
    .option('--force', 'also when it runs: its power is cut first', false)
    .option('--yes', 'do not ask', false)
    .option('--unseen', UNSEEN, false)
    .option('--template', 'with --yes: also a template on whose disks others lie; these disks stay', false)
    .action((vms: string[], { disk, allDisks, ...flags }: DeleteFlags) => {
      const disks = allDisks ? 'all' : disk.length > 0 ? disk : 'none';
      return run((session) => deleteDomains(session, vms, { disks, ...flags }));
    });
}

const DEFAULT_WAIT_SECONDS = 180;

/** Commands for a machine's screen and serial ports. */
export function addConsoles(program: Command, run: Run, environment: CliEnvironment): void {
  program
    .command('screenshot')
    .description('save a picture of the screen as PNG')
    .argument('<vm>')
    .requiredOption('-o, --output <file>', 'the file; - is standard output')
    .option('--screen <n>', 'number of the screen', nonNegativeInteger, 0)
    .action((vm: string, options: { output: string; screen: number }) =>
      run((session) => saveScreenshot(session, vm, options)),
    );
  program
    .command('console')
    .description('open the serial console in this terminal; Ctrl+] leaves')
    .argument('<vm>')
    .option('--device <alias>', 'serial0, serial1, … (else: the first)')
    .option('--force', 'end another session that holds it', false)
    .action((vm: string, { device, force }: { device?: string; force: boolean }) => {
      const { stdin: keyboard, stdout: screen } = environment;
      return run((session) => openSerialConsole(session, vm, { device, force, keyboard, screen }));
    });
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

function nonNegativeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}
