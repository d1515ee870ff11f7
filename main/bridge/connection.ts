import type { Duplex } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { WebSocket } from 'ws';
import { FILE_PIPE_BYTES, memoryPair } from '../../drivers/transport/memory.ts';
import { PIPE_PATH, RPC_PATH, socketProtocols } from '../contract/pipe.ts';
import { ackingChannel } from './acked-channel.ts';
import type { Channel } from './channel.ts';
import { runPipe, type PipeEnd } from './pipe.ts';
import { portChannel } from './port-channel.ts';
import { rpcClient, type CoreClient } from './rpc-client.ts';
import type { ServedCore } from './rpc-server.ts';
import { serveMessagePort, servePipePort } from './serve-port.ts';
import { webSocketChannel } from './web-socket-channel.ts';

export interface OpenPipe {
  readonly stream: Duplex;
  /** Resolves with the reason when the pipe has ended. */
  readonly ended: Promise<PipeEnd>;
}

/** A client's end of the bridge. It is not mended when it closes: make a new one. */
export interface CoreConnection {
  readonly client: CoreClient;
  /** The bytes of a console that `client.console.open` gave a token for. */
  openPipe(token: string): Promise<OpenPipe>;
  /** The bytes of a file, of a token from `file.offer` or `volume.download`. */
  openFilePipe(token: string): Promise<Duplex>;
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Connects to a core in the same process, over a message channel as a window does: with the same checks and copies. */
export function connectInMemory(core: ServedCore): CoreConnection {
  const { port1, port2 } = new MessageChannel();
  serveMessagePort(core, port2);
  return connectionOver(ackingChannel(portChannel(port1)), (token) =>
    Promise.resolve(pipeInMemory(core, token)),
  );
}

/** The bytes of a console of a core in the same process. */
export function openPipeInMemory(core: ServedCore, token: string): OpenPipe {
  return pipeOver(pipeInMemory(core, token));
}

function pipeInMemory(core: ServedCore, token: string): Channel {
  const { port1, port2 } = new MessageChannel();
  void servePipePort(core, port2, token);
  return portChannel(port1);
}

/** Connects to a core served by `serveHttp`. `url` is its address, `session`: of `openSession`. */
export async function connectWebSocket(url: string, options: { session: string }): Promise<CoreConnection> {
  const open = async (path: string): Promise<Channel> => {
    const address = new URL(path, url);
    const origin = address.origin;
    address.protocol = 'ws:';
    const socket = new WebSocket(address, socketProtocols(options.session), {
      origin,
      perMessageDeflate: false,
    });
    const channel = webSocketChannel(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return channel;
  };
  return connectionOver(await open(RPC_PATH), (token) =>
    open(`${PIPE_PATH}?token=${encodeURIComponent(token)}`),
  );
}

/** Turns the one-time URL of `serveHttp` into a session, as the page does. Answers with the session for `connectWebSocket`. */
export async function openSession(oneTimeUrl: string): Promise<string> {
  const { origin, hash } = new URL(oneTimeUrl);
  const token = new URLSearchParams(hash.slice(1)).get('token') ?? '';
  const response = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ token }),
  });
  if (!response.ok) throw new Error(`The session was refused (HTTP ${response.status}).`);
  return ((await response.json()) as { session: string }).session;
}

function connectionOver(channel: Channel, dialPipe: (token: string) => Promise<Channel>): CoreConnection {
  const openPipe = async (token: string): Promise<OpenPipe> => pipeOver(await dialPipe(token));
  return {
    client: rpcClient(channel),
    openPipe,
    openFilePipe: async (token) => (await openPipe(token)).stream,
    closed: new Promise((resolve) => channel.onClose(resolve)),
    close: () => channel.close(),
  };
}

function pipeOver(channel: Channel): OpenPipe {
  const [near, far] = memoryPair(FILE_PIPE_BYTES);
  // Whoever reads here may take its time: a download is whole when its reader has it.
  const ended = runPipe(far, channel, { flushLimitMs: Number.POSITIVE_INFINITY });
  // What ends it is told by `ended`; an error nobody listens to would end the process.
  near.on('error', () => undefined);
  return { stream: near, ended };
}
