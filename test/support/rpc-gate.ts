import { once } from 'node:events';
import net from 'node:net';

/** `call`: what is asked is held; `reply`: it is done, and the answer is held. */
export type RpcMoment = 'call' | 'reply';

const CALL = 0;
const REPLY = 1;
/** Length, program, version, procedure, type. */
const HEAD_BYTES = 20;
/** Of virkeepaliveprotocol.x. */
const KEEPALIVE = 0x6b_65_65_70;

/**
 * Stands between two libvirtds, and holds one call of the one that logs in, or its answer, and what comes after it, until it is let go. What
 * keeps the link alive passes. Frames are those of virNetMessage: a length, and a header of big-endian words.
 */
export class RpcGate {
  readonly port: number;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #open: Promise<void>;
  #letGo: () => void = () => undefined;
  #holds = false;

  private constructor(server: net.Server) {
    this.#server = server;
    this.port = (server.address() as net.AddressInfo).port;
    this.#open = new Promise((resolve) => (this.#letGo = resolve));
  }

  /** @param procedure its number in remote_protocol.x; null: nothing is held */
  static async open(options: {
    readonly to: { readonly host: string; readonly port: number };
    readonly procedure: number | null;
    readonly moment: RpcMoment;
  }): Promise<RpcGate> {
    const server = net.createServer();
    server.listen(0);
    await once(server, 'listening');
    const gate = new RpcGate(server);
    server.on('connection', (from) => {
      const to = net.connect(options.to);
      const isHeld = (word: number) => (frame: Buffer) =>
        frame.readUInt32BE(12) === options.procedure && frame.readUInt32BE(16) === word;
      const never = () => false;
      gate.#pipe(from, to, options.moment === 'call' ? isHeld(CALL) : never);
      gate.#pipe(to, from, options.moment === 'reply' ? isHeld(REPLY) : never);
    });
    return gate;
  }

  get holds(): boolean {
    return this.#holds;
  }

  letGo(): void {
    this.#letGo();
  }

  /** The one that logs in is gone, and what is held of it goes nowhere; at once where nobody has logged in. */
  async gone(): Promise<void> {
    const closed = (socket: net.Socket): Promise<void> =>
      new Promise((resolve) => (socket.closed ? resolve() : void socket.once('close', () => resolve())));
    await Promise.all([...this.#sockets].map(closed));
  }

  /** The two lose each other. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #pipe(from: net.Socket, to: net.Socket, isHeld: (frame: Buffer) => boolean): void {
    this.#sockets.add(from);
    from.on('error', () => to.destroy()).on('close', () => (this.#sockets.delete(from), to.destroy()));
    void this.#pass(from, to, isHeld).catch(() => to.destroy());
  }

  async #pass(from: net.Socket, to: net.Socket, isHeld: (frame: Buffer) => boolean): Promise<void> {
    let rest = Buffer.alloc(0);
    const waiting: Buffer[] = [];
    for await (const chunk of from as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= HEAD_BYTES && rest.length >= rest.readUInt32BE(0)) {
        const frame = rest.subarray(0, rest.readUInt32BE(0));
        rest = rest.subarray(frame.length);
        if (isHeld(frame)) {
          this.#holds = true;
          void this.#open.then(() => waiting.splice(0).forEach((one) => void to.write(one)));
          waiting.push(frame);
        } else if (waiting.length > 0 && frame.readUInt32BE(4) !== KEEPALIVE) waiting.push(frame);
        else to.write(frame);
      }
    }
  }
}
