import { Duplex } from 'node:stream';
import { TransportError } from './errors.ts';

/** One end of a pair. What is written here is read at the other end, and a slow reader there holds the writer here. */
class MemoryEnd extends Duplex {
  #peer: MemoryEnd | null = null;
  /** The write that waits until the other end wants more. */
  #waiting: ((error?: Error | null) => void) | null = null;

  constructor() {
    // As a TCP socket of Node: the other end's end ends this one.
    super({ allowHalfOpen: false });
  }

  pairWith(peer: MemoryEnd): void {
    this.#peer = peer;
  }

  override _read(): void {
    this.#peer?.release(null);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#waiting = done;
    // Never in the writer's own call: a real link answers later too, and handlers rely on that.
    setImmediate(() => this.#deliver(chunk));
  }

  override _final(done: (error?: Error | null) => void): void {
    setImmediate(() => {
      this.#peer?.receive(null);
      done();
    });
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.release(error ?? closed());
    const peer = this.#peer;
    this.#peer = null;
    setImmediate(() => peer?.peerGone());
    done(error);
  }

  /** Lets the waiting write of this end go on. */
  release(error: Error | null): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(error);
  }

  /** Takes bytes from the other end; null is the end. False when this end wants no more for now. */
  receive(chunk: Buffer | null): boolean {
    if (this.destroyed || this.readableEnded) return true;
    return this.push(chunk);
  }

  /** The other end was destroyed: what was read stays readable, what is written fails. */
  peerGone(): void {
    this.#peer = null;
    this.release(closed());
    if (!this.destroyed && !this.readableEnded) this.push(null);
  }

  #deliver(chunk: Buffer): void {
    const peer = this.#peer;
    if (peer === null) this.release(closed());
    else if (peer.receive(chunk)) this.release(null);
  }
}

function closed(): TransportError {
  return new TransportError('CLOSED', 'The other end of the pipe is closed');
}

/** Two ends of a pipe in memory, for tests and for the simulator. */
export function memoryPair(): [Duplex, Duplex] {
  const left = new MemoryEnd();
  const right = new MemoryEnd();
  left.pairWith(right);
  right.pairWith(left);
  return [left, right];
}
