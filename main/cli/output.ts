import type { Failure } from '../contract/failure.ts';
import { failureText } from './errors.ts';

/** What the command line writes to: the process's streams, or a test's. */
export interface TextSink {
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The two ways to print: for people and, with --json, for programs. */
export class Output {
  readonly json: boolean;
  readonly #out: TextSink;
  readonly #err: TextSink;

  constructor(out: TextSink, err: TextSink, json: boolean) {
    this.#out = out;
    this.#err = err;
    this.json = json;
  }

  get isTerminal(): boolean {
    return this.#out.isTTY === true;
  }

  line(text: string): void {
    this.#out.write(`${text}\n`);
  }

  raw(bytes: string | Uint8Array): void {
    this.#out.write(bytes);
  }

  /** One JSON value, spread over lines as a whole answer. */
  value(value: unknown): void {
    this.#out.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** One JSON value on one line, as one of many. */
  record(value: unknown): void {
    this.#out.write(`${JSON.stringify(value)}\n`);
  }

  /** `people` prints for people; with --json `value` is printed instead. */
  either(value: unknown, people: () => void): void {
    if (this.json) this.value(value);
    else people();
  }

  /** On stderr; with --json as one line `{"error":…}`. */
  failure(failure: Failure): void {
    this.#err.write(
      this.json ? `${JSON.stringify({ error: failure })}\n` : `virtlane: ${failureText(failure)}\n`,
    );
  }

  /** A word aside, for people only. */
  note(text: string): void {
    if (!this.json) this.#err.write(`${text}\n`);
  }
}
