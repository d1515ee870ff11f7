import { once } from 'node:events';
import net from 'node:net';

/** Ports of an address of this computer that lead to the same ports of another: what goes over them can be broken for both ends at once. */
export class Forward {
  readonly #servers: readonly net.Server[];
  readonly #sockets: Set<net.Socket>;
  readonly #state: { isCut: boolean; refused: number; bytes: number };

  private constructor(
    servers: readonly net.Server[],
    sockets: Set<net.Socket>,
    state: { isCut: boolean; refused: number; bytes: number },
  ) {
    this.#servers = servers;
    this.#sockets = sockets;
    this.#state = state;
  }

  /** @param toPort left out: the same ports */
  static async open(from: string, to: string, ports: readonly number[], toPort?: number): Promise<Forward> {
    const sockets = new Set<net.Socket>();
    const state = { isCut: false, refused: 0, bytes: 0 };
    const servers = await Promise.all(
      ports.map(async (port) => {
        const server = net.createServer((here) => {
          if (state.isCut) {
            state.refused += 1;
            here.on('error', () => undefined).resetAndDestroy();
            return;
          }
          const there = net.connect({ host: to, port: toPort ?? port });
          for (const socket of [here, there]) {
            sockets.add(socket);
            socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
            socket.on('data', (chunk: Buffer) => (state.bytes += chunk.length));
          }
          here.on('close', () => there.destroy()).pipe(there);
          there.on('close', () => here.destroy()).pipe(here);
        });
        server.listen(port, from);
        await once(server, 'listening');
        return server;
      }),
    );
    return new Forward(servers, sockets, state);
  }

  /** How often somebody wanted through since it was cut. */
  get refused(): number {
    return this.#state.refused;
  }

  /** All that has gone through, either way. */
  get bytes(): number {
    return this.#state.bytes;
  }

  /** Both ends are reset, and nobody gets through until it is mended. */
  cut(): void {
    Object.assign(this.#state, { isCut: true, refused: 0 });
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
  mend(): void {
    this.#state.isCut = false;
  }

  /** Both ends are reset. */
  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}
