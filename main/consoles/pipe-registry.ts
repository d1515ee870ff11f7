import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';

/** How long an offered pipe waits to be fetched. */
const EXPIRES_IN_MS = 30_000;
/** Offers that wait at one time; the oldest is withdrawn for a new one. */
const MAX_OFFERS = 256;

interface Offer {
  readonly duplex: Duplex;
  readonly timer: NodeJS.Timeout;
  readonly of: string | null;
}

/** The byte pipes that wait for a viewer: each is fetched once, with a token nobody can guess. */
export class PipeRegistry {
  readonly #offers = new Map<string, Offer>();
  readonly #expiresInMs: number;
  readonly #maxOffers: number;

  constructor(options: { expiresInMs?: number; maxOffers?: number } = {}) {
    this.#expiresInMs = options.expiresInMs ?? EXPIRES_IN_MS;
    this.#maxOffers = options.maxOffers ?? MAX_OFFERS;
  }

  get size(): number {
    return this.#offers.size;
  }

  /**
   * Takes charge of an open duplex until it is fetched; what is not fetched in time is destroyed. `of`: what it is one of, for
   * `withdrawAll`.
   */
  offer(duplex: Duplex, of: string | null = null): { token: string; expiresInMs: number } {
    const oldest = this.#offers.keys().next();
    if (this.#offers.size >= this.#maxOffers && oldest.done !== true) this.#withdraw(oldest.value);
    const token = randomBytes(24).toString('base64url');
    const timer = setTimeout(() => this.#withdraw(token), this.#expiresInMs);
    timer.unref();
    // An error while nobody listens would end the process; whoever fetches the duplex sees it in `errored`.
    duplex.on('error', () => undefined);
    this.#offers.set(token, { duplex, timer, of });
    return { token, expiresInMs: this.#expiresInMs };
  }

  /** The duplex of a token, or null when there is none: never offered, fetched already, expired. */
  take(token: string): Duplex | null {
    const offer = this.#offers.get(token);
    if (offer === undefined) return null;
    this.#offers.delete(token);
    clearTimeout(offer.timer);
    return offer.duplex;
  }

  /** Destroys what waits of one thing: whoever asked for it has gone, or would have fetched it. */
  withdrawAll(of: string): void {
    for (const [token, offer] of this.#offers) if (offer.of === of) this.#withdraw(token);
  }

  /** Destroys what still waits. */
  close(): void {
    for (const token of this.#offers.keys()) this.#withdraw(token);
  }

  #withdraw(token: string): void {
    const offer = this.#offers.get(token);
    if (offer === undefined) return;
    this.#offers.delete(token);
    clearTimeout(offer.timer);
    offer.duplex.destroy();
  }
}
