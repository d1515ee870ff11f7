import { createHash, randomBytes } from 'node:crypto';

/** One-time tokens that were printed or opened and not used yet. */
const MAX_TOKENS = 16;
const MAX_SESSIONS = 64;

/**
 * Who may use the loopback server: a one-time token (in a URL's fragment, so that it reaches no log and no Referer) is turned into a
 * session, which the page keeps in its own storage. No cookie: those go to every port of 127.0.0.1, so to other people's servers. Both are 256 random bits and only their hashes are kept, so that looking one up
 * tells nothing by its time.
 */
export class Sessions {
  readonly #tokens = new Set<string>();
  readonly #sessions = new Set<string>();

  mintToken(): string {
    return remember(this.#tokens, MAX_TOKENS);
  }

  /** A new session for a token, which is void from now on; null when it is unknown or used. */
  redeem(token: string): string | null {
    return this.#tokens.delete(hash(token)) ? remember(this.#sessions, MAX_SESSIONS) : null;
  }

  isKnown(session: string): boolean {
    return this.#sessions.has(hash(session));
  }
}

/** Makes a secret and keeps its hash, dropping the oldest beyond `max`. */
function remember(hashes: Set<string>, max: number): string {
  const secret = randomBytes(32).toString('base64url');
  const [oldest] = hashes;
  if (hashes.size >= max && oldest !== undefined) hashes.delete(oldest);
  hashes.add(hash(secret));
  return secret;
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
