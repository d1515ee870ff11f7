import { createFrame, drawText, fillRect, type Frame, type Rect } from '../vnc/frame.ts';
import { CELL_HEIGHT, CELL_WIDTH } from '../vnc/font.ts';
import { Watchers, type Display } from './display.ts';
import type { GuestFacts, GuestMachine } from './facts.ts';
import { Keyboard, type KeyEvent } from './keys.ts';

/** Until a viewer asks for another size; and what it may ask for. */
const FIRST_SIZE = { width: 1024, height: 768 };
const SMALLEST = { width: 320, height: 240 };
const LARGEST = { width: 3840, height: 2160 };
const TASKBAR = 40;
const BOOT_MS = 4000;
const BOOT_STEP_MS = 250;
const MINUTE_MS = 60_000;
const NOTES: Rect = { x: 210, y: 110, width: 520, height: 380 };
const NOTE_COLUMNS = Math.floor((NOTES.width - 24) / CELL_WIDTH);
const NOTE_ROWS = Math.floor((NOTES.height - 52) / CELL_HEIGHT);
const MAX_NOTE = 4000;
/** Indices into the palette. */
const COLOUR = { sky: 16, band: 17, light: 18, bar: 19, paper: 20, edge: 21, ink: 22, accent: 23, white: 15 };

/** A picture of a desktop with icons, a clock and one window for notes that takes what is typed. */
export class DesktopDisplay implements Display {
  readonly #facts: GuestFacts;
  readonly #machine: GuestMachine;
  readonly #keyboard = new Keyboard();
  readonly #watchers: Watchers;
  #notes = '';
  #size = FIRST_SIZE;
  #version = 0;

  constructor(facts: GuestFacts, machine: GuestMachine) {
    this.#facts = facts;
    this.#machine = machine;
    this.#watchers = new Watchers({ advance: () => {}, nextDue: () => this.#nextDue() }, () => machine.now());
  }

  version(): number {
    const elapsed = this.#elapsed();
    const booting = elapsed < BOOT_MS;
    const moving = booting ? Math.floor(elapsed / BOOT_STEP_MS) : Math.floor(this.#machine.now() / MINUTE_MS);
    return this.#version * 1e9 + moving;
  }

  restart(): void {
    this.#notes = '';
    this.#keyboard.releaseAll();
    this.#version += 1;
    this.#watchers.notify();
  }

  render(): Frame {
    const frame = createFrame(this.#size.width, this.#size.height);
    if (this.#elapsed() < BOOT_MS) this.#drawBoot(frame);
    else this.#drawDesktop(frame);
    return frame;
  }

  key(event: KeyEvent): void {
    const press = this.#keyboard.press(event);
    if (press === null || press === 'ctrl-alt-del' || !this.#machine.isRunning()) return;
    if (press.text === '\x7f') this.#notes = this.#notes.slice(0, -1);
    else if (press.text === '\r') this.#notes += '\n';
    else if (press.text >= ' ') this.#notes += press.text;
    this.#notes = this.#notes.slice(-MAX_NOTE);
    this.#version += 1;
    this.#watchers.notify();
  }

  pointer(): void {}

  monitorChanged(width: number, height: number): void {
    const size = {
      width: between(SMALLEST.width, width, LARGEST.width),
      height: between(SMALLEST.height, height, LARGEST.height),
    };
    if (size.width === this.#size.width && size.height === this.#size.height) return;
    this.#size = size;
    this.#version += 1;
    this.#watchers.notify();
  }

  watch(changed: () => void): { dispose(): void } {
    return this.#watchers.add(changed);
  }

  /** What has been typed into the window. */
  get notes(): string {
    return this.#notes;
  }

  #elapsed(): number {
    return this.#machine.now() - this.#machine.bootedAt();
  }

  #nextDue(): number {
    const now = this.#machine.now();
    return this.#elapsed() < BOOT_MS ? now + BOOT_STEP_MS : (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS;
  }

  #drawBoot(frame: Frame): void {
    const done = Math.min(1, Math.max(0, this.#elapsed() / BOOT_MS));
    const { width, height } = frame;
    const title = `Starting ${this.#facts.osName}`;
    const y = Math.floor(height * 0.44);
    drawText(frame, title, { x: (width - title.length * CELL_WIDTH) / 2, y, colour: 7 });
    const bar = { x: Math.floor(width / 2) - 150, y: y + 50, height: 6 };
    fillRect(frame, { ...bar, width: 300 }, COLOUR.ink);
    fillRect(frame, { ...bar, width: Math.round(300 * done) }, COLOUR.accent);
  }

  #drawDesktop(frame: Frame): void {
    const { width, height } = frame;
    fillRect(frame, { x: 0, y: 0, width, height }, COLOUR.sky);
    for (let step = 0; step < 6; step += 1)
      fillRect(
        frame,
        { x: width - 504 + step * 84, y: height - 348 - step * 60, width: 84, height: 308 + step * 60 },
        step % 2 ? COLOUR.band : COLOUR.light,
      );
    const icons = ['Computer', 'Network', 'Reports'];
    icons.forEach((name, index) => {
      const y = 30 + index * 110;
      fillRect(frame, { x: 44, y, width: 48, height: 40 }, 24 + index);
      fillRect(frame, { x: 52, y: y + 8, width: 32, height: 18 }, COLOUR.paper);
      drawText(frame, name, { x: 68 - (name.length * CELL_WIDTH) / 2, y: y + 50, colour: COLOUR.white });
    });
    this.#drawNotes(frame);
    fillRect(frame, { x: 0, y: height - TASKBAR, width, height: TASKBAR }, COLOUR.bar);
    fillRect(frame, { x: 10, y: height - 32, width: 24, height: 24 }, COLOUR.accent);
    drawText(frame, this.#facts.hostname, { x: 50, y: height - 28, colour: COLOUR.edge });
    const clock = new Date(this.#machine.now()).toISOString().slice(0, 16).replace('T', '  ');
    drawText(frame, clock, { x: width - 170, y: height - 28, colour: COLOUR.white });
  }

  #drawNotes(frame: Frame): void {
    const { x, y, width, height } = NOTES;
    fillRect(frame, { x: x - 1, y: y - 1, width: width + 2, height: height + 2 }, COLOUR.ink);
    fillRect(frame, { x, y, width, height: 32 }, COLOUR.accent);
    drawText(frame, 'Notes (what you type appears here)', { x: x + 12, y: y + 8, colour: COLOUR.white });
    fillRect(frame, { x, y: y + 32, width, height: height - 32 }, COLOUR.paper);
    const lines = `${this.#notes}_`.split('\n').flatMap(wrap);
    lines.slice(-NOTE_ROWS).forEach((line, row) => {
      drawText(frame, line, { x: x + 12, y: y + 42 + row * CELL_HEIGHT, colour: COLOUR.bar });
    });
  }
}

function between(low: number, value: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

function wrap(line: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at === 0 || at < line.length; at += NOTE_COLUMNS)
    parts.push(line.slice(at, at + NOTE_COLUMNS));
  return parts;
}
