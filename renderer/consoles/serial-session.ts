import { api } from '../api/client.ts';
import { createStore } from '../state/store.ts';
import { outcomeOf, outcomeOfEnd } from './open-console.ts';
import { openPipe } from './pipe-carriers.ts';
import type { Pipe } from './pipe.ts';
import { Reconnector, type LinkPhase, type Outcome } from './reconnector.ts';
import { sleep } from './screenshots.ts';

export interface SerialSink {
  /** Draws bytes and calls `done` when it has: until then the host is not given more credit. */
  write(bytes: Uint8Array, done: () => void): void;
}

/** A serial console's bytes, kept connected while the machine runs. Output from before the opening is not had. */
export class SerialSession {
  readonly state = createStore<LinkPhase>({ kind: 'unavailable' });
  readonly #target: { readonly host: string; readonly uuid: string; readonly device?: string };
  readonly #sink: SerialSink;
  readonly #reconnector: Reconnector;
  #takeOver = false;
  #pipe: Pipe | null = null;

  constructor(target: { host: string; uuid: string; device?: string }, sink: SerialSink) {
    this.#target = target;
    this.#sink = sink;
    this.#reconnector = new Reconnector({
      attempt: (signal, connected) => this.#attempt(signal, connected),
      onPhase: (phase) => this.state.set(phase),
      sleep,
      now: () => Date.now(),
    });
  }

  /** Which run of the machine there is to look at; null: none, or its host is away. */
  setRun(run: number | null): void {
    this.#reconnector.setRun(run);
  }

  /** Tries again; `takeOver` ends another session that holds the console. */
  reconnect({ takeOver = false }: { takeOver?: boolean } = {}): void {
    this.#takeOver = takeOver;
    this.#reconnector.kick();
  }

  send(bytes: Uint8Array): void {
    this.#pipe?.send(bytes);
  }

  dispose(): void {
    this.#reconnector.dispose();
  }

  async #attempt(signal: AbortSignal, connected: () => void): Promise<Outcome> {
    let pipe: Pipe | null = null;
    try {
      const takeOver = this.#takeOver;
      // Once: a session that is taken back from us is not taken again by itself.
      this.#takeOver = false;
      const { token } = await api.console.open({ ...this.#target, kind: 'serial', takeOver }, { signal });
      pipe = await openPipe(token, signal);
      if (signal.aborted) return { next: 'hold', failure: null };
      this.#pipe = pipe;
      connected();
      return await this.#follow(pipe, signal);
    } catch (error) {
      return outcomeOf(error);
    } finally {
      pipe?.close();
      if (this.#pipe === pipe) this.#pipe = null;
    }
  }

  #follow(pipe: Pipe, signal: AbortSignal): Promise<Outcome> {
    return new Promise((resolve) => {
      const stop = (): void => pipe.close();
      signal.addEventListener('abort', stop, { once: true });
      pipe.listen({
        onChunk: (chunk) => this.#sink.write(chunk, () => pipe.consumed(chunk.length)),
        onEnd: (end) => {
          signal.removeEventListener('abort', stop);
          resolve(outcomeOfEnd(end));
        },
      });
    });
  }
}
