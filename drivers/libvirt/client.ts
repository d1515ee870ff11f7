import type { Duplex } from 'node:stream';
import { RpcConnection } from '../rpc/connection.ts';
import type { DecodedCallOptions, StreamCallOptions } from '../rpc/connection.ts';
import type { CallOptions, LinkError } from '../rpc/errors.ts';
import type { KeepaliveOptions } from '../rpc/keepalive.ts';
import type { RpcStream } from '../rpc/stream.ts';
import { byNumber } from '../rpc/table.ts';
import type { NamedProcedure, Program } from '../rpc/table.ts';
import type {
  EventMsg,
  EventNames,
  QemuApi,
  RemoteApi,
  RemoteArgs,
  RemoteCallName,
  RemoteRet,
  RemoteStreamName,
} from './api.ts';
import { domainEventNames } from './domain-events.ts';
import type { DomainEventId, DomainEventNameOf } from './domain-events.ts';
import { EventHub } from './events.ts';
import type { Disposable } from './events.ts';
import { openConnection } from './open.ts';
import { qemuProgram, remoteProgram } from './protocol/programs.ts';
import type { DomainRef } from './protocol/structs.ts';
import { registerCallback } from './registration.ts';
import type { Registration, RegistrationCalls } from './registration.ts';

export interface ConnectOptions extends CallOptions {
  /** `qemu:///system`, without any transport; null lets the host choose. */
  uri: string | null;
  readOnly?: boolean;
  /** Pings of our own after silence; null for none. The host's pings are answered in any case. */
  keepalive?: KeepaliveOptions | null;
}

/** Silence of 5 s is asked about; the link is given up after 5 questions without an answer, as libvirt does. */
const KEEPALIVE: KeepaliveOptions = { intervalMs: 5_000, count: 5 };
const CLOSE_TIMEOUT_MS = 2_000;

/** One opened connection to a libvirt daemon. Its calls are derived from the protocol tables. */
export class LibvirtClient {
  readonly remote: RemoteApi;
  readonly qemu: QemuApi;
  /** Resolves when the connection is over, with the reason. */
  readonly closed: Promise<LinkError>;
  readonly #connection: RpcConnection;
  readonly #events = new EventHub();
  #closing: Promise<void> | null = null;

  private constructor(duplex: Duplex) {
    this.#connection = new RpcConnection(duplex, {
      programs: [remoteProgram, qemuProgram],
      onEvent: (procedure, msg) => this.#events.emit(procedure.name, msg),
      onFault: (error) => process.emitWarning(error.message, 'LibvirtEventWarning'),
    });
    this.closed = this.#connection.closed;
    this.remote = apiOf(remoteProgram, this.#connection) as unknown as RemoteApi;
    this.qemu = apiOf(qemuProgram, this.#connection) as unknown as QemuApi;
  }

  /**
   * Takes over the Duplex: it is closed with the client, and when opening fails.
   * @throws LibvirtError when the host refuses, LinkError when it does not answer or is no libvirtd
   */
  static async connect(duplex: Duplex, options: ConnectOptions): Promise<LibvirtClient> {
    const client = new LibvirtClient(duplex);
    const { uri, readOnly = false, keepalive = KEEPALIVE, signal, timeoutMs } = options;
    try {
      const callOptions = {
        ...(signal === undefined ? {} : { signal }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      };
      const answersPings = await openConnection(
        client.remote,
        { uri, readOnly, keepalive: keepalive !== null },
        callOptions,
      );
      if (answersPings && keepalive) client.#connection.startKeepalive(keepalive);
      return client;
    } catch (error) {
      client.#connection.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** Calls under way and waiting: when many wait, a second connection helps. */
  get load(): { inFlight: number; queued: number } {
    return this.#connection.load;
  }

  /** Listeners of events that were not disposed of. */
  get listenerCount(): number {
    return this.#events.listenerCount;
  }

  /** A call of the remote program whose reply is read by a decoder of the caller's, which must know the reply's layout. */
  async callDecoded<K extends RemoteCallName, T>(
    name: K,
    args: RemoteArgs<K>,
    options: DecodedCallOptions<T>,
  ): Promise<T> {
    return this.#connection.callDecoded(namedProcedure(remoteProgram, name), args, options);
  }

  /** A call that opens a stream, such as `domainOpenConsole`. */
  async openStream<K extends RemoteStreamName>(
    name: K,
    args: RemoteArgs<K>,
    options: StreamCallOptions = {},
  ): Promise<{ ret: RemoteRet<K>; stream: RpcStream }> {
    const procedure = namedProcedure(remoteProgram, name);
    const { ret, stream } = await this.#connection.openStream(procedure, args, options);
    return { ret: ret as RemoteRet<K>, stream };
  }

  /** Listens to an event, whoever registered it with the host. */
  on<K extends EventNames>(name: K, listener: (msg: EventMsg<K>) => void): Disposable {
    return this.#events.on(name, listener);
  }

  /**
   * Registers a virDomainEventID for one domain or all; no event between the host's answer and this promise is lost.
   */
  async registerDomainEvent<Id extends DomainEventId>(
    eventId: Id,
    dom: DomainRef | null,
    listener: (msg: EventMsg<DomainEventNameOf<Id>>) => void,
  ): Promise<Registration> {
    return this.registerEvent<DomainEventNameOf<Id>>(domainEventNames[eventId], listener, {
      register: (options) => this.remote.connectDomainEventCallbackRegisterAny({ eventId, dom }, options),
      deregister: (callbackId) => this.remote.connectDomainEventCallbackDeregisterAny({ callbackId }),
    });
  }

  /** Registers any event that has a callback number; those of other objects than domains are in object-events.ts. */
  async registerEvent<K extends EventNames>(
    name: K,
    listener: (msg: EventMsg<K>) => void,
    calls: RegistrationCalls,
  ): Promise<Registration> {
    return registerCallback<K>({ hub: this.#events, isOpen: () => this.isOpen, name, listener, ...calls });
  }

  /**
   * Says goodbye (virConnectClose) when the calls that are under way are answered, and ends the link; a host that does not answer is not waited
   * for. libvirtd (9.0.0 at least) has no lock between the end of a client and its calls that register events or take that back: with one
   * of them under way it crashes (remote_daemon_dispatch.c, remoteClientFreePrivateCallbacks).
   */
  close(): Promise<void> {
    this.#closing ??= this.#goodbye();
    return this.#closing;
  }

  async #goodbye(): Promise<void> {
    if (this.isOpen) {
      const procedure = namedProcedure(remoteProgram, 'connectClose');
      await this.#connection
        .callLast(procedure, undefined, { timeoutMs: CLOSE_TIMEOUT_MS })
        .catch(() => undefined);
    }
    this.#connection.close();
  }
}

function namedProcedure(program: Program, name: string): NamedProcedure {
  const row = program.procedures[name];
  const procedure = row && byNumber(program).get(row.number);
  if (!procedure) throw new TypeError(`${program.name} has no procedure ${name}`);
  return procedure;
}

type AnyCall = (args?: unknown, options?: CallOptions) => Promise<unknown>;

/** A method for every call of the table. */
function apiOf(program: Program, connection: RpcConnection): Readonly<Record<string, AnyCall>> {
  const calls: Record<string, AnyCall> = {};
  for (const procedure of byNumber(program).values()) {
    if (procedure.msg !== undefined || procedure.stream !== undefined) continue;
    calls[procedure.name] = (args, options) => connection.call(procedure, args, options);
  }
  return calls;
}
