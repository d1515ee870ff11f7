import type { Duplex } from 'node:stream';
import { TransportError } from '../transport/errors.ts';

/** How many bytes may be held in one direction before the sender is made to wait. */
const MAX_HELD_BYTES = 1 << 20;

/** A way to cut a link, given to it by the faults of its host. */
interface FaultyLink {
  wake(): void;
  drop(): void;
}

/** What is wrong with the links of one host, for tests. All of it takes effect at once, also on links that are open. */
export class Faults {
  /** Delay of every byte in each direction, in milliseconds. */
  latencyMs = 0;
  /** Sizes into which everything sent to the client is cut, in turn; empty for as it comes. */
  cutFrames: readonly number[] = [];
  /** New connections are refused. */
  refuseConnect = false;
  /** Names of calls that this host answers with VIR_ERR_NO_SUPPORT, as an older libvirt or another driver would. */
  unsupportedCalls: ReadonlySet<string> = new Set();
  readonly #links = new Set<FaultyLink>();
  #stalled = false;

  get isStalled(): boolean {
    return this.#stalled;
  }

  /** From now on nothing gets through, as on a host without power or a network that drops everything. */
  stall(): void {
    this.#stalled = true;
  }

  /** What was held up goes through, in order. */
  resume(): void {
    this.#stalled = false;
    for (const link of this.#links) link.wake();
  }

  /** Ends every open link. */
  dropAll(): void {
    for (const link of this.#links) link.drop();
  }

  /** @throws {TransportError} REFUSED, if that is the fault */
  checkConnect(host: string, port?: number): void {
    if (!this.refuseConnect) return;
    const detail = port === undefined ? { host } : { host, port };
    throw new TransportError('REFUSED', `${host} refuses the connection`, detail);
  }

  /** Joins two streams so that what passes between them suffers from these faults. */
  join(client: Duplex, server: Duplex): void {
    const down = new Lane(server, client, this, { cut: true });
    const up = new Lane(client, server, this, { cut: false });
    const link: FaultyLink = {
      wake: () => {
        down.wake();
        up.wake();
      },
      drop: () => {
        client.destroy();
        server.destroy();
      },
    };
    this.#links.add(link);
    const forget = () => {
      if (!client.destroyed || !server.destroyed) return;
      this.#links.delete(link);
      down.dispose();
      up.dispose();
    };
    client.on('close', forget);
    server.on('close', forget);
  }
}

/** One direction of a link. */
class Lane {
  readonly #from: Duplex;
  readonly #to: Duplex;
  readonly #faults: Faults;
  readonly #cut: boolean;
  readonly #queue: { due: number; chunk: Buffer | null }[] = [];
  #held = 0;
  #timer: NodeJS.Timeout | null = null;
  #nextCut = 0;

  constructor(from: Duplex, to: Duplex, faults: Faults, options: { cut: boolean }) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    this.#cut = options.cut;
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.on('end', () => this.#take(null));
    // A stream that is destroyed never ends; the other side must still hear of it.
    from.on('close', () => this.#take(null));
    from.on('error', () => this.#to.destroy());
    to.on('drain', () => this.wake());
  }

  /** Lets go of what is due and not held up. */
  wake(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    while (!this.#faults.isStalled && !this.#to.writableNeedDrain) {
      const next = this.#queue[0];
      if (next === undefined) break;
      const wait = next.due - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.wake(), Math.ceil(wait));
        break;
      }
      this.#queue.shift();
      this.#held -= next.chunk?.length ?? 0;
      this.#pass(next.chunk);
    }
    if (this.#held < MAX_HELD_BYTES && this.#from.isPaused()) this.#from.resume();
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#queue.length = 0;
  }

  #take(chunk: Buffer | null): void {
    this.#queue.push({ due: this.#due(), chunk });
    this.#held += chunk?.length ?? 0;
    if (this.#held >= MAX_HELD_BYTES) this.#from.pause();
    this.wake();
  }

  #due(): number {
    const { latencyMs } = this.#faults;
    return latencyMs === 0 ? 0 : performance.now() + latencyMs;
  }

  #pass(chunk: Buffer | null): void {
    if (this.#to.destroyed || this.#to.writableEnded) return;
    if (chunk === null) this.#to.end();
    else if (!this.#cut || this.#faults.cutFrames.length === 0) this.#to.write(chunk);
    else for (const part of this.#parts(chunk)) this.#to.write(part);
  }

  *#parts(chunk: Buffer): Generator<Buffer> {
    const sizes = this.#faults.cutFrames;
    for (let at = 0; at < chunk.length;) {
      const size = Math.max(1, sizes[this.#nextCut % sizes.length] ?? 1);
      this.#nextCut += 1;
      yield chunk.subarray(at, at + size);
      at += size;
    }
  }
}
