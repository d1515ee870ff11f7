/** Messages that wait for one reader: of each subject only the last, so that a slow reader costs no more than all there is. */
export class Mailbox<T> {
  readonly #waiting = new Map<string, T>();
  #wake: () => void = () => undefined;
  #closed = false;

  put(subject: string, message: T): void {
    if (this.#closed) return;
    this.#waiting.delete(subject);
    this.#waiting.set(subject, message);
    this.#wake();
  }

  /** Nothing more comes: the reader ends when it has read what is here. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *read(signal: AbortSignal): AsyncGenerator<T, void, void> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!signal.aborted) {
        const messages = [...this.#waiting.values()];
        this.#waiting.clear();
        for (const message of messages) {
          yield message;
          if (signal.aborted) return;
        }
        if (this.#waiting.size > 0) continue;
        if (this.#closed) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}
