import type { Duplex } from 'node:stream';
import { decodeBody, empty } from '../xdr/xdr.ts';
import { bodyFromError, errorBody } from './error-body.ts';
import { LibvirtError, LinkError } from './errors.ts';
import { FrameEncoder, messageStatus, messageType } from './frame.ts';
import type { Frame, Header } from './frame.ts';
import { isPing, Keepalive, KEEPALIVE_PROGRAM, pingHeader, pongHeader } from './keepalive.ts';
import type { KeepaliveOptions } from './keepalive.ts';
import { PacketPort } from './port.ts';
import { ServerStream } from './server-stream.ts';
import { streamPort } from './stream-port.ts';
import { byNumber } from './table.ts';
import type { NamedProcedure, Program } from './table.ts';

/** Calls of a client under way at once; then reading waits, as libvirtd's does at five. */
const MAX_CALLS = 32;

/** One call as its handler sees it. */
export interface CallContext {
  readonly connection: RpcServer;
  readonly procedure: NamedProcedure;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** The stream of a procedure that has one. What is written goes out after the answer. */
  openStream(options?: { sparse?: boolean }): ServerStream;
}

export interface RpcServerOptions {
  programs: readonly Program[];
  /**
   * Answers a call. A LibvirtError goes to the client as it is, anything else as VIR_ERR_INTERNAL_ERROR. Calls run side
   * by side, as they do in libvirtd.
   */
  handle: (name: string, args: unknown, context: CallContext) => Promise<unknown>;
}

/** The host's side of libvirt's RPC over any Duplex: one client. */
export class RpcServer {
  /** Resolves when the client is gone, with the reason. */
  readonly closed: Promise<LinkError>;
  readonly #port: PacketPort;
  readonly #encoder = new FrameEncoder();
  readonly #programs: ReadonlyMap<number, Program>;
  readonly #handle: RpcServerOptions['handle'];
  readonly #streams = new Map<number, ServerStream>();
  readonly #abort = new AbortController();
  #calls = 0;
  #keepalive: Keepalive | undefined;
  #resolveClosed: (error: LinkError) => void = () => undefined;

  constructor(duplex: Duplex, options: RpcServerOptions) {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#programs = new Map(options.programs.map((program) => [program.number, program]));
    this.#handle = options.handle;
    this.#port = new PacketPort(duplex, {
      frame: (frame) => this.#receive(frame),
      closed: (error) => this.#closedWith(error),
    });
  }

  get isOpen(): boolean {
    return this.#port.isOpen;
  }

  /**
   * Sends an event of a program.
   * @throws XdrError when the message does not fit the event
   */
  sendEvent(program: Program, name: string, msg: unknown): void {
    const row = program.procedures[name];
    if (row?.msg === undefined) throw new TypeError(`${program.name} has no event ${name}`);
    const header = {
      program: program.number,
      version: program.version,
      procedure: row.number,
      type: messageType.MESSAGE,
      serial: 0,
      status: messageStatus.OK,
    };
    this.#port.send(this.#encoder.encode(header, row.msg, msg));
  }

  /** Pings the client after silence, as libvirtd does once the client said that it answers. */
  startKeepalive(options: KeepaliveOptions): void {
    this.#keepalive?.stop();
    if (!this.isOpen) return;
    const ping = (): void => {
      // While reading waits for answers to go out nothing can be heard.
      if (this.#port.isHeld) this.#keepalive?.heard();
      else this.#port.send(this.#encoder.encode(pingHeader, empty, undefined));
    };
    this.#keepalive = new Keepalive(options, ping, () =>
      this.#port.fail(new LinkError('LINK_CLOSED', 'no sign of life from the client')),
    );
  }

  close(): void {
    this.#port.end(new LinkError('LINK_CLOSED', 'the connection was closed on this side'));
  }

  #receive(frame: Frame): void {
    this.#keepalive?.heard();
    if (frame.program === KEEPALIVE_PROGRAM) {
      if (isPing(frame) && !this.#port.isFull)
        this.#port.send(this.#encoder.encode(pongHeader, empty, undefined));
      return;
    }
    if (frame.type === messageType.STREAM || frame.type === messageType.STREAM_HOLE) {
      // A packet of a stream that is over is dropped, as libvirtd does.
      this.#streams.get(frame.serial)?.receive(frame);
      return;
    }
    if (frame.type !== messageType.CALL) {
      throw new LinkError('PROTOCOL', `a packet of the type ${frame.type}, which no client sends`);
    }
    const program = this.#programs.get(frame.program);
    if (!program || program.version !== frame.version) {
      this.#sendError(frame, rpcError(`Cannot find program ${frame.program} version ${frame.version}`));
      return;
    }
    const procedure = byNumber(program).get(frame.procedure);
    if (!procedure || procedure.msg !== undefined) {
      this.#sendError(frame, rpcError(`unknown procedure: ${frame.procedure}`));
      return;
    }
    this.#dispatch(procedure, frame);
  }

  #dispatch(procedure: NamedProcedure, frame: Frame): void {
    let args: unknown;
    try {
      args = decodeBody(procedure.args ?? empty, frame.body);
    } catch {
      this.#sendError(frame, rpcError('Unable to decode message payload'));
      return;
    }
    let stream: ServerStream | undefined;
    const context: CallContext = {
      connection: this,
      procedure,
      signal: this.#abort.signal,
      openStream: (options = {}) => (stream ??= this.#openStream(procedure, frame, options.sparse ?? false)),
    };
    const answer = async (): Promise<void> => {
      this.#begin();
      try {
        const ret = await this.#handle(procedure.name, args, context);
        this.#port.send(this.#encoder.encode(headerOf(frame, messageStatus.OK), procedure.ret ?? empty, ret));
        stream?.open();
      } catch (error) {
        stream?.lose();
        this.#sendError(frame, error);
      }
      this.#port.drained(() => this.#over());
    };
    void answer();
  }

  #begin(): void {
    this.#calls += 1;
    if (this.#calls === MAX_CALLS) this.#port.hold(true);
  }

  /** A call is over when its answer has gone out: a client that does not read is not read from. */
  #over(): void {
    this.#calls -= 1;
    if (this.#calls === MAX_CALLS - 1) this.#port.hold(false);
  }

  #openStream(procedure: NamedProcedure, frame: Frame, sparse: boolean): ServerStream {
    if (procedure.stream === undefined) throw new TypeError(`${procedure.name} has no stream`);
    const { serial } = frame;
    const header = (type: number, status: number): Header => ({ ...headerOf(frame, status), type });
    const port = streamPort({
      port: this.#port,
      procedure: procedure.name,
      send: (type, status, body) =>
        this.#port.send(this.#encoder.encodeHead(header(type, status), body.length), body),
      done: () => this.#streams.delete(serial),
    });
    const stream = new ServerStream(port, { direction: procedure.stream, sparse });
    this.#streams.set(serial, stream);
    return stream;
  }

  #sendError(frame: Frame, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const failure =
      error instanceof LibvirtError
        ? error
        : new LibvirtError({ code: 'VIR_ERR_INTERNAL_ERROR', message: `internal error: ${message}` });
    const header = headerOf(frame, messageStatus.ERROR);
    this.#port.send(this.#encoder.encode(header, errorBody, bodyFromError(failure)));
  }

  #closedWith(error: LinkError): void {
    this.#keepalive?.stop();
    for (const stream of this.#streams.values()) stream.lose();
    this.#streams.clear();
    this.#abort.abort(error);
    this.#resolveClosed(error);
  }
}

function headerOf(call: Frame, status: number): Header {
  const { program, version, procedure, serial } = call;
  return { program, version, procedure, type: messageType.REPLY, serial, status };
}

function rpcError(message: string): LibvirtError {
  return new LibvirtError({
    code: 'VIR_ERR_RPC',
    domain: 'VIR_FROM_RPC',
    message,
    str1: '%s',
    str2: message,
  });
}
