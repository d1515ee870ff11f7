import type { Clock } from '../hosts/clock.ts';
import type { StepProgress } from '../jobs/engine/step.ts';

/** Progress is told at most this often, and the rate is that of the last seconds. */
const TELL_MS = 200;
const WINDOW_MS = 5000;

/** Turns “so many bytes are done” into progress with rate and time left. */
export class Pace {
  readonly #clock: Clock;
  readonly #totalBytes: number;
  readonly #tell: (now: StepProgress) => void;
  #marks: { time: number; bytes: number }[] = [];

  constructor(clock: Clock, totalBytes: number, tell: (now: StepProgress) => void) {
    this.#clock = clock;
    this.#totalBytes = totalBytes;
    this.#tell = tell;
  }

  at(bytes: number): void {
    const time = this.#clock.now();
    const last = this.#marks.at(-1);
    if (last !== undefined && time - last.time < TELL_MS) return;
    // After a lost link it begins again further back.
    if (last !== undefined && bytes < last.bytes) this.#marks = [];
    this.#marks.push({ time, bytes });
    while (this.#marks.length > 2 && time - (this.#marks[0]?.time ?? time) > WINDOW_MS) this.#marks.shift();
    const first = this.#marks[0] ?? { time, bytes };
    const seconds = (time - first.time) / 1000;
    const bytesPerSecond = seconds > 0 ? (bytes - first.bytes) / seconds : null;
    const left = Math.max(0, this.#totalBytes - bytes);
    this.#tell({
      fraction: this.#totalBytes === 0 ? 1 : Math.min(1, bytes / this.#totalBytes),
      bytesPerSecond,
      secondsLeft: bytesPerSecond === null || bytesPerSecond === 0 ? null : left / bytesPerSecond,
    });
  }
}
