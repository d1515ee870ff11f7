import { homedir } from 'node:os';
import path from 'node:path';
import { connectTcp } from '../../drivers/transport/dial-tcp.ts';
import { connectUnix } from '../../drivers/transport/dial-unix.ts';
import type { DialOptions } from '../../drivers/transport/dial.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import { execLocal } from '../../drivers/transport/exec-local.ts';
import { openFirst, sessionSockets, systemSockets } from './libvirt-sockets.ts';
import { listenHere } from '../../drivers/transport/listen.ts';
import { LinkEnd, type HostLink } from './link.ts';
import type { LocalHostTarget, TcpHostTarget } from './target.ts';

/** This computer: sockets are opened as they are. */
export function localLink(target: LocalHostTarget): HostLink {
  const end = new LinkEnd();
  const sockets = localSockets(target);
  return {
    commands: { exec: execLocal },
    closed: end.closed,
    openLibvirt: async (signal) =>
      end.track((await openFirst(sockets, (socket) => connectUnix(socket, dial(signal)))).duplex),
    openTcp: async (host, port, signal) => end.track(await connectTcp({ host, port }, dial(signal))),
    openUnix: async (socket, signal) => end.track(await connectUnix(socket, dial(signal))),
    listenTcp: (onConnection) => listenHere((stream) => onConnection(end.track(stream))),
    close: () => Promise.resolve(end.close()),
  };
}

/** Where the daemon of this computer listens. */
export function localSockets(target: LocalHostTarget): string[] {
  if (target.socket !== null) return [target.socket];
  if (target.scope === 'system') return systemSockets(target.driver);
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? path.join(homedir(), '.cache');
  return sessionSockets(target.driver, runtime);
}

/**
 * A daemon that listens on TCP, without encryption. There is no login to the host, so only ports that it shows to this computer can be
 * opened; its loopback is taken for its own address, which a service that listens everywhere answers on too.
 */
export function tcpLink(target: TcpHostTarget): HostLink {
  const end = new LinkEnd();
  const { host, port } = target;
  return {
    commands: { exec: undefined, reason: `A connection by tcp is no login to ${host}: use ssh` },
    closed: end.closed,
    openLibvirt: async (signal) => end.track(await connectTcp({ host, port }, dial(signal))),
    openTcp: async (at, atPort, signal) =>
      end.track(await connectTcp({ host: isLoopback(at) ? host : at, port: atPort }, dial(signal))),
    openUnix: async (socket, signal) => {
      if (!isLoopback(host)) throw outOfReach(socket);
      return end.track(await connectUnix(socket, dial(signal)));
    },
    listenTcp: () =>
      Promise.reject(
        new TransportError('FORWARDING_DISABLED', `A connection by tcp is no login to ${host}: use ssh`),
      ),
    close: () => Promise.resolve(end.close()),
  };
}

function outOfReach(socket: string): TransportError {
  const message = `${socket} is on the host, and a connection by tcp cannot open it: use ssh`;
  return new TransportError('NO_SUCH_SOCKET', message, { path: socket });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function dial(signal: AbortSignal | undefined): DialOptions {
  return signal === undefined ? {} : { signal };
}
