import { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { TransportError } from './errors.ts';
import { PromptAcknowledgement } from './ssh-acknowledge.ts';

/** Bytes read ahead of who reads here. SSH's own window (2 MiB) lies behind it. */
const HIGH_WATER_MARK = 256 * 1024;

/** What one packet of SSH takes. */
const PACKET_BYTES = 32 * 1024;

/**
 * An SSH channel as a stream like any other of Node. ssh2's own channel stays half open when the host's side ends, drops
 * the callback of a write when the channel closes under it, and never emits an error; this one ends, fails and closes.
 */
export class SshChannelStream extends Duplex {
  readonly #channel: ClientChannel;
  readonly #link: Duplex;
  readonly #acknowledgement: PromptAcknowledgement;
  readonly #isProgram: boolean;
  #bytesRead = 0;

  /**
   * `link` is what the SSH connection runs over. A program's output ends before its host tells how it ended, and it may well end with its input
   * unread.
   */
  constructor(channel: ClientChannel, link: Duplex, isProgram = false) {
    super({ allowHalfOpen: isProgram, highWaterMark: HIGH_WATER_MARK });
    this.#channel = channel;
    this.#isProgram = isProgram;
    this.#link = link;
    this.#acknowledgement = new PromptAcknowledgement(channel);
    channel.on('data', (chunk: Buffer) => {
      this.#bytesRead += chunk.length;
      this.#acknowledgement.received(chunk.length);
      if (!this.destroyed && !this.push(chunk)) channel.pause();
    });
    channel.on('end', () => {
      if (!this.destroyed && !this.readableEnded) this.push(null);
    });
    channel.on('error', (error: unknown) => this.destroy(closedError(error)));
    channel.on('close', () => this.#onClose());
    // Extended data (stderr) has no place here, and unread it would use up the window.
    if (!isProgram) channel.stderr.resume();
  }

  /** Bytes that came from the host, as on a net.Socket. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send([chunk], done);
  }

  override _writev(
    waiting: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#send(wholePackets(waiting.map(({ chunk }) => chunk)), done);
  }

  #send(chunks: readonly Buffer[], done: (error?: Error | null) => void): void {
    if (!this.#channel.writable) {
      done(this.#isProgram ? null : closedError());
      return;
    }
    this.#acknowledgement.wrote();
    // ssh2 writes the parts of each packet one by one (crypto.js, encrypt): together they take one call of the system.
    this.#link.cork();
    for (const chunk of chunks.slice(0, -1)) this.#channel.write(chunk);
    // Called back when SSH's window took everything: that is the backpressure.
    this.#channel.write(chunks.at(-1) ?? Buffer.alloc(0), done);
    this.#link.uncork();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // Bytes still under way are of no use to anybody, but must be read for the close to come through.
    this.#channel.resume();
    this.#channel.close();
    done(error);
  }

  /** The host closed the channel: a regular end when it ended before, and nothing of ours is left unsent. */
  #onClose(): void {
    if (this.destroyed) return;
    if (this.writableLength > 0 && !this.#isProgram) this.destroy(closedError());
    else if (!this.readableEnded) this.push(null);
  }
}

/** The same bytes in pieces that fill packets: what fills one by itself is not copied, the ends of chunks go together. */
function wholePackets(chunks: readonly Buffer[]): Buffer[] {
  const pieces: Buffer[] = [];
  let ends: Buffer[] = [];
  let size = 0;
  const flush = (): void => {
    if (size > 0) pieces.push(Buffer.concat(ends, size));
    ends = [];
    size = 0;
  };
  for (const chunk of chunks) {
    let rest = chunk;
    while (rest.length > 0) {
      const whole = size > 0 ? 0 : rest.length - (rest.length % PACKET_BYTES);
      if (whole > 0) pieces.push(rest.subarray(0, whole));
      const end = rest.subarray(whole, whole + PACKET_BYTES - size);
      rest = rest.subarray(whole + end.length);
      if (end.length > 0) ends.push(end);
      size += end.length;
      if (size === PACKET_BYTES) flush();
    }
  }
  flush();
  return pieces;
}

function closedError(cause?: unknown): TransportError {
  return new TransportError('CLOSED', 'The host closed the channel', { phase: 'channel', cause });
}
