import { StringDecoder } from 'node:string_decoder';
import { Watchers } from './display.ts';
import type { GuestFacts, GuestMachine } from './facts.ts';
import { TerminalSession } from './session.ts';

export interface SerialClient {
  /** Bytes the guest sent. */
  data(bytes: Uint8Array): void;
  /** The machine was switched off. */
  end(): void;
  /** Somebody else took the port over. */
  displaced(): void;
}

/**
 * The first serial port of a Linux guest, with a login of its own. Like a real one it remembers nothing: what is printed
 * while nobody is connected is lost.
 */
export class SerialPort {
  readonly #session: TerminalSession;
  readonly #watchers: Watchers;
  #client: SerialClient | null = null;

  constructor(
    facts: GuestFacts,
    machine: GuestMachine,
    writeDevice: (device: string, text: string) => boolean,
  ) {
    this.#session = new TerminalSession({
      facts,
      machine,
      terminal: 'ttyS0',
      write: (text) => this.write(text),
      writeDevice,
    });
    this.#watchers = new Watchers(this.#session, () => machine.now());
  }

  get isBusy(): boolean {
    return this.#client !== null;
  }

  /** Connects the one client a port has; `type` sends it what the person typed. */
  connect(client: SerialClient): { type(bytes: Uint8Array): void; dispose(): void } {
    const decoder = new StringDecoder('utf8');
    const watch = this.#watchers.add(() => {});
    // What was printed before this moment is gone: print it to nobody first.
    this.#session.advance();
    this.#client?.displaced();
    this.#client = client;
    this.#session.showPrompt();
    this.#watchers.schedule();
    return {
      type: (bytes) => {
        this.#session.input(decoder.write(Buffer.from(bytes)));
        this.#watchers.schedule();
      },
      dispose: () => {
        watch.dispose();
        if (this.#client === client) this.#client = null;
      },
    };
  }

  restart(): void {
    this.#session.restart();
    this.#watchers.schedule();
  }

  hangUp(): void {
    const client = this.#client;
    this.#client = null;
    client?.end();
  }

  write(text: string): void {
    this.#client?.data(Buffer.from(text));
  }
}
