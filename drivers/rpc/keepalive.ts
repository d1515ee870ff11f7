import { messageStatus, messageType } from './frame.ts';
import type { Header } from './frame.ts';

/** Pings are sent after `intervalMs` of silence; `count` of them without any sign of life end the link. */
export interface KeepaliveOptions {
  intervalMs: number;
  count: number;
}

/** KEEPALIVE_PROGRAM: it has no bodies, no replies and no serials, and is not counted as a request. */
export const KEEPALIVE_PROGRAM = 0x6b656570;
const KEEPALIVE_VERSION = 1;
const PING = 1;
const PONG = 2;

const header = (procedure: number): Header => ({
  program: KEEPALIVE_PROGRAM,
  version: KEEPALIVE_VERSION,
  procedure,
  type: messageType.MESSAGE,
  serial: 0,
  status: messageStatus.OK,
});
export const pingHeader: Header = header(PING);
export const pongHeader: Header = header(PONG);

export const isPing = (frame: Header): boolean => frame.procedure === PING;

/** Watches for silence. It owns one timer, which `stop` clears. */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  readonly #ping: () => void;
  readonly #dead: (silentMs: number) => void;
  #unanswered = 0;
  #heard = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KeepaliveOptions, ping: () => void, dead: (silentMs: number) => void) {
    this.#options = options;
    this.#ping = ping;
    this.#dead = dead;
    this.#arm();
  }

  /** Any packet is a sign of life, as it is for libvirt. */
  heard(): void {
    this.#heard = true;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Ticks are counted, not time: a laptop that slept asks again before it gives the host up. */
  #arm(): void {
    this.#timer = setTimeout(() => this.#tick(), this.#options.intervalMs);
    this.#timer.unref();
  }

  #tick(): void {
    if (!this.#heard && this.#unanswered >= this.#options.count) {
      this.#dead(this.#options.intervalMs * (this.#unanswered + 1));
      return;
    }
    this.#arm();
    if (this.#heard) {
      this.#heard = false;
      this.#unanswered = 0;
    } else {
      this.#unanswered += 1;
      this.#ping();
    }
  }
}
