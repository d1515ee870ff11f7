import { serverLine } from '../../../../drivers/transport/server-words.ts';
import type { Preparation } from './prepared.ts';

/** What is kept of its output: what a guest has in its files comes through there. */
const MAX_LINES = 400;
const MAX_LINE_CHARS = 300;
const MAX_REASON_CHARS = 600;

/** What virt-v2v prints, line by line, as far as it is of use. */
export class Said {
  readonly lines: string[] = [];
  readonly #onLine: (line: string) => void;
  #rest = '';
  /** What follows says how virt-v2v's makers want to hear of it. */
  #isOver = false;

  /** @param onLine is told what it does, as a person may read it */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(text: string): void {
    const lines = `${this.#rest}${text}`.split(/[\r\n]/);
    // Of a line without an end its beginning is enough.
    this.#rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS);
    for (const line of lines) this.#keep(line);
  }

  /** It is over. */
  end(): readonly string[] {
    this.#keep(this.#rest);
    this.#rest = '';
    return this.lines;
  }

  #keep(text: string): void {
    const line = serverLine(text.slice(0, MAX_LINE_CHARS))
      .trim()
      .replace(/^virt-v2v(?:-in-place)?: /, '');
    this.#isOver ||= line.startsWith('If reporting bugs');
    if (line === '' || this.#isOver || this.lines.length >= MAX_LINES) return;
    this.lines.push(line);
    this.#onLine(line);
  }
}

/** Where each phase begins in its run, by what it says then: about as three runs of virt-v2v 2.2 took, under TCG. Other versions have more, which tell nothing. */
const PHASES: readonly (readonly [says: string, fraction: number])[] = [
  ['Opening the source', 0.01],
  ['Inspecting the source', 0.25],
  ['Converting ', 0.5],
  ['Mapping filesystem data', 0.9],
  ['Closing the overlay', 0.98],
];

/** How far its run is, where the line begins a phase that is known; null: it does not. */
export function phaseIn(line: string): number | null {
  const says = /^\[ *\d+\.\d\] (?<says>.*)$/.exec(line)?.groups?.['says'] ?? '';
  return PHASES.find(([begins]) => says.startsWith(begins))?.[1] ?? null;
}

/** What it says of the drivers that the system has by now. It tells of cards alone where they have none. */
export function driversIn(lines: readonly string[]): Preparation {
  const disks = lines.includes('This guest has virtio drivers installed.');
  return { disks, cards: disks && !lines.some((line) => line.includes('no virtio network driver')) };
}

/** Why it gave up, in its own last words. */
export function reasonIn(lines: readonly string[]): string {
  const at = lines.findLastIndex((line) => line.startsWith('error: '));
  const words = at === -1 ? lines.slice(-1) : lines.slice(at);
  return words
    .join(' ')
    .replace(/^error: /, '')
    .slice(0, MAX_REASON_CHARS)
    .replace(/\.$/, '');
}
