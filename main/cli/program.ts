import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { CoreConnection } from '../bridge/connection.ts';
import { Asker } from './ask.ts';
import { act, type ActionName, type ActionOptions } from './commands/actions.ts';
import { callMethod } from './commands/call.ts';
import { openSerialConsole } from './commands/console.ts';
import { showEvents } from './commands/events.ts';
import { saveScreenshot, showInfo, showXml } from './commands/info.ts';
import { listDomains, listHosts } from './commands/list.ts';
import { showStats, type StatsOptions } from './commands/stats.ts';
import { exitCodeFor, failureOf } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { FleetSession, Unreachable } from './fleet-session.ts';
import { Output, type TextSink } from './output.ts';
import type { Keyboard } from './terminal.ts';

/** What the command line runs in. */
export interface CliEnvironment {
  readonly version: string;
  readonly stdin: Keyboard;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Starts the core. `transient`: nothing saved is read or written, as for a command with -c. */
  openCore(options: { transient: boolean }): Promise<{ connection: CoreConnection; close(): Promise<void> }>;
}

interface CommonOptions {
  readonly connect: string[];
  readonly json: boolean;
  readonly acceptNew: boolean;
}

/** Runs one command; answers with the exit code (docs/cli.md). `args` come after the program's name. */
export async function runCli(args: readonly string[], environment: CliEnvironment): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(environment, (code) => (exitCode = code));
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end with 0 here; whatever else commander throws is a wrong command, said on stderr already.
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
  return exitCode;
}

type Work = (session: FleetSession) => Promise<unknown>;

/** Everything around a command: the core, the hosts, failures, the exit code. */
async function within(environment: CliEnvironment, options: CommonOptions, work: Work): Promise<number> {
  const output = new Output(environment.stdout, environment.stderr, options.json);
  const asker = new Asker(environment.stdin, environment.stderr);
  let close = (): Promise<void> => Promise.resolve();
  try {
    const core = await environment.openCore({ transient: options.connect.length > 0 });
    close = () => core.close();
    const fleet = { uris: options.connect, acceptNew: options.acceptNew };
    const session = await FleetSession.open(core.connection, { output, asker }, fleet);
    try {
      const code = await work(session);
      return typeof code === 'number' && code !== EXIT.done ? code : session.exitCode;
    } finally {
      session.close();
    }
  } catch (error) {
    if (!(error instanceof Unreachable)) output.failure(failureOf(error));
    return exitCodeFor(error);
  } finally {
    await close();
  }
}

function buildProgram(environment: CliEnvironment, exit: (code: number) => void): Command {
  const program = new Command('virtlane')
    .description('Virtual machines on any number of libvirt hosts.')
    .version(environment.version, '-V, --version')
    .option(
      '-c, --connect <uri>',
      'a host: libvirt URI or user@host; may be given several times (else: the saved hosts)',
      collect,
      [],
    )
    .option('--json', 'print JSON (docs/cli.md)', false)
    .option('--accept-new', 'accept SSH keys of hosts that are not known yet', false)
    // Before the commands are added: each takes these from its parent when it is made.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void environment.stdout.write(text),
      writeErr: (text) => void environment.stderr.write(text),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(virtlane --help tells more)');
  const run = (work: Work): Promise<void> =>
    within(environment, program.opts<CommonOptions>(), work).then(exit);
  addViews(program, run);
  addActions(program, run);
  addConsoles(program, run, environment);
  return program;
}

type Run = (work: Work) => Promise<void>;

function addViews(program: Command, run: Run): void {
  program
    .command('hosts')
    .description('list the hosts')
    .action(() => run(listHosts));
  program
    .command('list')
    .description('list the machines')
    .action(() => run(listDomains));
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
      new Option('--interval <seconds>', 'between two samples').choices(['1', '2', '5', '10']).default('1'),
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

function addActions(program: Command, run: Run): void {
  const action = (name: ActionName, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<vm...>', 'names, UUIDs or host/names')
      .action((vms: string[], { wait, ...flags }: ActionOptions & { wait?: number | true }) => {
        const waitSeconds = wait === undefined ? null : wait === true ? DEFAULT_WAIT_SECONDS : wait;
        return run((session) => act(session, name, { vms, options: { ...flags, waitSeconds } }));
      });
  const byAgent = '--agent';
  const agentHelp = 'only by the guest agent (else: as the host chooses)';
  action('start', 'start').option('--paused', 'leave it paused', false);
  action('shutdown', 'ask the guest to shut down')
    .option(byAgent, agentHelp, false)
    .option('--wait [seconds]', `until it is off (${DEFAULT_WAIT_SECONDS} s unless told)`, positiveInteger);
  action('reboot', 'ask the guest to reboot').option(byAgent, agentHelp, false);
  action('reset', 'reset at once, as the button of a computer does');
  action('off', 'cut the power');
  action('pause', 'stop the vCPUs');
  action('resume', 'let paused vCPUs run');
  action('save', 'save the memory to disk and stop');
  action('restore', 'start from the saved memory');
}

const DEFAULT_WAIT_SECONDS = 180;

function addConsoles(program: Command, run: Run, environment: CliEnvironment): void {
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

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function positiveInteger(text: string): number {
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
