import { TransportError } from './errors.ts';

/** Linux takes no longer argument (MAX_ARG_STRLEN, 128 KiB), and an SSH server gives the login shell the whole command as one. */
const MAX_COMMAND_BYTES = 120 * 1024;

/** What the program's output begins after: the login shell's own files may have printed before. No word of the command itself. */
export const READY = 'virtlane-ready:';

/** Something must come on the standard input that often, or the program is ended. */
export const HEARTBEAT_MS = 10_000;
const SILENCE_SECONDS = 60;
/** A program that does not read what it is given. */
const FEED_SECONDS = 600;

/**
 * Runs the second script in a session of its own: descriptor 3 is the standard input, 4 takes the program's status, 5 and 6 are its standard
 * output and error. Without single quotes, exclamation marks and line feeds, so that every login shell can hand it over.
 */
const GUARD = [
  'PATH=$PATH:/usr/sbin:/sbin LC_ALL=C; export PATH LC_ALL',
  'for t in setsid timeout head dd wc; do command -v $t >/dev/null || { echo "there is no $t" >&2; exit 127; }; done',
  'printf %s%s virtlane- ready: >&2; printf %s%s virtlane- ready:',
  'exec 3<&0 5>&1 6>&2 </dev/null >/dev/null 2>&1',
  'watched=$1; shift; r=$(setsid sh -c "$watched" sh "$@" 4>&1 >/dev/null)',
  'exit ${r:-143}',
].join('; ');

/**
 * `sh -c WATCHED sh N PROGRAM ARGUMENT…`. Its first half gives the program the first N bytes of descriptor 3, and then takes whatever comes there
 * for a sign of life. When that ends (the channel was closed) or nothing comes for long (the link is gone, and the SSH server has
 * not noticed), the program is ended. With the program ends everything of its session, also what it left in the background.
 * `timeout` answers 124 when the program did not take its input.
 */
const WATCHED = [
  'n=$1; shift; { if [ $n -gt 0 ]',
  `then timeout ${FEED_SECONDS} head -c $n <&3; else :; fi`,
  'if [ $? -ne 124 ]; then exec >/dev/null',
  `while [ $(timeout ${SILENCE_SECONDS} dd bs=65536 count=1 <&3 2>/dev/null | wc -c) -gt 0 ]; do :; done; fi`,
  'trap "" TERM; kill -TERM 0; sleep 1; kill -KILL 0; } 4>&- 5>&- 6>&-',
]
  .join('; ')
  .concat(' | { trap : TERM; "$@" >&5 2>&6 3<&- 4>&- 5>&- 6>&-; echo $? >&4; kill -KILL 0; }');

/** The arguments of `sh` that run a program under guard. */
export function guarded(argv: readonly string[], stdinBytes: number): string[] {
  return ['-c', GUARD, 'sh', WATCHED, String(stdinBytes), ...argv];
}

/**
 * One command for the login shell of a host, whatever shell that is.
 * @throws TransportError BAD_CONFIG for what no command line can hold
 */
export function shellCommand(argv: readonly string[]): string {
  const command = argv.map(quote).join(' ');
  if (Buffer.byteLength(command) > MAX_COMMAND_BYTES)
    throw new TransportError('BAD_CONFIG', 'A command is too long for the host to run');
  return command;
}

/** Characters that mean nothing to any shell, anywhere in a word. */
const PLAIN = /^[A-Za-z0-9_./:@%+,-]+$/;

/**
 * An argument as one word of sh, bash, zsh, fish, csh and tcsh. Within single quotes fish knows backslashes and csh exclamation marks, so
 * those stand outside. csh alone takes no line feed in a word.
 * @throws TransportError BAD_CONFIG for a NUL, which no argument of a program can hold
 */
export function quote(argument: string): string {
  if (argument.includes('\0'))
    throw new TransportError('BAD_CONFIG', 'An argument of a command cannot hold the character NUL');
  if (PLAIN.test(argument)) return argument;
  return `'${argument.replaceAll(/['\\!]/g, (character) => `'\\${character}'`)}'`;
}
