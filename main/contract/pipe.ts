/**
 * Bytes of consoles beside the contract. One pipe per console; a chunk is a Uint8Array (binary frame, or a message on a port), anything
 * else is a control message. Neither a browser's WebSocket nor a MessagePort can refuse to read, so both ends grant credit: a side
 * sends at most as many bytes as it was granted. Each side starts with INITIAL_CREDIT_BYTES and gets more as the other has consumed them.
 * On a WebSocket control messages are text frames of JSON; on a port they are objects.
 */
export const INITIAL_CREDIT_BYTES = 1 << 20;
/** A side grants again when it has consumed this much since it last granted. */
export const CREDIT_STEP_BYTES = 1 << 18;
/** The largest chunk that is sent in one piece. */
export const MAX_CHUNK_BYTES = 1 << 16;
/** Path of the pipe's WebSocket in browser mode; the token is in the query. */
export const PIPE_PATH = '/pipe';
/** Path of the contract's WebSocket in browser mode. */
export const RPC_PATH = '/rpc';
/** The subprotocol of both WebSockets, which the server chooses. */
export const SOCKET_PROTOCOL = 'virtlane';
const SESSION_PREFIX = 'session.';

/**
 * The subprotocols to ask for. The session travels as one of them: a page can set no header of a WebSocket, and an address would be logged.
 */
export function socketProtocols(session: string): string[] {
  return [SOCKET_PROTOCOL, `${SESSION_PREFIX}${session}`];
}

/** The session among the subprotocols that were asked for; '' when there is none. */
export function sessionOf(protocols: string): string {
  const asked = protocols.split(',').map((protocol) => protocol.trim());
  return asked.find((protocol) => protocol.startsWith(SESSION_PREFIX))?.slice(SESSION_PREFIX.length) ?? '';
}

export type PipeControl =
  | { readonly type: 'credit'; readonly bytes: number }
  /** The other end is gone: `reason` is a sentence for a person, `code` of the table below. */
  | { readonly type: 'close'; readonly code: PipeCloseCode; readonly reason: string };

/** `ended`: the guest or host closed it; `taken`: another session took it over; `lost`: the link is gone; `closed`: by the viewer itself. */
export type PipeCloseCode = 'ended' | 'taken' | 'lost' | 'closed' | 'failed';

/**
 * The contract's messages on a port: the window tells the core how much of them it has read, each time this many characters more were. A
 * port takes whatever it is given, so without this a window that hangs would fill the core's memory.
 */
export const RPC_ACK_STEP_CHARS = 1 << 16;
export interface RpcAck {
  readonly type: 'ack';
  readonly chars: number;
}

/** Characters of a message of the contract; bytes, where it carries a file. */
export function rpcMessageChars(message: unknown): number {
  return typeof message === 'string' || message instanceof Uint8Array ? message.length : 0;
}

/** The reader's account: called with each message, gives what to tell the core, or null while it is not worth a message. */
export function rpcReadAccount(): (message: unknown) => RpcAck | null {
  let read = 0;
  return (message) => {
    read += rpcMessageChars(message);
    if (read < RPC_ACK_STEP_CHARS) return null;
    const chars = read;
    read = 0;
    return { type: 'ack', chars };
  };
}
