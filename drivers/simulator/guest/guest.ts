import { DesktopDisplay } from './desktop.ts';
import type { Display } from './display.ts';
import type { GuestFacts, GuestMachine } from './facts.ts';
import { SerialPort } from './serial-port.ts';
import { TextDisplay } from './text-display.ts';

/** The guest of one machine: what its screen shows and what its serial port says. */
export class Guest {
  readonly display: Display;
  /** Null for guests that have no login there. */
  readonly serial: SerialPort | null;
  readonly #restart: () => void;
  readonly #off: () => void;

  constructor(facts: GuestFacts, machine: GuestMachine) {
    if (facts.kind === 'windows') {
      const desktop = new DesktopDisplay(facts, machine);
      this.display = desktop;
      this.serial = null;
      this.#restart = () => desktop.restart();
      this.#off = () => {};
      return;
    }
    const serial = new SerialPort(facts, machine, (device, text) => writeDevice(device, text));
    const screen = new TextDisplay(facts, machine, (device, text) => writeDevice(device, text));
    const writeDevice = (device: string, text: string): boolean => {
      if (device === '/dev/ttyS0') serial.write(text);
      else if (device === '/dev/tty1' || device === '/dev/console') screen.write(text);
      else return false;
      return true;
    };
    this.display = screen;
    this.serial = serial;
    this.#restart = () => {
      screen.restart();
      serial.restart();
    };
    this.#off = () => serial.hangUp();
  }

  /** The machine was switched on or reset: its `bootedAt` has changed. */
  restart(): void {
    this.#restart();
  }

  /** The machine was switched off: who is connected to the serial port is told. */
  off(): void {
    this.#off();
  }
}
