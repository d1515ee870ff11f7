import { describePipeEnd } from '../consoles/describe-end.ts';
import { ackedChannel } from './acked-channel.ts';
import type { Channel } from './channel.ts';
import { runPipe, type PipeEnd } from './pipe.ts';
import { portChannel, type MessagePortLike } from './port-channel.ts';
import { serveRpc, type ServedCore } from './rpc-server.ts';

/** Serves the contract on a message port, for as long as the port is open. Its other end says what it has read (`rpcReadAccount`). */
export function serveMessagePort(core: ServedCore, port: MessagePortLike): void {
  serveRpc(core, ackedChannel(portChannel(port)));
}

/** Serves the pipe of a token (from `console.open`) on a message port of its own. Resolves when it has ended. */
export function servePipePort(core: ServedCore, port: MessagePortLike, token: string): Promise<PipeEnd> {
  return servePipe(core, portChannel(port), token);
}

/** Joins a channel to the pipe of a token; a token that is not (any more) known is told so and the channel closed. */
export async function servePipe(core: ServedCore, channel: Channel, token: string): Promise<PipeEnd> {
  const duplex = core.pipes.take(token);
  if (duplex !== null) return runPipe(duplex, channel, { describe: describePipeEnd });
  const end: PipeEnd = { code: 'failed', reason: 'This console is not on offer any more. Open it again.' };
  await channel.send({ type: 'close', ...end });
  channel.close();
  return end;
}
