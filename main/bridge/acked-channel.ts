import { z } from 'zod';
import { RPC_ACK_STEP_CHARS, rpcMessageChars, rpcReadAccount } from '../contract/pipe.ts';
import type { Channel } from './channel.ts';

/** More than this not read yet: `send` answers with a promise, and a sender that can wait does. */
const HIGH_WATER_CHARS = 16 * RPC_ACK_STEP_CHARS;
/** More than this: the window does not read any more. */
const STUCK_CHARS = 1024 * RPC_ACK_STEP_CHARS;

const ack = z.object({ type: z.literal('ack'), chars: z.number().int().positive() });

/**
 * The core's end of the contract on a message port. A port takes whatever it is given and keeps it until it is read, so the window tells
 * how much it has read (contract/pipe.ts): beyond the bounds above this end waits, then closes, as a WebSocket's does by its own account.
 */
export function ackedChannel(channel: Channel): Channel {
  let unread = 0;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  channel.onClose(wake);
  return {
    get isOpen() {
      return channel.isOpen;
    },
    send(message) {
      if (!channel.isOpen) return undefined;
      if (unread > STUCK_CHARS) return channel.close();
      unread += rpcMessageChars(message);
      void channel.send(message);
      if (unread < HIGH_WATER_CHARS) return undefined;
      return new Promise((resolve) => waiting.push(resolve));
    },
    onMessage(listener) {
      channel.onMessage((message) => {
        const read = typeof message === 'string' ? undefined : ack.safeParse(message).data;
        if (read === undefined) return listener(message);
        unread = Math.max(0, unread - read.chars);
        if (unread < HIGH_WATER_CHARS) wake();
        return undefined;
      });
    },
    onClose: (listener) => channel.onClose(listener),
    close: () => channel.close(),
  };
}

/** The window's end, for clients in Node: tells the core what was read. */
export function ackingChannel(channel: Channel): Channel {
  const account = rpcReadAccount();
  return {
    get isOpen() {
      return channel.isOpen;
    },
    send: (message) => channel.send(message),
    onMessage(listener) {
      channel.onMessage((message) => {
        listener(message);
        const told = account(message);
        if (told !== null) void channel.send(told);
      });
    },
    onClose: (listener) => channel.onClose(listener),
    close: () => channel.close(),
  };
}
