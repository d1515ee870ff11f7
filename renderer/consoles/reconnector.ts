import type { Failure } from '../../main/contract/failure.ts';
import { retryDelayMs } from './backoff.ts';

/** How one connection came to its end. */
export interface Outcome {
  /** `again`: it worked and went, so at once; `backoff`: it did not work, so later; `hold`: only a person can help. */
  readonly next: 'again' | 'backoff' | 'hold';
  readonly failure: Failure | null;
}

export type LinkPhase =
  /** There is nothing to connect to: the machine is off or its host away. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'trying' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'waiting'; readonly until: number; readonly failure: Failure | null }
  | { readonly kind: 'held'; readonly failure: Failure | null };

export interface ReconnectorDeps {
  /** One connection from opening to its end; calls `connected` in between. Ends soon when the signal aborts. Never rejects. */
  attempt(signal: AbortSignal, connected: () => void): Promise<Outcome>;
  onPhase(phase: LinkPhase): void;
  /** Resolves after a while or at the signal's abort. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  now(): number;
}

/** Keeps a console connected while there is something to connect to: one attempt at a time, later and later while it fails. */
export class Reconnector {
  readonly #deps: ReconnectorDeps;
  #available = false;
  #round: AbortController | null = null;

  constructor(deps: ReconnectorDeps) {
    this.#deps = deps;
  }

  /** The machine runs and its host is reached, or not any more. A connection that still lives is left to end by itself. */
  setAvailable(available: boolean): void {
    if (available === this.#available) return;
    this.#available = available;
    if (available) this.kick();
    else if (this.#round === null) this.#deps.onPhase({ kind: 'unavailable' });
  }

  /** Tries now, whatever it waits for. */
  kick(): void {
    this.#round?.abort();
    this.#round = null;
    if (!this.#available) return;
    const round = new AbortController();
    this.#round = round;
    void this.#run(round);
  }

  dispose(): void {
    this.#available = false;
    this.#round?.abort();
    this.#round = null;
  }

  async #run(round: AbortController): Promise<void> {
    const { signal } = round;
    for (let failures = 0; ;) {
      this.#deps.onPhase({ kind: 'trying' });
      const { next, failure } = await this.#deps.attempt(signal, () => {
        failures = 0;
        if (!signal.aborted) this.#deps.onPhase({ kind: 'connected' });
      });
      if (signal.aborted) return;
      if (!this.#available || next === 'hold') {
        this.#round = null;
        this.#deps.onPhase(this.#available ? { kind: 'held', failure } : { kind: 'unavailable' });
        return;
      }
      const delay = retryDelayMs(failures);
      failures += 1;
      if (next === 'backoff' || delay > 0)
        this.#deps.onPhase({ kind: 'waiting', until: this.#deps.now() + delay, failure });
      await this.#deps.sleep(delay, signal);
      if (signal.aborted) return;
      if (!this.#available) {
        this.#round = null;
        this.#deps.onPhase({ kind: 'unavailable' });
        return;
      }
    }
  }
}
