import { CELL_HEIGHT, CELL_WIDTH } from '../vnc/font.ts';
import { createFrame, drawText, fillRect, type Frame } from '../vnc/frame.ts';

export const COLUMNS = 80;
export const ROWS = 25;
const BLANK = 0x20;
const DEFAULT_ATTRIBUTE = 0x07;
const MAX_SEQUENCE = 32;

/**
 * A text screen of 80 by 25 that understands what the simulated guests print: CR, LF, BS, TAB and of the VT100's control
 * sequences cursor position, moves, erase and colours. Anything else is swallowed.
 */
export class TextScreen {
  readonly #codes = new Uint16Array(COLUMNS * ROWS).fill(BLANK);
  /** Foreground in the low four bits, background in the high four. */
  readonly #attributes = new Uint8Array(COLUMNS * ROWS).fill(DEFAULT_ATTRIBUTE);
  #row = 0;
  #column = 0;
  #attribute = DEFAULT_ATTRIBUTE;
  #sequence = '';
  #version = 0;

  /** Grows with every change: equal numbers mean an equal picture. */
  get version(): number {
    return this.#version;
  }

  clear(): void {
    this.#codes.fill(BLANK);
    this.#attributes.fill(DEFAULT_ATTRIBUTE);
    this.#row = 0;
    this.#column = 0;
    this.#attribute = DEFAULT_ATTRIBUTE;
    this.#sequence = '';
    this.#version += 1;
  }

  write(text: string): void {
    for (const character of text) this.#put(character);
    this.#version += 1;
  }

  /** The text of one row, without blanks at its end. */
  line(row: number): string {
    const codes = this.#codes.subarray(row * COLUMNS, (row + 1) * COLUMNS);
    return String.fromCharCode(...codes).trimEnd();
  }

  text(): string {
    return Array.from({ length: ROWS }, (_, row) => this.line(row)).join('\n');
  }

  render(): Frame {
    const frame = createFrame(COLUMNS * CELL_WIDTH, ROWS * CELL_HEIGHT);
    for (let row = 0; row < ROWS; row += 1)
      for (let column = 0; column < COLUMNS; column += 1) this.#renderCell(frame, row, column);
    const cursor = { x: this.#column * CELL_WIDTH, y: this.#row * CELL_HEIGHT + 13, width: 8, height: 2 };
    fillRect(frame, cursor, 7);
    return frame;
  }

  #renderCell(frame: Frame, row: number, column: number): void {
    const at = row * COLUMNS + column;
    const attribute = this.#attributes[at] ?? DEFAULT_ATTRIBUTE;
    const x = column * CELL_WIDTH;
    const y = row * CELL_HEIGHT;
    if (attribute >> 4 !== 0)
      fillRect(frame, { x, y, width: CELL_WIDTH, height: CELL_HEIGHT }, attribute >> 4);
    const code = this.#codes[at] ?? BLANK;
    if (code !== BLANK) drawText(frame, String.fromCharCode(code), { x, y, colour: attribute & 15 });
  }

  #put(character: string): void {
    if (this.#sequence !== '') {
      this.#continueSequence(character);
      return;
    }
    switch (character) {
      case '\x1b':
        this.#sequence = character;
        break;
      case '\r':
        this.#column = 0;
        break;
      case '\n':
        this.#lineFeed();
        break;
      case '\b':
        this.#column = Math.max(0, this.#column - 1);
        break;
      case '\t':
        this.#column = Math.min(COLUMNS - 1, (this.#column | 7) + 1);
        break;
      default:
        if (character >= ' ') this.#print(character.charCodeAt(0));
    }
  }

  #print(code: number): void {
    if (this.#column >= COLUMNS) {
      this.#column = 0;
      this.#lineFeed();
    }
    const at = this.#row * COLUMNS + this.#column;
    this.#codes[at] = code;
    this.#attributes[at] = this.#attribute;
    this.#column += 1;
  }

  #lineFeed(): void {
    if (this.#row < ROWS - 1) {
      this.#row += 1;
      return;
    }
    this.#codes.copyWithin(0, COLUMNS);
    this.#attributes.copyWithin(0, COLUMNS);
    this.#codes.fill(BLANK, COLUMNS * (ROWS - 1));
    this.#attributes.fill(DEFAULT_ATTRIBUTE, COLUMNS * (ROWS - 1));
  }

  #continueSequence(character: string): void {
    this.#sequence += character;
    if (this.#sequence === '\x1b[') return;
    const complete = this.#sequence.startsWith('\x1b[') ? /[@-~]$/.test(this.#sequence) : true;
    if (!complete && this.#sequence.length < MAX_SEQUENCE) return;
    const sequence = this.#sequence;
    this.#sequence = '';
    if (complete && sequence.startsWith('\x1b[')) this.#control(sequence.slice(2, -1), sequence.slice(-1));
  }

  #control(parameters: string, final: string): void {
    const numbers = parameters.split(';').map((part) => Number.parseInt(part, 10) || 0);
    const first = numbers[0] ?? 0;
    const step = Math.max(1, first);
    switch (final) {
      case 'H':
        this.#row = Math.min(ROWS - 1, Math.max(0, first - 1));
        this.#column = Math.min(COLUMNS - 1, Math.max(0, (numbers[1] ?? 0) - 1));
        break;
      case 'C':
        this.#column = Math.min(COLUMNS - 1, this.#column + step);
        break;
      case 'D':
        this.#column = Math.max(0, this.#column - step);
        break;
      case 'J':
        this.#erase(first === 2 ? 0 : this.#row * COLUMNS + this.#column, COLUMNS * ROWS);
        break;
      case 'K':
        this.#erase(this.#row * COLUMNS + this.#column, (this.#row + 1) * COLUMNS);
        break;
      case 'm':
        for (const number of numbers) this.#colour(number);
        break;
      default:
    }
  }

  #erase(from: number, to: number): void {
    this.#codes.fill(BLANK, from, to);
    this.#attributes.fill(DEFAULT_ATTRIBUTE, from, to);
  }

  /** SGR: 0 resets, 1 is bright, 7 swaps, 30-37 and 90-97 set the letters, 40-47 the ground. */
  #colour(number: number): void {
    const ground = this.#attribute & 0xf0;
    const ink = this.#attribute & 0x0f;
    if (number === 0) this.#attribute = DEFAULT_ATTRIBUTE;
    else if (number === 1) this.#attribute = ground | ink | 8;
    else if (number === 7) this.#attribute = (ink << 4) | (ground >> 4);
    else if (number >= 30 && number <= 37) this.#attribute = ground | (ink & 8) | (number - 30);
    else if (number >= 90 && number <= 97) this.#attribute = ground | (number - 90 + 8);
    else if (number >= 40 && number <= 47) this.#attribute = ((number - 40) << 4) | ink;
  }
}
