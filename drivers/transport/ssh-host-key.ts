import type { ServerHostKeyAlgorithm } from 'ssh2';
import { endpoint, TransportError } from './errors.ts';
import { describeKnown, type KnownHosts, type KnownKeys } from './known-hosts.ts';
import { fingerprint, wireKeyType } from './known-hosts-line.ts';
import type { SshAsks, SshTarget } from './ssh-target.ts';

const ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/** Key type that an algorithm signs with: RSA has three algorithms (RFC 8332). */
function keyTypeOf(algorithm: ServerHostKeyAlgorithm): string {
  return algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm;
}

/**
 * Algorithms to offer, those for known keys first: else a server with a second key would seem unknown. `sha1`: also `ssh-rsa`, which
 * OpenSSH has left out since 8.8 because its signatures can be forged.
 */
export function preferredAlgorithms(
  knownTypes: readonly string[],
  { sha1 }: { sha1: boolean },
): ServerHostKeyAlgorithm[] {
  const offered = ALGORITHMS.filter((algorithm) => sha1 || algorithm !== 'ssh-rsa');
  const known = (algorithm: ServerHostKeyAlgorithm): boolean => knownTypes.includes(keyTypeOf(algorithm));
  return [...offered.filter(known), ...offered.filter((algorithm) => !known(algorithm))];
}

/** While a person is asked, the files are read again so often: another program may have accepted the key meanwhile. */
const LOOK_MS = 1000;

/** Checks the key of one server during one session. */
export class HostKeyCheck {
  readonly #target: SshTarget;
  readonly #knownHosts: KnownHosts;
  readonly #known: KnownKeys;
  #accepted: Buffer | null = null;

  private constructor(target: SshTarget, knownHosts: KnownHosts, known: KnownKeys) {
    this.#target = target;
    this.#knownHosts = knownHosts;
    this.#known = known;
  }

  static async for(target: SshTarget, knownHosts: KnownHosts): Promise<HostKeyCheck> {
    return new HostKeyCheck(target, knownHosts, await knownHosts.lookUp(queryOf(target)));
  }

  /** The server's key, once it was found good. */
  get accepted(): Buffer | null {
    return this.#accepted;
  }

  get algorithms(): ServerHostKeyAlgorithm[] {
    return preferredAlgorithms(this.#known.types, { sha1: this.#target.sha1HostKeys ?? false });
  }

  /**
   * Returns when the key is good. Asks when it is unknown, until it is known. At a new key exchange within the session the key must
   * be the same one again.
   * @throws TransportError HOST_KEY_CHANGED, HOST_KEY_REFUSED
   */
  async check(key: Buffer, asks: Pick<SshAsks, 'hostKey'>, signal: AbortSignal): Promise<void> {
    if (this.#accepted !== null) {
      if (this.#accepted.equals(key)) return;
      throw this.#changed(key, { known: [fingerprint(this.#accepted)], knownIn: 'this session' });
    }
    if (!this.#isKnown(key, this.#known)) await this.#askAbout(key, asks, signal);
    this.#accepted = key;
  }

  /** @throws TransportError HOST_KEY_CHANGED */
  #isKnown(key: Buffer, known: KnownKeys): boolean {
    const verdict = known.judge(key);
    if (verdict.status === 'revoked') throw this.#revoked(key, describeKnown(verdict.lines));
    if (verdict.status === 'changed') throw this.#changed(key, describeKnown(verdict.lines));
    return verdict.status === 'known';
  }

  async #askAbout(key: Buffer, asks: Pick<SshAsks, 'hostKey'>, signal: AbortSignal): Promise<void> {
    const { host, port } = this.#target;
    const over = new AbortController();
    const isOver = AbortSignal.any([signal, over.signal]);
    const question = {
      host,
      port,
      keyType: wireKeyType(key) ?? 'unknown',
      fingerprint: fingerprint(key),
      status: 'unknown' as const,
      signal: isOver,
    };
    const known = this.#untilKnown(key, isOver);
    const answer = await Promise.race([asks.hostKey(question), known]).finally(() => over.abort());
    if (answer === 'known') return;
    if (answer === 'no') {
      throw new TransportError('HOST_KEY_REFUSED', `The key of ${endpoint(host, port)} was not accepted`, {
        host,
        port,
        phase: 'keys',
      });
    }
    if (answer === 'always') await this.#knownHosts.add(queryOf(this.#target), key);
  }

  /** Resolves when the files have the key, and never where they do not. @throws TransportError HOST_KEY_CHANGED */
  #untilKnown(key: Buffer, signal: AbortSignal): Promise<'known'> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return;
      const look = async (): Promise<void> => {
        // A file that cannot be read now is no answer.
        const known = await this.#knownHosts.lookUp(queryOf(this.#target)).catch(() => this.#known);
        if (this.#isKnown(key, known)) resolve('known');
      };
      const timer = setInterval(() => void look().catch(reject), LOOK_MS);
      signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    });
  }

  #changed(key: Buffer, known: { known: string[]; knownIn: string }): TransportError {
    const { host, port } = this.#target;
    return new TransportError(
      'HOST_KEY_CHANGED',
      `${endpoint(host, port)} shows another key than the one known. Either the host was installed anew, or somebody stands between.`,
      {
        host,
        port,
        phase: 'keys',
        hostKey: { ...known, offered: fingerprint(key), keyType: wireKeyType(key) ?? '' },
      },
    );
  }

  #revoked(key: Buffer, known: { known: string[]; knownIn: string }): TransportError {
    const { host, port } = this.#target;
    return new TransportError(
      'HOST_KEY_CHANGED',
      `${endpoint(host, port)} shows a key that is marked as revoked in ${known.knownIn}`,
      {
        host,
        port,
        phase: 'keys',
        hostKey: { ...known, offered: fingerprint(key), keyType: wireKeyType(key) ?? '' },
      },
    );
  }
}

function queryOf(target: SshTarget): { host: string; port: number; alias?: string } {
  const { host, port, hostKeyAlias } = target;
  return { host, port, ...(hostKeyAlias === undefined ? {} : { alias: hostKeyAlias }) };
}
