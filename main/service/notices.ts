import type { Notice } from '../contract/app.ts';

/** More are not kept: whoever has not read these does not read more. */
const MAX_NOTICES = 20;

/** What a person should know and did not ask for. Each is told once, to whoever watches and to who comes later. */
export class Notices {
  #list: readonly Notice[] = [];
  readonly #wakers = new Set<() => void>();

  /** The same `id` again changes nothing. */
  add(notice: Notice): void {
    if (this.#list.length >= MAX_NOTICES || this.#list.some(({ id }) => id === notice.id)) return;
    this.#list = [...this.#list, notice];
    for (const wake of this.#wakers) wake();
  }

  /** All so far, at once and after each new one. */
  async *watch(signal: AbortSignal): AsyncGenerator<Notice[], void, void> {
    let told: readonly Notice[] | null = null;
    while (!signal.aborted) {
      if (told === this.#list) await this.#changed(signal);
      if (signal.aborted || told === this.#list) continue;
      told = this.#list;
      yield [...told];
    }
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wakers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wakers.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
