import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import type { ClientContext, ClientLink } from '@orpc/client';
import { RPC_PATH, rpcReadAccount } from '../../main/contract/pipe.ts';
import { openSession, openSocket } from './session.ts';

/** One living connection to the core. */
export interface Channel {
  readonly link: ClientLink<ClientContext>;
  readonly closed: Promise<void>;
}

/** Set by the Electron preload: the window then asks it for a port instead of opening a WebSocket. */
export function isElectron(): boolean {
  return 'virtlane' in window;
}

async function openSocketChannel(): Promise<Channel> {
  await openSession();
  const socket = openSocket(RPC_PATH);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('close', () => reject(new Error('the WebSocket was refused')), { once: true });
  });
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => resolve(), { once: true });
  });
  return { link: new SocketLink({ websocket: quiet(socket) }), closed };
}

/**
 * The open socket as the link sees it: what is sent after the end is dropped. The link would throw, and it also sends on its own account
 * (an aborted stream tells the core), where nobody could catch that. Calls learn of the end by `closed`.
 */
function quiet(
  socket: WebSocket,
): Pick<WebSocket, 'addEventListener' | 'removeEventListener' | 'send' | 'readyState'> {
  return {
    readyState: WebSocket.OPEN,
    addEventListener: socket.addEventListener.bind(socket),
    removeEventListener: socket.removeEventListener.bind(socket),
    send: (data) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
  };
}

/**
 * Asks the preload for a port by `virtlane:connect` and waits for the answer `virtlane:port`; the port travels in `event.ports`.
 * A port tells nobody that its other end is gone, so the preload also says `virtlane:gone` when the core's process ended.
 */
async function openPort(): Promise<Channel> {
  const port = await new Promise<MessagePort>((resolve) => {
    const hear = (event: MessageEvent<unknown>): void => {
      if (event.source !== window || typeName(event.data) !== 'virtlane:port') return;
      const [first] = event.ports;
      if (first === undefined) return;
      window.removeEventListener('message', hear);
      resolve(first);
    };
    window.addEventListener('message', hear);
    window.postMessage({ type: 'virtlane:connect' }, location.origin === 'null' ? '*' : location.origin);
  });
  const closed = new Promise<void>((resolve) => {
    port.addEventListener('close', () => resolve(), { once: true });
    const hear = (event: MessageEvent<unknown>): void => {
      if (event.source !== window || typeName(event.data) !== 'virtlane:gone') return;
      window.removeEventListener('message', hear);
      port.close();
      resolve();
    };
    window.addEventListener('message', hear);
  });
  const account = rpcReadAccount();
  port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const told = account(data);
    if (told !== null) port.postMessage(told);
  });
  port.start();
  return { link: new PortLink({ port }), closed };
}

function typeName(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'type' in data ? data.type : undefined;
}

/** Opens the transport that this shell has. */
export async function openChannel(): Promise<Channel> {
  return isElectron() ? openPort() : openSocketChannel();
}
