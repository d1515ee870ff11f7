import { connect, isIP, type Socket } from 'node:net';
import type { Dial, DialOptions } from './dial.ts';
import { whenConnected } from './dial-socket.ts';
import { endpoint, tcpError, TransportError, type TransportPhase } from './errors.ts';
import { names } from './lookup.ts';

export interface TcpAddress {
  host: string;
  port: number;
  /** Milliseconds until TIMEOUT; 20 s when left out. */
  timeoutMs?: number;
}

/** Milliseconds. Node's own 250 would give up an IPv6 address on a link that is merely slow. */
const ATTEMPT_TIMEOUT_MS = 3_000;

/** Opens a TCP connection without Nagle's delay. */
export async function connectTcp(address: TcpAddress, options: DialOptions = {}): Promise<Socket> {
  const { host, port, timeoutMs = 20_000 } = address;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new TransportError('BAD_CONFIG', `${port} is not a TCP port`, { host, port });
  }
  // an address is not looked up
  let phase: TransportPhase = isIP(host) === 0 ? 'dns' : 'tcp';
  const socket = connect({
    host,
    port,
    noDelay: true,
    lookup: (name, lookup, done) =>
      names.lookup(name, lookup, (...answer) => {
        phase = 'tcp';
        done(...answer);
      }),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
  });
  return await whenConnected(socket, {
    what: `Connecting to ${endpoint(host, port)}`,
    signal: options.signal,
    timeoutMs,
    timedOut: () =>
      new TransportError(
        'TIMEOUT',
        phase === 'dns'
          ? `The name ${host} could not be looked up within ${timeoutMs / 1000} s`
          : `${endpoint(host, port)} does not answer: no connection within ${timeoutMs / 1000} s`,
        { host, port, phase },
      ),
    failed: (error) => tcpError(error, host, port),
  });
}

/** A dial function for a TCP port. */
export function dialTcp(address: TcpAddress): Dial {
  return (options) => connectTcp(address, options);
}
