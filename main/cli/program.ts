import { InvalidArgumentError, Command, CommanderError } from 'commander';
import type { CoreConnection } from '../bridge/connection.ts';
import { Asker } from './ask.ts';
import { addBalancer } from './balancer-definitions.ts';
import { addClone } from './clone-definitions.ts';
import { addCreate } from './create-definitions.ts';
import { addActions, addConsoles, addViews } from './definitions.ts';
import { exitCodeFor, failureOf, UsageError } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { FleetSession, Unreachable, type OpenPlace } from './fleet-session.ts';
import { Output, type TextSink } from './output.ts';
import { addEvacuate, addMigrate } from './migrate-definitions.ts';
import { addNetworks } from './net-definitions.ts';
import { addP2v, type LocalWork } from './p2v-definitions.ts';
import { addPools, addVolumes } from './storage-definitions.ts';
import { addTemplates } from './template-definitions.ts';
import { nearest } from './suggest.ts';
import type { Keyboard } from './terminal.ts';

/** What the command line runs in. */
export interface CliEnvironment {
  readonly version: string;
  readonly stdin: Keyboard;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Starts the core. `transient`: nothing saved is read or written, as for a command with -c. */
  openCore(options: { transient: boolean }): Promise<OpenCore>;
}

export interface OpenCore {
  readonly connection: CoreConnection;
  /** The core's own, as it is in this process. */
  readonly place: OpenPlace;
  close(): Promise<void>;
}

interface CommonOptions {
  readonly connect: string[];
  readonly json: boolean;
  readonly acceptNew: boolean;
}

/** What a command does with the hosts; a number is its exit code. */
export type Work = (session: FleetSession) => Promise<unknown>;

/** Runs one command; answers with the exit code (docs/cli.md). `args` come after the program's name. */
export async function runCli(args: readonly string[], environment: CliEnvironment): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(environment, (code) => (exitCode = code));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Help and version were printed.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const output = new Output(environment.stdout, environment.stderr, program.opts<CommonOptions>().json);
    if (isHelp(error) && !output.json) environment.stderr.write(program.helpInformation());
    else output.failure(failureOf(wrongUse(error)));
    if (error instanceof CommanderError && !isHelp(error)) output.note('(virtlane --help tells more)');
    return exitCodeFor(wrongUse(error));
  }
}

/** Commander prints the help when no command is named at all. */
function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.code === 'commander.help';
}

/** Commander's own sentences as ours; other errors stay what they are. */
function wrongUse(error: unknown): unknown {
  if (isHelp(error)) return new UsageError('No command is named. virtlane --help lists them.');
  if (!(error instanceof CommanderError)) return error;
  return new UsageError(error.message.replace(/^error: /, '').replaceAll('\n', ' '));
}

/** Everything around a command: the core, the hosts, failures, the exit code. */
async function within(environment: CliEnvironment, options: CommonOptions, work: Work): Promise<number> {
  const output = new Output(environment.stdout, environment.stderr, options.json);
  const asker = new Asker(environment.stdin, environment.stderr);
  let close = (): Promise<void> => Promise.resolve();
  try {
    const core = await environment.openCore({ transient: options.connect.length > 0 });
    close = () => core.close();
    const fleet = { uris: options.connect, acceptNew: options.acceptNew };
    const session = await FleetSession.open(core.connection, { output, asker, place: core.place }, fleet);
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

/** The same around a command that needs neither core nor hosts. */
async function alone(environment: CliEnvironment, { json }: CommonOptions, work: LocalWork): Promise<number> {
  const output = new Output(environment.stdout, environment.stderr, json);
  try {
    return await work(output);
  } catch (error) {
    output.failure(failureOf(error));
    return exitCodeFor(error);
  }
}

function buildProgram(environment: CliEnvironment, exit: (code: number) => void): Command {
  const program = new Command('virtlane')
    .description('Virtual machines on any number of libvirt hosts.')
    .version(environment.version, '-V, --version')
    .option(
      '-c, --connect <uri>',
      'a host: libvirt URI or user@host; may be given several times (else: the saved hosts)',
      (uri: string, before: string[]) => {
        if (uri.trim() === '') throw new InvalidArgumentError('Type a host, for example root@host.');
        return [...before, uri];
      },
      [],
    )
    .option('--json', 'print JSON (docs/cli.md)', false)
    .option('--accept-new', 'accept SSH keys of hosts that are not known yet', false)
    // Before the commands are added: each takes these from its parent when it is made.
    .exitOverride()
    // What is wrong is printed once by runCli, as JSON when that is asked for.
    .configureOutput({ writeOut: (text) => void environment.stdout.write(text), writeErr: () => undefined })
    .configureHelp({
      showGlobalOptions: true,
      // Without the defaults: none of them tells anything.
      optionDescription: ({ description, argChoices }) =>
        argChoices === undefined ? description : `${description} (${argChoices.join(', ')})`,
    });
  const run = (work: Work): Promise<void> =>
    within(environment, program.opts<CommonOptions>(), work).then(exit);
  addViews(program, run);
  addCreate(program, run);
  addClone(program, run);
  addMigrate(program, run);
  addEvacuate(program, run);
  addTemplates(program, run);
  addBalancer(program, run);
  addActions(program, run);
  addConsoles(program, run, environment);
  addPools(program, run);
  addVolumes(program, run);
  addNetworks(program, run);
  addP2v(program, {
    here: (work) => alone(environment, program.opts<CommonOptions>(), work).then(exit),
    onHosts: run,
  });
  program.on('command:*', ([name = '']: string[]) => {
    throw unknownCommand(name, program);
  });
  return program;
}

/** Nobody is led from a slip of the finger to a command that loses data: these are never suggested. */
const LOSING: ReadonlySet<string> = new Set(['reset', 'off', 'delete', 'discard-saved']);

function unknownCommand(name: string, program: Command): UsageError {
  const meant = nearest(
    name,
    program.commands.map((command) => command.name()),
  );
  const hint = meant === null || LOSING.has(meant) ? 'virtlane --help lists them.' : `Did you mean ${meant}?`;
  return new UsageError(`There is no command ${name}. ${hint}`);
}
