import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

interface Hold {
  readonly reached: Promise<void>;
  release(): void;
}

/** A web server that has the same bytes under every name, and can be made to fail in the middle. Below `nothing/` there is nothing. */
export class FileServer {
  readonly #server: http.Server;
  readonly #address: string;
  readonly #files = new Map<string, Buffer>();
  readonly #seen: { name: string; agent: string; range: string | null }[] = [];
  readonly #cuts = new Map<string, number>();
  readonly #holds = new Map<string, { at: number; reached: () => void; released: Promise<void> }>();
  readonly #bytes: Buffer;

  private constructor(address: string, bytes: Buffer) {
    this.#address = address;
    this.#bytes = bytes;
    this.#server = http.createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async open(address: string, bytes: Buffer): Promise<FileServer> {
    const server = new FileServer(address, bytes);
    await new Promise<void>((resolve) => server.#server.listen(0, address, resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(name: string): string {
    return `http://${this.#address}:${this.port}/${name}`;
  }

  /** Another content for a name. */
  add(name: string, content: Buffer): void {
    this.#files.set(name, content);
  }

  /** Names of the programs that asked for a file's bytes. */
  agents(name: string): string[] {
    return [...new Set(this.#seen.filter((one) => one.name === name).map(({ agent }) => agent))];
  }

  ranges(name: string): (string | null)[] {
    return this.#seen.filter((one) => one.name === name).map(({ range }) => range);
  }

  /** The first answer ends after so many bytes. */
  cutAt(name: string, bytes: number): void {
    this.#cuts.set(name, bytes);
  }

  /** The first answer stands still after so many bytes. */
  holdAt(name: string, bytes: number): Hold {
    let reached: () => void = () => undefined;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const hold = { reached: new Promise<void>((resolve) => (reached = resolve)), release: () => release() };
    this.#holds.set(name, { at: bytes, reached: () => reached(), released });
    return hold;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { url = '/', headers, method } = request;
    const name = path.basename(url);
    const content = this.#files.get(name) ?? this.#bytes;
    if (url.startsWith('/nothing/')) return void response.writeHead(404).end();
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
    const last = to === '' ? content.length - 1 : Math.min(Number(to), content.length - 1);
    const part = content.subarray(Number(from), last + 1);
    const range = { 'content-range': `bytes ${from}-${last}/${content.length}` };
    const etag = { etag: '"one"', 'content-length': part.length };
    response.writeHead(
      ...((headers.range === undefined ? [200, etag] : [206, { ...etag, ...range }]) as [
        number,
        http.OutgoingHttpHeaders,
      ]),
    );
    if (method === 'HEAD') return void response.end();
    const agent = /^[a-z]+/i.exec(headers['user-agent'] ?? '')?.[0] ?? '';
    this.#seen.push({ name, agent, range: headers.range ?? null });
    const cut = this.#cuts.get(name);
    if (cut !== undefined) {
      this.#cuts.delete(name);
      response.write(part.subarray(0, cut), () => response.destroy());
      return undefined;
    }
    const hold = this.#holds.get(name);
    if (hold !== undefined) {
      this.#holds.delete(name);
      response.write(part.subarray(0, hold.at));
      hold.reached();
      await hold.released;
      response.end(part.subarray(hold.at));
      return undefined;
    }
    return void response.end(part);
  }
}
