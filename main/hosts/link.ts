import type { Duplex } from 'node:stream';
import type { HostCommands } from '../../drivers/transport/exec.ts';
import type { OnConnection, TcpListener } from '../../drivers/transport/listen.ts';
import type { SshAsks } from '../../drivers/transport/ssh-target.ts';
import type { HostTarget } from './target.ts';

/** The SSH server of a login. */
export interface SshPeer {
  /** Name or address, as this computer connects to it. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** By way of other SSH servers: `host` is what the last of these knows it by. */
  readonly jumped: boolean;
  /** Its key as it is on the wire, which was found good when the login was made. */
  readonly hostKey: Buffer;
}

/** One login to a host: everything that is sent to it goes through here. */
export interface HostLink {
  /** A stream to the host's libvirt daemon. Several may be open at once. */
  openLibvirt(signal?: AbortSignal): Promise<Duplex>;
  /** A stream to a TCP port as the host itself sees it: `127.0.0.1` is the host. */
  openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex>;
  /** A stream to a unix socket of the host. */
  openUnix(path: string, signal?: AbortSignal): Promise<Duplex>;
  /**
   * Listens on a free port of the host's loopback; any user of the host can reach it.
   * @throws TransportError FORWARDING_DISABLED where the link is no login that may
   */
  listenTcp(onConnection: OnConnection): Promise<TcpListener>;
  /** Programs that run on the host, as the user who is logged in. */
  readonly commands: HostCommands;
  /** Left out: the login is none by SSH. */
  readonly ssh?: SshPeer | undefined;
  /** The host is simulated, and so is what it gets from the web. */
  readonly simulated?: true;
  /** Resolves once, with the reason when it was not our `close`. */
  readonly closed: Promise<Error | undefined>;
  close(): Promise<void>;
}

export interface OpenLinkRequest {
  target: HostTarget;
  /** A key file to try first, beside what the target and ~/.ssh/config say. */
  keyFile: string | null;
  asks: SshAsks;
  signal: AbortSignal;
}

/** Logs in. Fails with a TransportError. */
export type OpenLink = (request: OpenLinkRequest) => Promise<HostLink>;

/**
 * `closed` and `close` of a link that is only a way to open streams, with nothing of its own that could be lost. What was opened through
 * it ends with it, as the channels of an SSH session do.
 */
export class LinkEnd {
  readonly closed: Promise<Error | undefined>;
  readonly #open = new Set<Duplex>();
  #resolve: (reason: Error | undefined) => void = () => undefined;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Notes a stream that was opened through the link. */
  track<T extends Duplex>(stream: T): T {
    this.#open.add(stream);
    stream.once('close', () => this.#open.delete(stream));
    return stream;
  }

  close(reason?: Error): void {
    this.#resolve(reason);
    for (const stream of this.#open) stream.destroy();
  }
}
