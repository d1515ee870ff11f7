const CTRL_C = '\x03';
const CTRL_D = '\x04';
const CTRL_U = '\x15';
const MAX_LINE = 4096;

/** One typed line, key by key, without a terminal's own editing. */
export class LineEditor {
  #text = '';

  get text(): string {
    return this.#text;
  }

  /** Takes what was typed. `line` when Enter came (what follows it is dropped), `gaveUp` for Ctrl+C, and for Ctrl+D on an empty line. */
  type(keys: string): { line: string } | 'gaveUp' | null {
    for (const key of keys) {
      if (key === '\r' || key === '\n') return { line: this.#text };
      if (key === CTRL_C || (key === CTRL_D && this.#text === '')) return 'gaveUp';
      if (key === '\x7f' || key === '\b') this.#text = this.#text.replace(/.$/su, '');
      else if (key === CTRL_U) this.#text = '';
      else if (key >= ' ' && this.#text.length < MAX_LINE) this.#text += key;
    }
    return null;
  }
}
