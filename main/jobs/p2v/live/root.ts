import { endpoint } from '../../../../drivers/transport/errors.ts';
import type { Exec } from '../../../../drivers/transport/exec.ts';
import { sudoRefusal } from '../../../../drivers/transport/exec-sudo.ts';
import type { SshSession } from '../../../../drivers/transport/ssh-session.ts';
import { FailureError } from '../../../hosts/failures.ts';
import type { SudoQuestion } from '../../../hosts/prompts.ts';

/** As sudo itself has it: a further wrong one may lock the account. */
const ATTEMPTS = 3;

/** What of an SSH session is needed to become root. */
export type RootSession = Pick<SshSession, 'exec' | 'asRoot' | 'target'>;

export interface Rooted {
  readonly as: 'root' | 'sudo';
  /** Programs run as root. */
  readonly exec: Exec;
}

/**
 * Programs of a machine that run as root: because root is logged in, or by sudo.
 * @param ask the password for sudo, where it wants one; null: the person gave up
 * @throws FailureError PERMISSION, CANCELLED; TransportError
 */
export async function asRoot(
  session: RootSession,
  ask: (question: SudoQuestion) => Promise<string | null>,
  signal: AbortSignal,
): Promise<Rooted> {
  const { stdout } = await session.exec(['id', '-u'], { signal });
  if (stdout.trim() === '0') return { as: 'root', exec: session.exec };
  if ((await sudoRefusal(session.exec, { password: null }, signal)) === null)
    return { as: 'sudo', exec: session.asRoot({ password: null }) };
  const { alias, user, host, port } = session.target;
  const address = port === 22 ? host : endpoint(host, port);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const password = await ask({ user, host: alias, address, attempt, signal });
    if (password === null)
      throw new FailureError({
        code: 'CANCELLED',
        message: `The password for sudo on ${alias} was not given.`,
      });
    const words = await sudoRefusal(session.exec, { password }, signal);
    if (words === null) return { as: 'sudo', exec: session.asRoot({ password }) };
    // Another password would not help.
    if (!/incorrect password|no password was provided|sorry, try again/i.test(words))
      throw notAllowed(user, alias, words);
  }
  throw notAllowed(user, alias, `sudo did not accept the password, ${ATTEMPTS} times.`);
}

function notAllowed(user: string, alias: string, words: string): FailureError {
  return new FailureError({
    code: 'PERMISSION',
    message: `${user} may not run programs as root on ${alias}. Log in as root, or let ${user} use sudo.`,
    detail: words,
  });
}
