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

/** A connection that ends sooner counts as one that failed: a server that lets in and throws out is not asked without a pause. */
const LASTING_MS = 3000;

/** Keeps a console connected while there is something to connect to: one attempt at a time, later and later while it fails. */
export class Reconnector {
  readonly #deps: ReconnectorDeps;
  #run: number | null = null;
  #round: AbortController | null = null;

  constructor(deps: ReconnectorDeps) {
    this.#deps = deps;
  }

  /**
   * Which run of the machine can be connected to (libvirt's id of it); null: it is off or its host away, and a connection that still lives
   * is left to end by itself. A new run is tried at once, whatever became of the one before.
   */
  setRun(run: number | null): void {
    if (run === this.#run) return;
    this.#run = run;
    if (run !== null) this.kick();
    else if (this.#round === null) this.#deps.onPhase({ kind: 'unavailable' });
  }

  /** Tries now, whatever it waits for. */
  kick(): void {
    this.#round?.abort();
    this.#round = null;
    if (this.#run === null) return;
    const round = new AbortController();
    this.#round = round;
    void this.#keep(round);
  }

  dispose(): void {
    this.#run = null;
    this.#round?.abort();
    this.#round = null;
  }

  async #keep(round: AbortController): Promise<void> {
    const { signal } = round;
    for (let failures = 0; ;) {
      this.#deps.onPhase({ kind: 'trying' });
      let since: number | null = null;
      const { next, failure } = await this.#deps.attempt(signal, () => {
        if (signal.aborted) return;
        since = this.#deps.now();
        this.#deps.onPhase({ kind: 'connected' });
      });
      if (signal.aborted) return;
      if (this.#run === null || next === 'hold') {
        this.#rest(this.#run === null ? { kind: 'unavailable' } : { kind: 'held', failure });
        return;
      }
      if (since !== null && this.#deps.now() - since >= LASTING_MS) failures = 0;
      const delay = retryDelayMs(failures);
      failures += 1;
      if (next === 'backoff' || delay > 0)
        this.#deps.onPhase({ kind: 'waiting', until: this.#deps.now() + delay, failure });
      await this.#deps.sleep(delay, signal);
      if (signal.aborted) return;
      if (this.#run === null) {
        this.#rest({ kind: 'unavailable' });
        return;
      }
    }
  }

  /** Nothing more is tried until somebody asks for it. */
  #rest(phase: LinkPhase): void {
    this.#round = null;
    this.#deps.onPhase(phase);
  }
}
