import type { Client, SFTPWrapper } from 'ssh2';

/** Why a socket on a host could not be opened, as far as it could be found out. */
export type SocketVerdict =
  | 'missing'
  /** A file of that name is there, and it is no socket. */
  | 'notSocket'
  /** The user may not reach it or write to it. */
  | 'denied'
  /** There, permitted, and nobody listens. */
  | 'silent'
  /** There, permitted, listened to: the SSH server itself must have said no. */
  | 'open'
  /** There; more could not be seen. */
  | 'present'
  /** Nothing could be seen. */
  | 'unclear';

const LIMIT_MS = 5_000;
const OUTPUT_LIMIT = 4_096;
/** Paths that need no thought about the quoting of any login shell. */
const PLAIN_PATH = /^[A-Za-z0-9_./@:+,-]+$/;
/** `S_IFMT` and `S_IFSOCK` of POSIX. */
const S_IFMT = 0o170_000;
const S_IFSOCK = 0o140_000;

/**
 * Looks at the socket as the user who is logged in. The kernel's list of sockets (proc(5), /proc/net/unix: 00010000 is a
 * listener) tells one nobody listens on. Marked output, because a login shell may print other things. No single quote
 * in it: it is handed over inside a pair.
 */
const SCRIPT = `p=$1
d=$(dirname "$p")
if [ -S "$p" ]; then
  r=$(readlink -f "$p")
  if [ ! -w "$p" ]; then v=denied
  elif [ ! -r /proc/net/unix ]; then v=present
  elif awk -v a="$p" -v b="$r" -v c="/var$r" "\\$4 == \\"00010000\\" && (\\$8 == a || \\$8 == b || \\$8 == c) { f = 1 } END { exit 1 - f }" /proc/net/unix; then v=open
  else v=silent
  fi
elif [ -e "$p" ]; then v=notSocket
else
  while [ ! -e "$d" ]; do d=$(dirname "$d"); done
  if [ -x "$d" ]; then v=missing; else v=denied; fi
fi
echo "virtlane-socket=$v"`;

const VERDICTS: readonly SocketVerdict[] = ['missing', 'notSocket', 'denied', 'silent', 'open', 'present'];

function readVerdict(output: string): SocketVerdict {
  const word = /virtlane-socket=([A-Za-z]+)/.exec(output)?.[1];
  return VERDICTS.find((verdict) => verdict === word) ?? 'unclear';
}

/** Calls back-style work with a time limit; anything that goes wrong is `unclear`. */
function limited(work: (done: (verdict: SocketVerdict) => void) => void): Promise<SocketVerdict> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('unclear'), LIMIT_MS);
    const done = (verdict: SocketVerdict): void => {
      clearTimeout(timer);
      resolve(verdict);
    };
    try {
      work(done);
    } catch {
      // ssh2 throws when the connection is gone.
      done('unclear');
    }
  });
}

function byCommand(client: Client, path: string): Promise<SocketVerdict> {
  return limited((done) => {
    client.exec(`sh -c '${SCRIPT}' sh ${path}`, (error, channel) => {
      if (error !== undefined) return done('unclear');
      let output = '';
      channel.on('data', (chunk: Buffer) => {
        if (output.length < OUTPUT_LIMIT) output += chunk.toString('latin1');
      });
      channel.stderr.resume();
      channel.on('close', () => done(readVerdict(output)));
      channel.end();
      return undefined;
    });
  });
}

function statVerdict(sftp: SFTPWrapper, path: string, done: (verdict: SocketVerdict) => void): void {
  sftp.stat(path, (error: (Error & { code?: unknown }) | undefined, stats) => {
    sftp.end();
    // SSH_FX_NO_SUCH_FILE and SSH_FX_PERMISSION_DENIED (draft-ietf-secsh-filexfer-02, 7).
    if (error !== undefined) done(error.code === 2 ? 'missing' : error.code === 3 ? 'denied' : 'unclear');
    else done((stats.mode & S_IFMT) === S_IFSOCK ? 'present' : 'notSocket');
  });
}

function bySftp(client: Client, path: string): Promise<SocketVerdict> {
  return limited((done) => {
    client.sftp((error, sftp) => {
      if (error === undefined) statVerdict(sftp, path, done);
      else done('unclear');
    });
  });
}

/**
 * Finds out why a socket could not be opened: an SSH server answers a missing socket, a forbidden one and a forbidden
 * forwarding with the same words. By a command as the user, else by SFTP for accounts without a shell.
 */
export async function probeSocket(client: Client, path: string): Promise<SocketVerdict> {
  const verdict = PLAIN_PATH.test(path) ? await byCommand(client, path) : 'unclear';
  return verdict === 'unclear' ? await bySftp(client, path) : verdict;
}
