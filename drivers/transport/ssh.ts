import type { Duplex } from 'node:stream';
import { connectTcp } from './dial-tcp.ts';
import { KnownHosts } from './known-hosts.ts';
import { openHop, type HopContext } from './ssh-hop.ts';
import { SshSession } from './ssh-session.ts';
import type { SshAsks, SshTarget } from './ssh-target.ts';

export interface SshOptions {
  signal?: AbortSignal;
  /** How often the server is asked for a sign of life, and how many may stay out. Left out: 15 s, 3. */
  keepalive?: { intervalMs: number; count: number };
  /** Milliseconds for each hop, without the time a person takes. Left out: 20 s. */
  timeoutMs?: number;
  /** Left out: OpenSSH's own files, and an accepted key is kept for this session only. */
  knownHosts?: KnownHosts;
}

function contextOf(asks: SshAsks, options: SshOptions): HopContext {
  return {
    asks,
    knownHosts: options.knownHosts ?? new KnownHosts({ ownFile: null }),
    keepalive: options.keepalive ?? { intervalMs: 15_000, count: 3 },
    timeoutMs: options.timeoutMs ?? 20_000,
    signal: options.signal,
  };
}

/** The byte stream to a server: from this computer, or from the session of the hop before it. */
async function streamTo(target: SshTarget, before: SshSession | null, context: HopContext): Promise<Duplex> {
  const { host, port } = target;
  if (before !== null) return await before.openTcp(host, port, context.signal);
  const { signal, timeoutMs } = context;
  return await connectTcp({ host, port, timeoutMs }, signal === undefined ? {} : { signal });
}

/**
 * Logs in to a server, through its jumps if it has any. Each hop checks its own host key and asks its own questions.
 * @throws TransportError; nothing is left open then
 */
export async function openSsh(
  target: SshTarget,
  asks: SshAsks,
  options: SshOptions = {},
): Promise<SshSession> {
  const context = contextOf(asks, options);
  let session: SshSession | null = null;
  for (const hop of [...target.jumps, target]) {
    const before: SshSession | null = session;
    try {
      const link = await streamTo(hop, before, context);
      let hostKey: Buffer | null = null;
      const client = await openHop(hop, link, context, (key) => (hostKey = key));
      session = new SshSession(hop, client, link, hostKey);
    } catch (error) {
      await before?.close();
      throw error;
    }
    // A chain ends from its far end: who closes the last session closes them all.
    if (before !== null) void session.closed.then(() => before.close());
  }
  if (session === null) throw new Error('A chain of hops cannot be empty');
  return session;
}
