/** One key going down or up, as RFB sends it; the scancode (XT set) is null without QEMU's extended key event. */
export interface KeyEvent {
  down: boolean;
  keysym: number;
  scancode: number | null;
}

/** What a terminal sends for the keys that are no characters, by X keysym. */
const SEQUENCES: Record<number, string> = {
  0xff08: '\x7f',
  0xff09: '\t',
  0xff0d: '\r',
  0xff8d: '\r',
  0xff1b: '\x1b',
  0xff50: '\x1b[H',
  0xff51: '\x1b[D',
  0xff52: '\x1b[A',
  0xff53: '\x1b[C',
  0xff54: '\x1b[B',
  0xff57: '\x1b[F',
  0xffff: '\x1b[3~',
};
const SHIFT = [0xffe1, 0xffe2];
const CONTROL = [0xffe3, 0xffe4];
const ALT = [0xffe9, 0xffea];
const DELETE = 0xffff;
const ESCAPE = 0xff1b;

/** The US keyboard by XT scancode, from 2 on; a blank is a key that is no character. Plain and with Shift. */
const PLAIN = "1234567890-=  qwertyuiop[]  asdfghjkl;'` \\zxcvbnm,./";
const SHIFTED = '!@#$%^&*()_+  QWERTYUIOP{}  ASDFGHJKL:"~ |ZXCVBNM<>?';
const FIRST_SCANCODE = 2;

/** The state of a keyboard: turns key events into what a terminal would send. */
export class Keyboard {
  readonly #held = new Set<number>();

  /** The text of this key, `ctrl-alt-del`, or null when the key says nothing by itself. */
  press(event: KeyEvent): { text: string } | 'ctrl-alt-del' | null {
    const { keysym } = event;
    if (!event.down) {
      this.#held.delete(keysym);
      return null;
    }
    // A viewer can press only so many keys at once; more are a fault or an attack.
    if (this.#held.size < 32) this.#held.add(keysym);
    if (keysym === DELETE && this.#holds(CONTROL) && this.#holds(ALT)) return 'ctrl-alt-del';
    const sequence = SEQUENCES[keysym];
    // Escape alone would leave the line editor waiting for the rest of a sequence.
    if (sequence !== undefined) return keysym === ESCAPE ? null : { text: sequence };
    const character = this.#character(event);
    if (character === null) return null;
    if (!this.#holds(CONTROL)) return { text: character };
    const code = character.toUpperCase().charCodeAt(0) & 0x1f;
    return code > 0 ? { text: String.fromCharCode(code) } : null;
  }

  releaseAll(): void {
    this.#held.clear();
  }

  /**
   * The character of a key. A keysym has its Shift in it already, except from a viewer that types by scancodes and holds
   * Shift itself: then the keysym is the plain one of that very key.
   */
  #character({ keysym, scancode }: KeyEvent): string | null {
    const character = characterOf(keysym);
    if (character === null || !this.#holds(SHIFT)) return character;
    const key = scancode === null ? PLAIN.indexOf(character) : scancode - FIRST_SCANCODE;
    return PLAIN[key] === character ? (SHIFTED[key] ?? character) : character;
  }

  #holds(keysyms: readonly number[]): boolean {
    return keysyms.some((keysym) => this.#held.has(keysym));
  }
}

function characterOf(keysym: number): string | null {
  if (keysym >= 0xffb0 && keysym <= 0xffb9) return String.fromCharCode(keysym - 0xffb0 + 0x30);
  if ((keysym >= 0x20 && keysym <= 0x7e) || (keysym >= 0xa0 && keysym <= 0xff))
    return String.fromCharCode(keysym);
  // Unicode keysyms are the code point plus 0x01000000.
  if (keysym >= 0x01000100 && keysym <= 0x0110ffff) return String.fromCodePoint(keysym - 0x01000000);
  return null;
}
