import { once } from 'node:events';
import net from 'node:net';

/** Ports of an address of this computer that lead to the same ports of another: what goes over them can be broken for both ends at once. */
export class Forward {
  readonly #servers: readonly net.Server[];
  readonly #sockets: Set<net.Socket>;

  private constructor(servers: readonly net.Server[], sockets: Set<net.Socket>) {
    this.#servers = servers;
    this.#sockets = sockets;
  }

  static async open(from: string, to: string, ports: readonly number[]): Promise<Forward> {
    const sockets = new Set<net.Socket>();
    const servers = await Promise.all(
      ports.map(async (port) => {
        const server = net.createServer((here) => {
          const there = net.connect({ host: to, port });
          for (const socket of [here, there]) {
            sockets.add(socket);
            socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
          }
          here.on('close', () => there.destroy()).pipe(there);
          there.on('close', () => here.destroy()).pipe(here);
        });
        server.listen(port, from);
        await once(server, 'listening');
        return server;
      }),
    );
    return new Forward(servers, sockets);
  }

  /** Both ends are reset. */
  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}
