import { FormatError } from '../errors.ts';

export type LvmValue = string | number | readonly LvmValue[];
/** A section of LVM's text: keys to values and to sections. */
export interface LvmSection {
  readonly values: ReadonlyMap<string, LvmValue>;
  readonly sections: ReadonlyMap<string, LvmSection>;
  /** Where its name begins and its brace ends in the text. */
  readonly from: number;
  readonly to: number;
}

const MAX_DEPTH = 8;
const MAX_ITEMS = 200_000;
/** Blanks and comments; a name; a string; a number; a sign. Each only at the place where it is looked for. */
const SKIP = /(?:\s|#[^\n]*)*/y;
const NAME = /[A-Za-z0-9+_.-]+/y;
const STRING = /"((?:[^"\\]|\\[^])*)"/y;
const NUMBER = /-?\d+(?:\.\d+)?/y;

/** Reads LVM's configuration text, of which its metadata is made. @throws {FormatError} with the place where it is none */
export function readLvmText(text: string): LvmSection {
  return new LvmTextReader(text).all();
}

class LvmTextReader {
  readonly #text: string;
  #at = 0;
  #items = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): LvmSection {
    const section = this.#section(0, 0);
    if (this.#at < this.#text.length) throw this.#wrong('a name');
    return section;
  }

  /** Up to its closing brace, or the end of the text. */
  #section(depth: number, from: number): LvmSection {
    if (depth > MAX_DEPTH) throw new FormatError('TOO_LARGE', 'Sections within too many others', this.#at);
    const values = new Map<string, LvmValue>();
    const sections = new Map<string, LvmSection>();
    for (;;) {
      this.#take(SKIP);
      const begin = this.#at;
      const name = this.#take(NAME);
      if (name === null) return { values, sections, from, to: this.#at };
      this.#take(SKIP);
      if (values.has(name) || sections.has(name))
        throw new FormatError('BAD_VALUE', `${name} is there twice`, begin);
      if (this.#sign('{')) {
        const section = this.#section(depth + 1, begin);
        if (!this.#sign('}')) throw this.#wrong('a closing brace');
        sections.set(name, { ...section, to: this.#at });
      } else {
        if (!this.#sign('=')) throw this.#wrong('= or {');
        values.set(name, this.#value(depth));
      }
    }
  }

  #value(depth: number): LvmValue {
    this.#items += 1;
    if (depth > MAX_DEPTH || this.#items > MAX_ITEMS)
      throw new FormatError('TOO_LARGE', 'More values than are read', this.#at);
    this.#take(SKIP);
    const string = this.#take(STRING);
    if (string !== null) return string.slice(1, -1).replaceAll(/\\([^])/g, '$1');
    const number = this.#take(NUMBER);
    if (number !== null) return Number(number);
    if (!this.#sign('[')) throw this.#wrong('a value');
    const values: LvmValue[] = [];
    for (;;) {
      this.#take(SKIP);
      if (this.#sign(']')) return values;
      values.push(this.#value(depth + 1));
      this.#take(SKIP);
      this.#sign(',');
    }
  }

  #take(what: RegExp): string | null {
    what.lastIndex = this.#at;
    const found = what.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #sign(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #wrong(expected: string): FormatError {
    return new FormatError('BAD_VALUE', `${expected} was expected`, this.#at);
  }
}
