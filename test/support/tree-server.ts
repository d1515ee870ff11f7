import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server that gives out files by their paths, whole or in ranges, and 404 for all else. */
export class TreeServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(files: ReadonlyMap<string, Buffer | string>): Promise<TreeServer> {
    const server = createServer((request, response) => {
      const found = files.get((request.url ?? '').slice(1));
      if (found === undefined) return void response.writeHead(404).end();
      const bytes = Buffer.from(found);
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const part = from === undefined ? bytes : bytes.subarray(Number(from), Number(to) + 1);
      response.writeHead(from === undefined ? 200 : 206, { 'content-length': part.length });
      response.end(request.method === 'HEAD' ? undefined : part);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TreeServer(server);
  }

  url(at: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${at}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
