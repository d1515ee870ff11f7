import type { Clock } from '../../hosts/clock.ts';

const NOTE_MS = 20_000;

/** Notes now and then how the volume looks while it is written to: by the clock, as a slow link tells nothing for minutes of what it writes. */
export class OpenNotes {
  readonly #clock: Clock;
  readonly #note: () => Promise<void>;
  #cancel: () => void = () => undefined;
  #noting: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(clock: Clock, note: () => Promise<void>) {
    this.#clock = clock;
    this.#note = note;
    this.#goOn();
  }

  /** Resolves when no note is under way any more. */
  end(): Promise<void> {
    this.#ended = true;
    this.#cancel();
    return this.#noting;
  }

  #goOn(): void {
    if (this.#ended) return;
    this.#cancel = this.#clock.setTimer(() => {
      // A link that is lost is the upload's to tell.
      this.#noting = this.#note()
        .catch(() => undefined)
        .then(() => this.#goOn());
    }, NOTE_MS);
  }
}
