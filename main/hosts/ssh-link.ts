import type { Duplex } from 'node:stream';
import { TransportError } from '../../drivers/transport/errors.ts';
import type { HostCommands } from '../../drivers/transport/exec.ts';
import type { OnConnection, TcpListener } from '../../drivers/transport/listen.ts';
import type { KnownHosts } from '../../drivers/transport/known-hosts.ts';
import { openSsh } from '../../drivers/transport/ssh.ts';
import { resolveSshTarget, type SshResolveOptions } from '../../drivers/transport/ssh-resolve.ts';
import type { SshSession } from '../../drivers/transport/ssh-session.ts';
import { openFirst, systemSockets } from './libvirt-sockets.ts';
import type { HostLink, OpenLinkRequest, SshPeer } from './link.ts';
import type { SshHostTarget } from './target.ts';

/** A frozen host is noticed within half a minute, here and by libvirt's own keepalive. */
const KEEPALIVE = { intervalMs: 5000, count: 4 };

export interface SshLinkOptions {
  knownHosts: KnownHosts;
  resolve: SshResolveOptions;
}

/** Logs in by SSH; libvirt's socket and consoles are channels of this one session. */
export async function openSshLink(
  target: SshHostTarget,
  request: OpenLinkRequest,
  options: SshLinkOptions,
): Promise<HostLink> {
  const sockets = socketsOf(target);
  return new SshLink(await openSshSession(target, request, options), sockets);
}

/** The login alone, of a machine that may have no libvirt. */
export async function openSshSession(
  target: Pick<SshHostTarget, 'host' | 'port' | 'user' | 'keyFile'>,
  request: Omit<OpenLinkRequest, 'target'>,
  options: SshLinkOptions,
): Promise<SshSession> {
  const keyFile = request.keyFile ?? target.keyFile;
  const resolved = await resolveSshTarget(
    {
      host: target.host,
      ...(target.port === null ? {} : { port: target.port }),
      ...(target.user === null ? {} : { user: target.user }),
      ...(keyFile === null ? {} : { keyFile }),
    },
    options.resolve,
  );
  return openSsh(resolved, request.asks, {
    signal: request.signal,
    keepalive: KEEPALIVE,
    knownHosts: options.knownHosts,
  });
}

function socketsOf(target: SshHostTarget): readonly string[] {
  if (target.socket !== null) return [target.socket];
  if (target.scope === 'system') return systemSockets(target.driver);
  // A user's own daemon has its socket below a folder that only that user's login knows.
  throw new TransportError(
    'BAD_CONFIG',
    `A session over ssh needs the path of the socket: add ?socket=/run/user/UID/libvirt/libvirt-sock with the id of the user on ${target.host}`,
    { host: target.host },
  );
}

class SshLink implements HostLink {
  readonly #session: SshSession;
  #sockets: readonly string[];

  constructor(session: SshSession, sockets: readonly string[]) {
    this.#session = session;
    this.#sockets = sockets;
  }

  get commands(): HostCommands {
    return this.#session;
  }

  get ssh(): SshPeer | undefined {
    const { target, hostKey } = this.#session;
    if (hostKey === null) return undefined;
    const { host, port, user, jumps } = target;
    return { host, port, user, jumped: jumps.length > 0, hostKey };
  }

  get closed(): Promise<Error | undefined> {
    return this.#session.closed;
  }

  async openLibvirt(signal?: AbortSignal): Promise<Duplex> {
    const found = await openFirst(this.#sockets, (path) => this.#session.openUnix(path, signal));
    // The one that answered comes first from now on; a daemon that is replaced by modular ones is still found.
    this.#sockets = [found.path, ...this.#sockets.filter((path) => path !== found.path)];
    return found.duplex;
  }

  openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    return this.#session.openTcp(host, port, signal);
  }

  openUnix(path: string, signal?: AbortSignal): Promise<Duplex> {
    return this.#session.openUnix(path, signal);
  }

  listenTcp(onConnection: OnConnection): Promise<TcpListener> {
    return this.#session.listenTcp(onConnection);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
