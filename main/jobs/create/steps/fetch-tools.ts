/** Redirects that are followed. */
const REDIRECTS = '5';

export interface FetchCommand {
  readonly argv: readonly string[];
  /** Holds the address, which may be good for one person alone. */
  readonly stdin: string;
}

interface Fetching {
  readonly tool: 'curl' | 'wget';
  readonly url: string;
  /** Where the bytes go, and where the server's headers go. */
  readonly part: string;
  readonly head: string;
  readonly limitBytes: number;
}

const WGET_ALWAYS = '--no-config --no-verbose --server-response --no-hsts --tries 1 --timeout 60'.split(' ');
const CURL_ALWAYS = [
  '-q --silent --show-error --fail --globoff --location --proto =http,https --proto-redir =http,https',
  '--connect-timeout 20 --speed-limit 1 --speed-time 60',
].flatMap((line) => line.split(' '));
const IDENTITY = 'Accept-Encoding: identity';

/** The command of a host that fetches a file over http or https, and nothing else. */
export function fetchCommand(
  { tool, url, part, head, limitBytes }: Fetching,
  ifRange?: string,
): FetchCommand {
  // As a URL is written it holds neither quotes nor line feeds; its query may hold what is an escape in curl's configuration.
  const href = new URL(url).href.replaceAll('\\', '%5C');
  if (tool === 'wget') {
    const files = ['-o', head, '-O', part];
    const argv = [
      tool,
      ...WGET_ALWAYS,
      '--max-redirect',
      REDIRECTS,
      '--header',
      IDENTITY,
      ...files,
      '-i',
      '-',
    ];
    return { argv, stdin: `${href}\n` };
  }
  const limits = ['--max-redirs', REDIRECTS, '--max-filesize', String(limitBytes)];
  const rest = ifRange === undefined ? [] : ['-C', '-', '-H', `If-Range: ${ifRange}`];
  const argv = [tool, ...CURL_ALWAYS, ...limits, '-H', IDENTITY, '-D', head, '-o', part, ...rest, '-K', '-'];
  return { argv, stdin: `url = "${href}"\n` };
}

/** wget cannot be kept to the web: a server may have sent it elsewhere. `head` is what it noted of the servers' headers. */
export function leftTheWeb(head: string): boolean {
  return /^\s*location:\s*(?!https?:)[a-z][a-z0-9+.-]*:/im.test(head);
}

export type FetchEnd = 'done' | 'unreachable' | 'cut' | 'changed' | 'noRoom' | 'refused' | 'failed';

/** What the status of curl (its man page, EXIT CODES) or of GNU wget means. */
export function endOf(tool: 'curl' | 'wget', status: number): FetchEnd {
  if (status === 0) return 'done';
  const known: Readonly<Record<number, FetchEnd>> = tool === 'curl' ? CURL : WGET;
  return known[status] ?? 'failed';
}

const CURL: Readonly<Record<number, FetchEnd>> = {
  5: 'unreachable',
  6: 'unreachable',
  7: 'unreachable',
  18: 'cut',
  22: 'refused',
  23: 'noRoom',
  28: 'cut',
  33: 'changed',
  35: 'unreachable',
  52: 'cut',
  55: 'cut',
  56: 'cut',
  60: 'unreachable',
  63: 'noRoom',
  77: 'unreachable',
  92: 'cut',
};

const WGET: Readonly<Record<number, FetchEnd>> = {
  3: 'noRoom',
  4: 'unreachable',
  5: 'unreachable',
  8: 'refused',
};
