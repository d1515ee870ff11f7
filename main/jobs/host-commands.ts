import type { Exec, ExecResult } from '../../drivers/transport/exec.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import { pause, systemClock } from '../hosts/clock.ts';
import { FailureError } from '../hosts/failures.ts';
import type { HostSession } from '../hosts/session.ts';

/** What it takes of a host to run its programs. */
export interface ProgramHost {
  readonly name: string;
  readonly link: Pick<HostSession['link'], 'commands'>;
}

/** The login to the host runs no programs there. */
export class NoCommands extends FailureError {}

/**
 * The programs of a host that is connected. Running one throws NoCommands where the login may not, and TransportError.
 * @throws NoCommands
 */
export function programsOf({ link, name }: ProgramHost): Exec {
  const { commands } = link;
  const { exec } = commands;
  if (exec === undefined) throw new NoCommands({ code: 'UNSUPPORTED', message: commands.reason });
  return async (argv, options) => {
    try {
      return await exec(argv, options);
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== 'EXEC') throw error;
      const message = `The login to ${name} runs no programs there.`;
      throw new NoCommands({ code: 'UNSUPPORTED', message, detail: error.message }, error);
    }
  };
}

/**
 * Runs a program on a host, and waits for its end.
 * @throws NoCommands, TransportError
 */
export async function runProgram(
  session: ProgramHost,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<ExecResult> {
  return programsOf(session)(argv, { signal });
}

/** How often a folder is looked at in which a program still writes that is about to end. */
const AGAIN_MS = 2000;
const ATTEMPTS = 40;

/**
 * Removes a folder with all that is in it, and nothing that is mounted there.
 * @throws FailureError when it stays, NoCommands, TransportError
 */
export async function removeFolder(session: ProgramHost, path: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const argv = ['rm', '-rf', '--one-file-system', '--', path];
    const { status, stderr } = await runProgram(session, argv, signal);
    if (status === 0) return;
    if (attempt === ATTEMPTS || !/not empty/i.test(stderr))
      throw new FailureError({ code: 'LIBVIRT', message: `${path} could not be removed.`, detail: stderr });
    await pause(systemClock, AGAIN_MS, signal);
  }
}
