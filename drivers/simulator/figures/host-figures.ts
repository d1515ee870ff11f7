import { smoothNoise } from '../random.ts';

const NS = 1e9;

/** What the host's own programs take, beside its guests: shares of all CPUs. */
const OWN_CPU = 0.02;
const OWN_CPU_SWING = 0.035;
const IO_WAIT = 0.006;

/** The CPU counters of a host: its guests' time plus its own, never more than there is. All in nanoseconds. */
export class HostFigures {
  readonly #cpus: number;
  readonly #seed: number;
  #at: number;
  #guestNs = 0;
  user = 0;
  kernel = 0;
  idle = 0;
  iowait = 0;

  /** @param uptimeSec how long the host has been up, so that its counters do not begin at nothing. */
  constructor(options: { cpus: number; seed: number; now: number; uptimeSec: number }) {
    this.#cpus = options.cpus;
    this.#seed = options.seed;
    this.#at = options.now;
    const total = options.uptimeSec * options.cpus * NS;
    this.user = total * 0.17;
    this.kernel = total * 0.05;
    this.iowait = total * 0.004;
    this.idle = total * 0.776;
  }

  /** @param guestNs all CPU time that guests have had so far; less than before when one was switched off. */
  advance(now: number, guestNs: number): void {
    const seconds = (now - this.#at) / 1000;
    if (seconds <= 0) return;
    const total = seconds * this.#cpus * NS;
    const noise = smoothNoise(this.#seed, now / 1000, 9);
    const own = total * (OWN_CPU + OWN_CPU_SWING * noise);
    const guests = Math.min(Math.max(0, guestNs - this.#guestNs), total * 0.9);
    const waiting = total * IO_WAIT * (0.5 + noise);
    const kernel = own * 0.45 + guests * 0.06;
    const user = own * 0.55 + guests;
    this.#guestNs = guestNs;
    this.#at = now;
    this.kernel += kernel;
    this.user += user;
    this.iowait += waiting;
    this.idle += Math.max(0, total - kernel - user - waiting);
  }
}
