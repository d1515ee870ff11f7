import { TextScreen } from './text-screen.ts';
import { Watchers, type Display } from './display.ts';
import type { GuestFacts, GuestMachine } from './facts.ts';
import { Keyboard, type KeyEvent } from './keys.ts';
import { TerminalSession } from './session.ts';
import type { Frame } from '../vnc/frame.ts';

/** The text console of a Linux guest: a session on tty1 shown on a screen of 80 by 25. */
export class TextDisplay implements Display {
  readonly screen = new TextScreen();
  readonly session: TerminalSession;
  readonly #machine: GuestMachine;
  readonly #keyboard = new Keyboard();
  readonly #watchers: Watchers;

  constructor(
    facts: GuestFacts,
    machine: GuestMachine,
    writeDevice: (device: string, text: string) => boolean,
  ) {
    this.#machine = machine;
    const { screen } = this;
    this.session = new TerminalSession({
      facts,
      machine,
      terminal: 'tty1',
      write: (text) => screen.write(text),
      writeDevice,
    });
    this.#watchers = new Watchers(this.session, () => machine.now());
  }

  version(): number {
    this.session.advance();
    return this.screen.version;
  }

  render(): Frame {
    this.session.advance();
    return this.screen.render();
  }

  restart(): void {
    this.screen.clear();
    this.session.restart();
    this.#keyboard.releaseAll();
    this.#watchers.notify();
  }

  /** Text from elsewhere in the guest (`echo … > /dev/tty1`). */
  write(text: string): void {
    this.screen.write(text);
    this.#watchers.notify();
  }

  key(event: KeyEvent): void {
    const press = this.#keyboard.press(event);
    if (press === null) return;
    if (press === 'ctrl-alt-del') {
      if (this.#machine.isRunning()) this.#machine.reboot();
      return;
    }
    this.session.input(press.text);
    this.#watchers.notify();
  }

  pointer(): void {}

  monitorChanged(): void {}

  watch(changed: () => void): { dispose(): void } {
    return this.#watchers.add(changed);
  }
}
