import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { qemuProgram, remoteProgram } from '../libvirt/protocol/programs.ts';
import { RpcServer } from '../rpc/server.ts';
import { TransportError } from '../transport/errors.ts';
import { memoryPair } from '../transport/memory.ts';
import { unsupported } from './failures.ts';
import { Faults } from './faults.ts';
import { handleCall } from './handlers/index.ts';
import { ClientSession } from './host/client-session.ts';
import type { HostState } from './host/host-state.ts';

const LOOPBACK = '127.0.0.1';

/** One host of the demo fleet, to which any number of clients can connect. */
export class SimulatedHost {
  readonly name: string;
  /** What the host calls itself: it ends with `.demo`. */
  readonly hostname: string;
  readonly faults = new Faults();
  readonly #state: HostState;
  readonly #clients = new Set<RpcServer>();
  readonly #servers = new Set<Server>();

  constructor(state: HostState) {
    this.#state = state;
    this.name = state.name;
    this.hostname = state.hostname;
  }

  /** How many machines the host has now. */
  get machineCount(): number {
    return this.#state.machines.length;
  }

  /** Clients connected to libvirt now. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /**
   * A new connection to the host's libvirt, as through its socket.
   * @throws {TransportError} REFUSED when the host is made to refuse
   */
  openLibvirt(): Duplex {
    this.faults.checkConnect(this.hostname);
    const [outside, inside] = this.#link();
    this.#serveLibvirt(inside);
    return outside;
  }

  /**
   * A new connection to a port of the host: the VNC server of the machine that has it.
   * @throws {TransportError} REFUSED when nothing listens there
   */
  openTcp(port: number): Duplex {
    this.faults.checkConnect(this.hostname, port);
    const machine = this.#state.machineByPort(port);
    if (machine === null || machine.spec.graphics !== 'vnc')
      throw new TransportError(
        'REFUSED',
        `${this.hostname}:${port} refuses the connection: nothing listens on that port`,
        {
          host: this.hostname,
          port,
          phase: 'channel',
        },
      );
    const [outside, inside] = this.#link();
    machine.vnc.accept(inside);
    return outside;
  }

  /** Serves libvirt on a port of the loopback address, for clients outside this process (`virsh -c qemu+tcp://…`). */
  async serveTcp(port = 0): Promise<{ port: number; close(): Promise<void> }> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
      if (this.faults.refuseConnect) {
        socket.destroy();
        return;
      }
      socket.setNoDelay(true);
      const [outside, inside] = memoryPair();
      this.faults.join(socket, outside);
      this.#serveLibvirt(inside);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, LOOPBACK, () => resolve());
    });
    this.#servers.add(server);
    const address = server.address();
    return {
      port: typeof address === 'object' && address !== null ? address.port : port,
      close: () => {
        this.#servers.delete(server);
        for (const socket of sockets) socket.destroy();
        return new Promise((resolve) => {
          server.close(() => resolve());
        });
      },
    };
  }

  /** Ends every connection and everything that would still happen. */
  close(): void {
    for (const server of this.#servers) server.close();
    for (const client of this.#clients) client.close();
    this.faults.resume();
    this.faults.dropAll();
    this.#state.close();
  }

  #link(): [outside: Duplex, inside: Duplex] {
    const [outside, middle] = memoryPair();
    const [innerMiddle, inside] = memoryPair();
    for (const end of [middle, innerMiddle, inside]) end.on('error', () => {});
    this.faults.join(middle, innerMiddle);
    return [outside, inside];
  }

  #serveLibvirt(duplex: Duplex): void {
    duplex.on('error', () => {});
    const server: RpcServer = new RpcServer(duplex, {
      programs: [remoteProgram, qemuProgram],
      handle: (name, args, context) => {
        if (this.faults.unsupportedCalls.has(name)) return Promise.reject(unsupported(name));
        return handleCall(name, args, { host: this.#state, session, context });
      },
    });
    const session = new ClientSession(server);
    const events = this.#state.listen((event) => session.deliver(event));
    this.#clients.add(server);
    void server.closed.then(() => {
      events.dispose();
      this.#clients.delete(server);
    });
  }
}
