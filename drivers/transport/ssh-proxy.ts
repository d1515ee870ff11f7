import { TransportError } from './errors.ts';

/** One server of a ProxyJump list, before ~/.ssh/config is asked about it. */
export interface JumpSpec {
  host: string;
  user?: string;
  port?: number;
}

/** Reads one `[user@]host[:port]` or `ssh://[user@]host[:port]` (ssh_config(5), ProxyJump). */
export function parseJump(text: string): JumpSpec {
  const bare = text.trim().replace(/^ssh:\/\//i, '');
  const parts = /^(?:(?<user>.+)@)?(?:\[(?<six>[^\]]+)\]|(?<name>[^:@[\]]+))(?::(?<port>\d{1,5}))?\/?$/.exec(
    bare,
  );
  const host = parts?.groups?.['six'] ?? parts?.groups?.['name'];
  const port = parts?.groups?.['port'] === undefined ? undefined : Number(parts.groups['port']);
  if (host === undefined || /\s/.test(bare) || (port !== undefined && (port < 1 || port > 65_535))) {
    throw new TransportError('BAD_CONFIG', `ProxyJump ${JSON.stringify(text)} does not name a host`);
  }
  const user = parts?.groups?.['user'];
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}

/** Reads a whole ProxyJump list, the first hop first. `none` is an empty one. */
export function parseJumps(text: string): JumpSpec[] {
  if (text.trim().toLowerCase() === 'none') return [];
  return text.split(',').map(parseJump);
}

/**
 * The jump that a ProxyCommand of the form `ssh [-q] [-l user] [-p port] -W %h:%p [user@]host` stands for: what people
 * wrote before ProxyJump existed. Null for any other command.
 */
export function jumpOfProxyCommand(command: string): JumpSpec | null {
  const words = command.replaceAll('"', '').trim().split(/\s+/);
  if (words[0] === 'exec') words.shift();
  if (!isSsh(words.shift() ?? '')) return null;
  const found: { host?: string; user?: string; port?: number; forward?: string } = {};
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const option = /^-([WlpoqTaxk])(.*)$/.exec(word);
    if (option === null) {
      if (word.startsWith('-') || found.host !== undefined) return null;
      found.host = word;
      continue;
    }
    const [, letter, rest] = option;
    if (letter === undefined || !'Wlp'.includes(letter)) {
      // Quiet, no terminal, no forwarding: nothing that matters here. `-o` could change anything.
      if (letter === 'o' || rest !== '') return null;
      continue;
    }
    const value = rest === '' || rest === undefined ? words.shift() : rest;
    if (letter === 'W') found.forward = value ?? '';
    else if (letter === 'l') found.user = value ?? '';
    else found.port = Number(value);
  }
  if (found.host === undefined || !/^\[?%h\]?:%p$/.test(found.forward ?? '')) return null;
  const jump = parseJump(found.host);
  return {
    ...jump,
    ...(found.user === undefined ? {} : { user: found.user }),
    ...(found.port === undefined ? {} : { port: found.port }),
  };
}

function isSsh(word: string): boolean {
  return /^(?:.*[\\/])?ssh(?:\.exe)?$/i.test(word);
}
