import type { Notice } from '../contract/app.ts';
import type { Failure } from '../contract/failure.ts';
import { failureText } from './errors.ts';
import { visible } from './table.ts';

/** What the command line writes to: the process's streams, or a test's. */
export interface TextSink {
  /** As a Writable's: false means that it is full, until it says 'drain'. */
  write(text: string | Uint8Array): unknown;
  once?(event: 'drain', listener: () => void): unknown;
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

  /** One line. What hosts name things is in it, so control characters are shown and not obeyed. */
  line(text: string): void {
    this.#out.write(`${visible(text)}\n`);
  }

  /** Bytes as they are: a picture, XML. */
  raw(bytes: string | Uint8Array): void {
    this.#out.write(bytes);
  }

  /** XML as it is, line for line; on a terminal without what that would obey. */
  xml(xml: string): void {
    const text = this.isTerminal ? withoutControls(xml) : xml;
    this.raw(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** One JSON value, spread over lines as a whole answer. */
  value(value: unknown): void {
    this.#out.write(`${jsonText(value, 2)}\n`);
  }

  /** One JSON value on one line, as one of many. */
  record(value: unknown): void {
    this.#out.write(`${jsonText(value)}\n`);
  }

  /** `people` prints for people; with --json `value` is printed instead. */
  either(value: unknown, people: () => void): void {
    if (this.json) this.value(value);
    else people();
  }

  /** On stderr; with --json as one line `{"error":…}`. `uri`: of the host that it is about. */
  failure(failure: Failure, uri: string | null = null): void {
    const text = this.json ? jsonText({ error: failure }) : `virtlane: ${failureText(failure, uri)}`;
    this.#err.write(`${text}\n`);
  }

  /** What the core wants a person to know and is no failure; on stderr, with --json as one line `{"notice":…}`. */
  notice(notice: Notice): void {
    const { message, detail } = notice;
    const lines = [`virtlane: ${message}`, ...(detail?.split('\n').map((line) => `  ${line}`) ?? [])];
    this.#err.write(this.json ? `${jsonText({ notice })}\n` : `${lines.map(visible).join('\n')}\n`);
  }

  /** A word aside, for people only. */
  note(text: string): void {
    if (!this.json) this.aside(text);
  }

  /** What is under way, on a line of stderr that is written over; an empty text clears it. Nothing where nobody looks on. */
  progress(text: string): void {
    if (!this.json && this.#err.isTTY === true) this.#err.write(`\r${visible(text)}\x1b[K`);
  }

  /** Says what takes so long while nothing else does. */
  async during<T>(text: string, work: () => Promise<T>): Promise<T> {
    this.progress(text);
    try {
      return await work();
    } finally {
      this.progress('');
    }
  }

  /** A line on stderr for the person at the terminal, whatever standard output is for. */
  aside(text: string): void {
    this.#err.write(`${visible(text)}\n`);
  }
}

/** JSON that is safe on a terminal too: JSON itself leaves DEL, the C1 controls and marks of direction as they are. */
function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * A terminal obeys control characters and marks of direction. As references those that XML 1.0 allows (DEL, the C1 controls, the marks) mean
 * the same to every parser; the others cannot come from libvirt, but from what answers in its place.
 */
function withoutControls(xml: string): string {
  return xml.replaceAll(
    /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `&#x${(character.codePointAt(0) ?? 0).toString(16)};`,
  );
}
