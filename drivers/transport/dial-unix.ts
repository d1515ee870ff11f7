import { connect, type Socket } from 'node:net';
import type { Dial, DialOptions } from './dial.ts';
import { whenConnected } from './dial-socket.ts';
import { errorText, systemCode, TransportError } from './errors.ts';

/** Milliseconds. A listener with a full queue makes connect wait; without a limit it would wait for ever. */
const TIMEOUT_MS = 20_000;

function unixError(error: unknown, path: string): TransportError {
  const detail = { path, phase: 'open' as const, detail: errorText(error), cause: error };
  switch (systemCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new TransportError('NO_SUCH_SOCKET', `There is no socket ${path} on this computer`, detail);
    case 'ECONNREFUSED':
      return new TransportError('NO_SUCH_SOCKET', `Nothing listens on ${path}`, detail);
    case 'EACCES':
    case 'EPERM':
      return new TransportError('PERMISSION', `This user may not open ${path}`, detail);
    default:
      return new TransportError('CLOSED', `${path} could not be opened: ${errorText(error)}`, detail);
  }
}

/** Opens a socket of this computer. */
export async function connectUnix(path: string, options: DialOptions = {}): Promise<Socket> {
  return await whenConnected(connect({ path }), {
    what: `Opening ${path}`,
    signal: options.signal,
    timeoutMs: TIMEOUT_MS,
    timedOut: () =>
      new TransportError('TIMEOUT', `${path} does not take the connection`, { path, phase: 'open' }),
    failed: (error) => unixError(error, path),
  });
}

/** A dial function for a unix socket (or a named pipe of Windows). */
export function dialUnix(path: string): Dial {
  return (options) => connectUnix(path, options);
}
