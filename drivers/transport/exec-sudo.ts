import { stdinBytes, type Exec } from './exec.ts';

/** How the user who is logged in gets the rights of root: by sudo, with or without a password. */
export interface Sudo {
  /** Never an argument: sudo reads it from its standard input. null: it needs none. */
  readonly password: string | null;
}

/** sudo's own words are to be English. */
const SUDO = ['env', 'LC_ALL=C', 'sudo'];
const WITHOUT = [...SUDO, '-n', '--'];
/** -k: what sudo remembers of the user does not count, so that it always reads the password. */
const WITH = [...SUDO, '-k', '-S', '-p', '', '--'];

/** What stands between the password and what the program reads. */
const GO = 'virtlane-go';
/**
 * Where sudo wants no password after all, the program would read it: so all is passed over up to the mark. `read` takes no byte of what
 * comes behind it.
 */
const AFTER_MARK = `while IFS= read -r l; do if [ "$l" = ${GO} ]; then exec "$@"; fi; done; exit 127`;

/** A program through sudo, and what its standard input begins with. */
export function throughSudo(
  argv: readonly string[],
  { password }: Sudo,
): { argv: readonly string[]; before: Buffer } {
  if (password === null) return { argv: [...WITHOUT, ...argv], before: Buffer.alloc(0) };
  return {
    argv: [...WITH, 'sh', '-c', AFTER_MARK, 'sh', ...argv],
    before: stdinBytes(`${password}\n${GO}\n`),
  };
}

/**
 * Whether sudo runs programs for the user: what it says where it does not; null: it does. A wrong password is tried once.
 * @param exec programs of that user
 */
export async function sudoRefusal(
  exec: Exec,
  { password }: Sudo,
  signal: AbortSignal,
): Promise<string | null> {
  const sudo = password === null ? WITHOUT : WITH;
  const stdin = password === null ? '' : `${password}\n`;
  const { status, stderr } = await exec([...sudo, 'sh', '-c', ':'], { stdin, signal });
  return status === 0 ? null : stderr.trim();
}
