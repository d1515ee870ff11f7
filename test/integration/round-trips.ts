import { Duplex } from 'node:stream';

/** Silence after which the client asks nothing more in this trip. */
const QUIET_MS = 100;
/** virNetMessageType: a call and its reply. */
const CALL = 0;
const REPLY = 1;

/**
 * A link that lets time pass only in whole round trips: what the host answers is held back until the client asks nothing more and all of it is
 * answered, then goes through at once. So the number of trips does not depend on how fast the host is.
 */
export class RoundTrips extends Duplex {
  /** Numbers of the procedures that were called, in their order. */
  readonly calls: number[] = [];
  trips = 0;
  readonly #far: Duplex;
  /** Calls without an answer yet. */
  #open = 0;
  #held: Buffer[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(far: Duplex) {
    super();
    this.#far = far;
    far.on('data', (chunk: Buffer) => {
      this.#held.push(chunk);
      this.#stir();
    });
    far.on('end', () => this.push(null));
    far.on('error', (error) => this.destroy(error));
  }

  override _read(): void {
    // Everything is pushed when its trip is over: a test's link needs no back pressure.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const asked = procedures(chunk, CALL);
    this.calls.push(...asked);
    this.#open += asked.length;
    this.#stir();
    this.#far.write(chunk, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#far.destroy();
    done(error);
  }

  #stir(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#arrive(), QUIET_MS);
  }

  #arrive(): void {
    this.#timer = null;
    if (this.#held.length === 0) return;
    const bytes = Buffer.concat(this.#held);
    const answered = procedures(bytes, REPLY).length;
    // The rest stirs it.
    if (answered < this.#open) return;
    this.#held = [];
    this.#open -= answered;
    if (answered > 0) this.trips += 1;
    this.push(bytes);
  }
}

/** Procedures of the whole frames of a type: length, then program, version, procedure, type, serial, status, each of 4 bytes. */
function procedures(bytes: Buffer, type: number): number[] {
  const found: number[] = [];
  for (let at = 0; at + 28 <= bytes.length;) {
    const next = at + Math.max(28, bytes.readUInt32BE(at));
    if (next <= bytes.length && bytes.readUInt32BE(at + 16) === type) found.push(bytes.readUInt32BE(at + 12));
    at = next;
  }
  return found;
}
