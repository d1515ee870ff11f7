import { bootDurationMs, bootLines, type BootLine } from './boot.ts';
import { runCommand, splitWords, topPage, type CommandContext } from './commands.ts';
import type { GuestFacts, GuestMachine } from './facts.ts';
import { LineEditor, type LineEvent } from './line-editor.ts';
import { ROWS } from './text-screen.ts';

type Stage = 'boot' | 'login' | 'password' | 'shell' | 'top' | 'ending';

const TOP_INTERVAL_MS = 2000;
/** What ends `top`: q, or Ctrl C. */
const LEAVE_TOP = ['q', 'Q', '\x03'];
const MAX_NAME = 32;

export interface SessionOptions {
  facts: GuestFacts;
  machine: GuestMachine;
  /** `tty1` or `ttyS0`, as the login prompt names it. */
  terminal: string;
  readonly write: (text: string) => void;
  /** Another terminal of the guest by its device (`/dev/ttyS0`), for `echo … > /dev/ttyS0`; undefined if there is none. */
  writeDevice(device: string, text: string): boolean;
}

/**
 * One terminal of a Linux guest, from firmware to shell. It has no clock: `advance` brings it up to the present, and
 * `nextDue` says when there will be something new, so that a machine nobody looks at costs nothing.
 */
export class TerminalSession {
  readonly #options: SessionOptions;
  readonly #editor: LineEditor;
  #stage: Stage = 'boot';
  #boot: BootLine[];
  #bootEnd: number;
  #user = 'root';
  #topDue = 0;
  #leftOpen: boolean;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#boot = bootLines(options.facts);
    this.#bootEnd = bootDurationMs(options.facts);
    this.#leftOpen = options.facts.leftOpen && options.terminal === 'tty1';
    this.#editor = new LineEditor({
      write: options.write,
      prompt: () => this.#prompt(),
      echo: () => this.#stage !== 'password',
    });
  }

  /** The machine was reset: everything begins again at its new `bootedAt`. */
  restart(): void {
    this.#stage = 'boot';
    this.#leftOpen = false;
    this.#boot = bootLines(this.#options.facts);
    this.#editor.reset({ history: true });
  }

  /** Milliseconds since the epoch of the next output that comes by itself; null when it waits for keys. */
  nextDue(): number | null {
    if (this.#stage === 'boot')
      return this.#options.machine.bootedAt() + (this.#boot[0]?.at ?? this.#bootEnd);
    return this.#stage === 'top' ? this.#topDue : null;
  }

  /** Prints what is due by now. */
  advance(): void {
    const { machine } = this.#options;
    if (!machine.isRunning()) return;
    const now = machine.now();
    if (this.#stage === 'boot') this.#advanceBoot(now - machine.bootedAt());
    else if (this.#stage === 'top' && now >= this.#topDue) this.#showTop(now);
  }

  /** Shows the prompt again, for somebody who has just connected to a terminal that keeps no picture. */
  showPrompt(): void {
    this.advance();
    if (this.#stage === 'login' || this.#stage === 'shell') {
      this.#options.write('\r\n');
      this.#editor.redraw();
    }
  }

  /** Takes what a terminal sends for a key. */
  input(text: string): void {
    this.advance();
    if (!this.#options.machine.isRunning() || this.#stage === 'boot' || this.#stage === 'ending') return;
    if (this.#stage === 'top') {
      if (LEAVE_TOP.some((key) => text.includes(key))) this.#leaveTop();
      return;
    }
    this.#editor.feed(text, (event) => this.#handle(event));
  }

  #advanceBoot(elapsed: number): void {
    const due = this.#boot.filter((line) => line.at <= elapsed);
    this.#boot = this.#boot.slice(due.length);
    if (due.length > 0) this.#options.write(due.map((line) => line.text).join(''));
    if (elapsed < this.#bootEnd) return;
    if (this.#leftOpen) this.#startTop();
    else this.#showLogin();
  }

  #showLogin(): void {
    const { facts, terminal, write } = this.#options;
    this.#stage = 'login';
    this.#editor.reset({ history: true });
    write(`\x1b[2J\x1b[H${facts.osName} ${facts.hostname} ${terminal}\r\n\r\n`);
    for (const nic of facts.nics) write(`  ${nic.device}: \x1b[36m${nic.address ?? 'no address'}\x1b[0m\r\n`);
    write(`  runs: \x1b[33m${facts.services.join(', ')}\x1b[0m\r\n\r\n`);
    write('Simulated guest of the demo fleet: every name and password will do.\r\n\r\n');
    write(this.#prompt());
  }

  #prompt(): string {
    const { hostname } = this.#options.facts;
    switch (this.#stage) {
      case 'login':
        return `${hostname} login: `;
      case 'password':
        return 'Password: ';
      case 'shell':
        return `\x1b[1;32m${this.#user}@${hostname}\x1b[0m:\x1b[1;34m~\x1b[0m# `;
      default:
        return '';
    }
  }

  #handle(event: LineEvent): void {
    const { write } = this.#options;
    if (event.type === 'clear') {
      write('\x1b[2J\x1b[H');
      this.#editor.redraw();
    } else if (event.type === 'interrupt') write(this.#prompt());
    else if (event.type === 'end') {
      if (this.#stage === 'shell') this.#showLogin();
    } else if (this.#stage === 'shell') this.#runLine(event.text);
    else this.#logIn(event.text);
  }

  #logIn(text: string): void {
    const { write, facts, machine } = this.#options;
    if (this.#stage === 'login') {
      const name = text.trim().slice(0, MAX_NAME);
      if (name !== '') {
        this.#user = name;
        this.#stage = 'password';
      }
      write(this.#prompt());
      return;
    }
    this.#stage = 'shell';
    write(`Welcome to ${facts.osName} (${new Date(machine.now()).toUTCString()}).\r\n`);
    write('Type help to see what there is.\r\n');
    write(this.#prompt());
  }

  #runLine(line: string): void {
    for (const part of line.split(/;|&&/)) {
      this.#run(part.trim());
      if (this.#stage !== 'shell') return;
    }
    this.#options.write(this.#prompt());
  }

  #run(line: string): void {
    const { machine, write } = this.#options;
    const name = splitWords(line)[0];
    switch (name) {
      case 'reboot':
        this.#stage = 'ending';
        write('Rebooting.\r\n');
        machine.reboot();
        break;
      case 'poweroff':
      case 'halt':
      case 'shutdown':
        this.#stage = 'ending';
        write('Powering off.\r\n');
        machine.powerOff();
        break;
      case 'exit':
      case 'logout':
        this.#showLogin();
        break;
      case 'top':
        this.#startTop();
        break;
      default:
        this.#runPrinting(line);
    }
  }

  #runPrinting(line: string): void {
    const redirection = /^(.*?)>>?\s*(\/dev\/\S+)$/.exec(line);
    const command = redirection?.[1]?.trim() ?? line;
    const output = runCommand(this.#context(), command).replaceAll('\n', '\r\n');
    const device = redirection?.[2];
    if (device === undefined) this.#options.write(output);
    else if (device !== '/dev/null' && !this.#options.writeDevice(device, output))
      this.#options.write(`-bash: ${device}: No such device\r\n`);
  }

  #startTop(): void {
    this.#stage = 'top';
    this.#options.write('\x1b[2J');
    this.#showTop(this.#options.machine.now());
  }

  #showTop(now: number): void {
    this.#options.write(topPage(this.#context(), ROWS));
    this.#topDue = now + TOP_INTERVAL_MS;
  }

  #leaveTop(): void {
    this.#stage = 'shell';
    this.#options.write(`\r\n${this.#prompt()}`);
  }

  #context(): CommandContext {
    const { facts, machine } = this.#options;
    return { facts, machine, user: this.#user, now: machine.now() };
  }
}
