import { Duplex } from 'node:stream';
import { TransportError } from './errors.ts';

/** One end of a pair. What is written here is read at the other end, and a slow reader there holds the writer here. */
class MemoryEnd extends Duplex {
  #peer: MemoryEnd | null = null;
  /** The write that waits until the other end wants more. */
  #waiting: ((error?: Error | null) => void) | null = null;
  /** Its bytes are not at the other end yet. */
  #underWay = false;

  constructor(highWaterMark: number) {
    // As a TCP socket of Node: the other end's end ends this one.
    super({ allowHalfOpen: false, highWaterMark });
  }

  pairWith(peer: MemoryEnd): void {
    this.#peer = peer;
  }

  override _read(): void {
    this.#peer?.wanted();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#waiting = done;
    this.#underWay = true;
    // Never in the writer's own call: a real link answers later too, and handlers rely on that.
    setImmediate(() => this.#deliver([chunk]));
  }

  override _writev(
    waiting: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#waiting = done;
    this.#underWay = true;
    setImmediate(() => this.#deliver(waiting.map(({ chunk }) => chunk)));
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

  /** The other end wants more: a write that has arrived there goes on. */
  wanted(): void {
    if (!this.#underWay) this.release(null);
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

  #deliver(chunks: readonly Buffer[]): void {
    const peer = this.#peer;
    if (peer === null) return this.release(closed());
    this.#underWay = false;
    let more = true;
    for (const chunk of chunks) more = peer.receive(chunk);
    if (more) this.release(null);
    return undefined;
  }
}

function closed(): TransportError {
  return new TransportError('CLOSED', 'The other end of the pipe is closed');
}

/** What may wait in a pipe for files: less costs turns of the event loop, more is put together by copying. */
export const FILE_PIPE_BYTES = 1 << 18;

/** Two ends of a pipe in memory. `waitingBytes` is what may wait at an end before its writer is held. */
export function memoryPair(waitingBytes = 16 * 1024): [Duplex, Duplex] {
  const left = new MemoryEnd(waitingBytes);
  const right = new MemoryEnd(waitingBytes);
  left.pairWith(right);
  right.pairWith(left);
  return [left, right];
}
