import type { ClientChannel } from 'ssh2';

/** Nagle holds back only what does not fill a packet of TCP. */
const SMALL = 1400;

/** What ssh2 1.17 keeps of a channel (lib/Channel.js, windowAdjust); it has no public way to send a packet that asks for nothing. */
interface Inside {
  readonly incoming?: { window: number };
  readonly outgoing?: { readonly id: number; readonly state: string };
  readonly _client?: { readonly _protocol?: { channelWindowAdjust?(channel: number, bytes: number): void } };
}

/**
 * Acknowledges small packets at once. sshd leaves Nagle's algorithm on while no command runs in a session (OpenSSH packet.c,
 * ssh_packet_set_interactive): of two small answers the second waits for the acknowledgement of the first, which a system that has
 * nothing to send delays by 40 ms. A packet of ours carries it. It gives back the part of the window that was used, as is due anyway.
 */
export class PromptAcknowledgement {
  readonly #channel: Inside;
  #used = 0;
  #wrote = false;
  #waiting = false;

  constructor(channel: ClientChannel) {
    this.#channel = channel as unknown as Inside;
  }

  /** Bytes came. What the reader writes in the same turn of the event loop acknowledges them too. */
  received(bytes: number): void {
    if (bytes > SMALL) return;
    this.#used += bytes;
    if (this.#waiting) return;
    this.#waiting = true;
    this.#wrote = false;
    setImmediate(() => {
      this.#waiting = false;
      if (!this.#wrote) this.#send();
    });
  }

  wrote(): void {
    this.#wrote = true;
  }

  #send(): void {
    const { incoming, outgoing, _client: client } = this.#channel;
    const protocol = client?._protocol;
    if (incoming === undefined || outgoing?.state !== 'open') return;
    if (protocol?.channelWindowAdjust === undefined) return;
    incoming.window += this.#used;
    protocol.channelWindowAdjust(outgoing.id, this.#used);
    this.#used = 0;
  }
}
