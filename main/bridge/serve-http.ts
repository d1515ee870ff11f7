import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { MAX_CHUNK_BYTES, PIPE_PATH, RPC_PATH, sessionOf, SOCKET_PROTOCOL } from '../contract/pipe.ts';
import { MAX_REQUEST_CHARS } from './channel.ts';
import { contentSecurityPolicy } from './csp.ts';
import { serveRpc, type ServedCore } from './rpc-server.ts';
import { servePipe } from './serve-port.ts';
import { Sessions } from './sessions.ts';
import { findStaticFile, sendStaticFile } from './static-files.ts';
import { keepAlive, webSocketChannel } from './web-socket-channel.ts';

const SESSION_PATH = '/session';
const MAX_SESSION_BODY_BYTES = 1024;
/** Viewers may send chunks a little larger than the contract says. */
const PIPE_PAYLOAD_BYTES = 4 * MAX_CHUNK_BYTES;

export interface HttpOptions {
  /** 0 or left out: a free port. */
  readonly port?: number;
  /** The built window. */
  readonly rendererDir: string;
  /** More origins whose pages may connect, for the development server (`http://127.0.0.1:5173`). */
  readonly devOrigins?: readonly string[];
}

export interface HttpServing {
  /** `http://127.0.0.1:PORT/` */
  readonly origin: string;
  readonly port: number;
  /** A URL that lets one browser in, once. */
  readonly url: string;
  /** Another such URL. */
  openUrl(): string;
  close(): Promise<void>;
}

/**
 * Browser mode: the window and the contract on 127.0.0.1. The port is open to every user and every web page of this computer, so:
 * a session is needed for anything but the window's files; Host must be this server's own (DNS rebinding), Origin too (other pages).
 */
export async function serveHttp(core: ServedCore, options: HttpOptions): Promise<HttpServing> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const serving = new HttpFace(core, options, server);
  return serving;
}

class HttpFace implements HttpServing {
  readonly port: number;
  readonly origin: string;
  readonly url: string;
  readonly #core: ServedCore;
  readonly #server: Server;
  readonly #rendererDir: string;
  readonly #sessions = new Sessions();
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  readonly #rpc = sockets(MAX_REQUEST_CHARS);
  readonly #pipe = sockets(PIPE_PAYLOAD_BYTES);

  constructor(core: ServedCore, options: HttpOptions, server: Server) {
    this.#core = core;
    this.#server = server;
    this.#rendererDir = options.rendererDir;
    this.port = (server.address() as AddressInfo).port;
    this.origin = `http://127.0.0.1:${this.port}`;
    this.#hosts = new Set([`127.0.0.1:${this.port}`, `localhost:${this.port}`]);
    this.#origins = new Set([this.origin, `http://localhost:${this.port}`, ...(options.devOrigins ?? [])]);
    server.on('request', (request, response) => void this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.url = this.openUrl();
  }

  openUrl(): string {
    return `${this.origin}/#token=${this.#sessions.mintToken()}`;
  }

  async close(): Promise<void> {
    for (const face of [this.#rpc, this.#pipe]) {
      for (const socket of face.clients) socket.terminate();
      face.close();
    }
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#setHeaders(response);
    try {
      if (!this.#isOwnHost(request)) return sendStatus(response, 421);
      const urlPath = (request.url ?? '/').split(/[?#]/, 1)[0] ?? '/';
      if (urlPath === SESSION_PATH) return await this.#session(request, response);
      const head = request.method === 'HEAD';
      if (request.method !== 'GET' && !head) return sendStatus(response, 405);
      const file = await findStaticFile(this.#rendererDir, urlPath);
      if (file === null) return sendStatus(response, 404);
      return await sendStaticFile(response, file, { urlPath, head });
    } catch {
      return response.headersSent ? void response.destroy() : sendStatus(response, 500);
    }
  }

  /** POST `{ "token": … }` turns a one-time token into `{ "session": … }`. */
  async #session(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Cache-Control', 'no-store');
    if (request.method !== 'POST') return sendStatus(response, 405);
    if (!this.#isOwnOrigin(request)) return sendStatus(response, 403);
    const body = await readBody(request, MAX_SESSION_BODY_BYTES);
    if (body === null) return sendStatus(response, 413);
    const session = this.#sessions.redeem(tokenIn(body));
    if (session === null) return sendStatus(response, 401);
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ session }));
    return undefined;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (!this.#isOwnHost(request) || !this.#isOwnOrigin(request)) return refuse(socket, '403 Forbidden');
    if (!this.#hasSession(request)) return refuse(socket, '401 Unauthorized');
    // `//` is a path that every page may ask for and no URL: an error here would end the process.
    if (!URL.canParse(request.url ?? '/', this.origin)) return refuse(socket, '400 Bad Request');
    const url = new URL(request.url ?? '/', this.origin);
    const known = url.pathname === RPC_PATH || url.pathname === PIPE_PATH;
    if (!known) return refuse(socket, '404 Not Found');
    const isRpc = url.pathname === RPC_PATH;
    const face = isRpc ? this.#rpc : this.#pipe;
    return face.handleUpgrade(request, socket, head, (webSocket) => {
      keepAlive(webSocket);
      const channel = webSocketChannel(webSocket);
      if (isRpc) serveRpc(this.#core, channel);
      else void servePipe(this.#core, channel, url.searchParams.get('token') ?? '');
    });
  }

  #isOwnHost(request: IncomingMessage): boolean {
    return this.#hosts.has(request.headers.host ?? '');
  }

  #isOwnOrigin(request: IncomingMessage): boolean {
    return this.#origins.has(request.headers.origin ?? '');
  }

  #hasSession(request: IncomingMessage): boolean {
    return this.#sessions.isKnown(sessionOf(request.headers['sec-websocket-protocol'] ?? ''));
  }

  #setHeaders(response: ServerResponse): void {
    const own = [...this.#hosts].map((host) => `ws://${host}`);
    response.setHeader('Content-Security-Policy', contentSecurityPolicy(own));
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('X-Frame-Options', 'DENY');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  }
}

function sockets(maxPayload: number): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    // The session that was asked for beside it is not repeated in the answer.
    handleProtocols: (asked) => asked.has(SOCKET_PROTOCOL) && SOCKET_PROTOCOL,
  });
}

function sendStatus(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${status}\n`);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function tokenIn(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && 'token' in value ? String(value.token) : '';
  } catch {
    return '';
  }
}

/** The body as text; null when it is longer than `maxBytes`. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  return size > maxBytes ? null : Buffer.concat(chunks).toString();
}
