import { ORPCError } from '@orpc/client';
import { FAILURE_CODES } from '../contract/failure-codes.ts';
import { forgetKeyLine } from '../contract/forget-key.ts';
import type { Failure } from '../contract/failure.ts';
import { shellQuote } from '../contract/virsh.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';
import { flagOf } from './flags-of-fields.ts';
import { visible } from './table.ts';

/** A Failure that ends a command, with the code to exit with. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly failure: Failure;
  readonly exitCode: ExitCode;

  constructor(failure: Failure, exitCode: ExitCode = exitCodeOf(failure.code)) {
    super(failure.message);
    this.failure = failure;
    this.exitCode = exitCode;
  }
}

/** The command itself is wrong. */
export class UsageError extends CliError {
  constructor(message: string) {
    super({ code: 'BAD_INPUT', message }, EXIT.usage);
  }
}

/** What any error of a call means. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) return error.failure;
  if (error instanceof ORPCError && isFailure(error.data)) return error.data;
  // A file or folder of this computer: Node's sentence names it.
  if (isSystemError(error)) return { code: 'BAD_INPUT', message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

/** The contract has checked the rest; its schema would be loaded for this alone when a command is wrong. */
function isFailure(data: unknown): data is Failure {
  return typeof data === 'object' && data !== null && 'code' in data && CODES.has(data.code);
}

const CODES: ReadonlySet<unknown> = new Set(FAILURE_CODES);

export function exitCodeFor(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  return isSystemError(error) ? EXIT.failed : exitCodeOf(failureOf(error).code);
}

/** ENOENT, EACCES, ENOSPC… */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number';
}

/** The options that are such fields. */
const UNLESS: Record<NonNullable<Failure['unless']>, string> = {
  build: '--build makes what is not there.',
  shrink: '--shrink does it all the same.',
  force: '--force does it all the same.',
  accepted: '--unseen does it all the same.',
  movedTo: 'Say it with --moved-to HOST.',
};

/**
 * A failure for a person: the sentence, then libvirt's own words, those of the layers below, the option that
 * mends it, and what is wrong with each option, indented. Control characters in it are
 * shown, not obeyed.
 * @param uri of the host, for the line that forgets a changed key
 */
export function failureText(failure: Failure, uri: string | null = null): string {
  const lines = [failure.message];
  if (failure.libvirt !== undefined)
    lines.push(`libvirt: ${failure.libvirt.message} (${failure.libvirt.code})`);
  if (failure.detail !== undefined) lines.push(failure.detail);
  if (failure.unless !== undefined) lines.push(UNLESS[failure.unless]);
  if (failure.notListed !== undefined)
    lines.push(`Add it in the window, or name it for this command: -c ${shellQuote(failure.notListed.uri)}`);
  for (const { field, message } of failure.problems ?? []) {
    const flag = flagOf(field);
    lines.push(flag === null ? message : `${flag}: ${message}`);
  }
  if (failure.hostKey !== undefined) {
    const { offered, keyType, known, knownIn } = failure.hostKey;
    lines.push(`offered: ${offered} (${keyType})`, `known:   ${known.join(', ')} in ${knownIn}`);
    const forget = uri === null ? null : forgetKeyLine(uri, knownIn);
    if (forget !== null) lines.push(`If the change was meant: ${forget}`);
  }
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line, index) => `${index === 0 ? '' : '  '}${visible(line)}`)
    .join('\n');
}
