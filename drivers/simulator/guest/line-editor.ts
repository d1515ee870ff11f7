const MAX_LINE = 1024;
const MAX_HISTORY = 50;
const MAX_PENDING = 16;

/** What a key press on the line came to. */
export type LineEvent =
  { type: 'line'; text: string } | { type: 'interrupt' } | { type: 'end' } | { type: 'clear' };

export interface LineEditorOptions {
  readonly write: (text: string) => void;
  prompt(): string;
  /** False while a password is typed: nothing is shown. */
  echo(): boolean;
}

/** A line of input edited as on a terminal: cursor keys, history, Ctrl A C D E L U W. Fed with what a terminal sends. */
export class LineEditor {
  readonly #options: LineEditorOptions;
  #text = '';
  #cursor = 0;
  #history: string[] = [];
  #historyAt = 0;
  #pending = '';

  constructor(options: LineEditorOptions) {
    this.#options = options;
  }

  /** Forgets what is typed; `history` too when somebody else logs in. */
  reset(options: { history: boolean } = { history: false }): void {
    this.#text = '';
    this.#cursor = 0;
    this.#pending = '';
    if (options.history) this.#history = [];
    this.#historyAt = this.#history.length;
  }

  /** Shows the prompt and what is typed so far once more, on the current row. */
  redraw(): void {
    const shown = this.#options.echo() ? this.#text : '';
    const back = this.#options.echo() ? this.#text.length - this.#cursor : 0;
    const move = back > 0 ? `\x1b[${back}D` : '';
    this.#options.write(`\r${this.#options.prompt()}${shown}\x1b[K${move}`);
  }

  /** Takes one key's worth of input at a time; calls `handle` for each finished line or control key. */
  feed(input: string, handle: (event: LineEvent) => void): void {
    for (const character of input) {
      if (this.#pending !== '' || character === '\x1b') this.#escape(character);
      else this.#key(character, handle);
    }
  }

  #escape(character: string): void {
    this.#pending += character;
    if (this.#pending === '\x1b' || /^[[O][0-9;]*$/.test(this.#pending.slice(1))) {
      if (this.#pending.length > MAX_PENDING) this.#pending = '';
      return;
    }
    const key = this.#pending.slice(2);
    this.#pending = '';
    if (key === 'A') this.#recall(-1);
    else if (key === 'B') this.#recall(1);
    else if (key === 'C') this.#moveTo(this.#cursor + 1);
    else if (key === 'D') this.#moveTo(this.#cursor - 1);
    else if (key === 'H' || key === '1~') this.#moveTo(0);
    else if (key === 'F' || key === '4~') this.#moveTo(this.#text.length);
    else if (key === '3~') this.#replace(this.#cursor, this.#cursor + 1);
  }

  #key(character: string, handle: (event: LineEvent) => void): void {
    switch (character) {
      case '\r':
      case '\n':
        this.#enter(handle);
        break;
      case '\x7f':
      case '\b':
        this.#replace(this.#cursor - 1, this.#cursor);
        break;
      case '\x01':
        this.#moveTo(0);
        break;
      case '\x05':
        this.#moveTo(this.#text.length);
        break;
      case '\x15':
        this.#replace(0, this.#cursor);
        break;
      case '\x17':
        this.#replace(this.#text.slice(0, this.#cursor).search(/\S*\s*$/), this.#cursor);
        break;
      case '\x03':
        this.reset();
        this.#options.write('^C\r\n');
        handle({ type: 'interrupt' });
        break;
      case '\x04':
        if (this.#text === '') handle({ type: 'end' });
        break;
      case '\x0c':
        handle({ type: 'clear' });
        break;
      default:
        if (character >= ' ') this.#insert(character);
    }
  }

  #insert(character: string): void {
    if (this.#text.length >= MAX_LINE) return;
    const atEnd = this.#cursor === this.#text.length;
    this.#text = this.#text.slice(0, this.#cursor) + character + this.#text.slice(this.#cursor);
    this.#cursor += character.length;
    if (!this.#options.echo()) return;
    if (atEnd) this.#options.write(character);
    else this.redraw();
  }

  #replace(from: number, to: number): void {
    if (from < 0 || from === to || from >= this.#text.length) return;
    const erasesLast = to === this.#text.length && to - from === 1;
    this.#text = this.#text.slice(0, from) + this.#text.slice(to);
    this.#cursor = from;
    if (!this.#options.echo()) return;
    if (erasesLast) this.#options.write('\b \b');
    else this.redraw();
  }

  #moveTo(cursor: number): void {
    if (cursor < 0 || cursor > this.#text.length || !this.#options.echo()) return;
    this.#cursor = cursor;
    this.redraw();
  }

  #recall(step: -1 | 1): void {
    const at = this.#historyAt + step;
    if (at < 0 || at > this.#history.length || !this.#options.echo()) return;
    this.#historyAt = at;
    this.#text = this.#history[at] ?? '';
    this.#cursor = this.#text.length;
    this.redraw();
  }

  #enter(handle: (event: LineEvent) => void): void {
    const text = this.#text;
    if (this.#options.echo() && text.trim() !== '') {
      this.#history.push(text);
      if (this.#history.length > MAX_HISTORY) this.#history.shift();
    }
    this.reset();
    this.#options.write('\r\n');
    handle({ type: 'line', text });
  }
}
