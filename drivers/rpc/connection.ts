import type { Duplex } from 'node:stream';
import { decodeBody, empty } from '../xdr/xdr.ts';
import type { Decoder } from '../xdr/xdr.ts';
import { errorBody, errorFromBody } from './error-body.ts';
import type { CallOptions } from './errors.ts';
import { LinkError } from './errors.ts';
import { FrameEncoder, messageStatus, messageType } from './frame.ts';
import type { Frame, Header } from './frame.ts';
import { isPing, Keepalive, KEEPALIVE_PROGRAM, pingHeader, pongHeader } from './keepalive.ts';
import type { KeepaliveOptions } from './keepalive.ts';
import { PacketPort } from './port.ts';
import { isAhead, nextSerial } from './serial.ts';
import { RpcStream } from './stream.ts';
import { streamPort } from './stream-port.ts';
import { byNumber } from './table.ts';
import type { NamedProcedure, Program } from './table.ts';
import { CallWindow, MOST_CALLS } from './window.ts';
import type { PendingCall } from './window.ts';

export interface RpcConnectionOptions {
  programs: readonly Program[];
  /** Called for every event of the programs, in order; it must not throw. */
  onEvent: (procedure: NamedProcedure, msg: unknown) => void;
  /** An event that cannot be read was passed over; the packets around it are whole, so the connection goes on. */
  onFault?: (error: LinkError) => void;
  /** Calls that may be under way at once; unless told `MOST_CALLS`. */
  maxInFlight?: number;
}

export interface DecodedCallOptions<T> extends CallOptions {
  /** Reads the reply in another way than the procedure's own codec. */
  decoder: Decoder<T>;
}

/** What of a stream may come before the answer of its call: parts of packets, and bytes. */
const EARLY_MAX_PARTS = 512;
const EARLY_MAX_BYTES = 8 << 20;

export interface StreamCallOptions extends CallOptions {
  /** Read and write holes; see RpcStream. */
  sparse?: boolean;
}

interface SubmitOptions extends StreamCallOptions, Partial<DecodedCallOptions<unknown>> {
  last?: boolean;
}

/** A stream as the reply of its call opened it. */
export interface OpenedStream {
  ret: unknown;
  stream: RpcStream;
}

/**
 * The client's side of libvirt's RPC over any Duplex. Calls are pipelined and matched by serial; when the link goes,
 * every waiter fails at once with a LinkError that names its procedure.
 */
export class RpcConnection {
  /** Resolves when the connection is over, with the reason. */
  readonly closed: Promise<LinkError>;
  readonly #port: PacketPort;
  readonly #encoder = new FrameEncoder();
  readonly #programs: ReadonlyMap<number, Program>;
  readonly #onEvent: RpcConnectionOptions['onEvent'];
  readonly #onFault: (error: LinkError) => void;
  readonly #window: CallWindow;
  readonly #streams = new Map<number, RpcStream>();
  /** Packets of streams whose call is not answered yet, by serial. */
  readonly #early = new Map<number, Frame[]>();
  #keepalive: Keepalive | undefined;
  #lastSerial = 0;
  #takesCalls = true;
  #end: LinkError | undefined;
  #resolveClosed: (error: LinkError) => void = () => undefined;

  constructor(duplex: Duplex, options: RpcConnectionOptions) {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#programs = new Map(options.programs.map((program) => [program.number, program]));
    this.#onEvent = options.onEvent;
    this.#onFault = options.onFault ?? (() => undefined);
    this.#port = new PacketPort(duplex, {
      frame: (frame) => this.#receive(frame),
      closed: (error) => this.#closedWith(error),
    });
    this.#window = new CallWindow(options.maxInFlight ?? MOST_CALLS, (packet) => this.#port.send(packet));
  }

  /** Whether it takes calls. */
  get isOpen(): boolean {
    return this.#port.isOpen && this.#takesCalls;
  }

  /** Calls that are sent and not answered, and calls that wait for a place. */
  get load(): { inFlight: number; queued: number } {
    return { inFlight: this.#window.inFlight, queued: this.#window.queued };
  }

  /**
   * @throws LibvirtError when the host refuses or fails
   * @throws LinkError when no answer comes
   * @throws XdrError when the arguments do not fit the procedure
   */
  async call(procedure: NamedProcedure, args: unknown, options: CallOptions = {}): Promise<unknown> {
    return this.#submit(procedure, args, options);
  }

  /** As `call`, the reply read by the caller's own decoder. */
  async callDecoded<T>(procedure: NamedProcedure, args: unknown, options: DecodedCallOptions<T>): Promise<T> {
    return (await this.#submit(procedure, args, options)) as T;
  }

  /** A call whose reply opens a stream. Whoever gives up while it is under way leaves no stream behind on the host. */
  async openStream(
    procedure: NamedProcedure,
    args: unknown,
    options: StreamCallOptions = {},
  ): Promise<OpenedStream> {
    return (await this.#submit(procedure, args, options)) as OpenedStream;
  }

  /** The goodbye: it is sent when every other call is answered, and from now on none is taken. */
  async callLast(procedure: NamedProcedure, args: unknown, options: CallOptions = {}): Promise<unknown> {
    const answer = this.#submit(procedure, args, { ...options, last: true });
    this.#takesCalls = false;
    return answer;
  }

  /** Sends pings from now on; call it only when the peer said that it answers them. */
  startKeepalive(options: KeepaliveOptions): void {
    this.#keepalive?.stop();
    this.#keepalive = undefined;
    if (!this.isOpen) return;
    const ping = (): void => {
      // While reading is held up nothing can be heard, which says nothing about the host.
      if (this.#port.isHeld) this.#keepalive?.heard();
      else this.#port.send(this.#encoder.encode(pingHeader, empty, undefined));
    };
    this.#keepalive = new Keepalive(options, ping, (silentMs) => {
      this.#port.fail(new LinkError('LINK_CLOSED', `no sign of life from the host for ${silentMs / 1000} s`));
    });
  }

  /** Ends the connection; waiters and streams fail with `reason`. */
  close(reason = closedHere()): void {
    this.#port.end(reason);
  }

  #submit(procedure: NamedProcedure, args: unknown, options: SubmitOptions): Promise<unknown> {
    const { name } = procedure;
    if (this.#end) throw lostLink(name, this.#end);
    if (!this.#takesCalls) throw lostLink(name, closedHere());
    if (options.signal?.aborted === true) {
      const cause: unknown = options.signal.reason;
      throw new LinkError('CANCELLED', `${name}: cancelled`, { procedure: name, cause });
    }
    this.#lastSerial = nextSerial(this.#lastSerial);
    const serial = this.#lastSerial;
    const header = headerOf(procedure, { type: messageType.CALL, serial, status: messageStatus.OK });
    const packet = this.#encoder.encode(header, procedure.args ?? empty, args);
    const { sparse = false, last = false, brief = false } = options;
    const ret = options.decoder ?? procedure.ret ?? empty;
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject, abandoned: false, release: () => undefined };
      const call = { procedure, serial, packet, ret, sparse, last, brief, ...waiter };
      this.#window.submit(call, options);
    });
  }

  #receive(frame: Frame): void {
    this.#keepalive?.heard();
    if (frame.program === KEEPALIVE_PROGRAM) {
      if (isPing(frame) && !this.#port.isFull)
        this.#port.send(this.#encoder.encode(pongHeader, empty, undefined));
      return;
    }
    const program = this.#programs.get(frame.program);
    if (!program || program.version !== frame.version) {
      throw new LinkError(
        'PROTOCOL',
        `a packet of the unknown program ${frame.program} version ${frame.version}`,
      );
    }
    if (frame.type === messageType.REPLY) this.#receiveReply(frame);
    else if (frame.type === messageType.MESSAGE) this.#receiveEvent(program, frame);
    else if (frame.type === messageType.STREAM || frame.type === messageType.STREAM_HOLE)
      this.#receiveStream(frame);
    else throw new LinkError('PROTOCOL', `a packet of the type ${frame.type}, which no server sends`);
  }

  #receiveReply(frame: Frame): void {
    const call = this.#window.peek(frame.serial);
    if (!call) throw new LinkError('PROTOCOL', `a reply to the call ${frame.serial}, which was not made`);
    const { procedure } = call;
    if (procedure.number !== frame.procedure || procedure.program.number !== frame.program) {
      throw new LinkError('PROTOCOL', `a reply of procedure ${frame.procedure} to ${procedure.name}`, {
        procedure: procedure.name,
      });
    }
    if (frame.status > messageStatus.ERROR) {
      throw new LinkError('PROTOCOL', `a reply with the status ${frame.status}`, {
        procedure: procedure.name,
      });
    }
    this.#window.answered(frame.serial);
    const early = this.#early.get(frame.serial) ?? [];
    this.#early.delete(frame.serial);
    if (call.procedure.stream !== undefined && frame.status === messageStatus.OK)
      this.#openStream(call, frame, early);
    else if (!call.abandoned) settle(call, frame);
  }

  #openStream(call: PendingCall, frame: Frame, early: readonly Frame[]): void {
    const { procedure, serial, ret, sparse } = call;
    const header = (type: number, status: number): Header => headerOf(procedure, { type, serial, status });
    const port = streamPort({
      port: this.#port,
      procedure: procedure.name,
      send: (type, status, body) =>
        this.#port.send(this.#encoder.encodeHead(header(type, status), body.length), body),
      done: () => this.#streams.delete(serial),
    });
    const stream = new RpcStream(port, { direction: procedure.stream ?? 'both', sparse });
    this.#streams.set(serial, stream);
    if (call.abandoned) {
      stream.destroy();
      return;
    }
    try {
      call.resolve({ ret: decodeBody(ret, frame.body), stream });
    } catch (cause) {
      stream.destroy();
      call.reject(malformed('reply', procedure.name, cause));
    }
    for (const packet of early) stream.receive(packet);
  }

  #receiveEvent(program: Program, frame: Frame): void {
    const procedure = byNumber(program).get(frame.procedure);
    // An event of a newer libvirt, which nobody here asked for.
    if (procedure?.msg === undefined) return;
    let msg: unknown;
    try {
      msg = decodeBody(procedure.msg, frame.body);
    } catch (cause) {
      this.#onFault(malformed('event', procedure.name, cause));
      return;
    }
    this.#onEvent(procedure, msg);
  }

  #receiveStream(frame: Frame): void {
    // Packets that were on their way when a stream was over are let pass, as libvirt's own client does.
    const stream = this.#streams.get(frame.serial);
    if (stream) stream.receive(frame);
    else if (this.#window.peek(frame.serial)?.procedure.stream !== undefined) this.#keepEarly(frame);
    if (frame.serial === 0 || isAhead(frame.serial, this.#lastSerial)) {
      throw new LinkError('PROTOCOL', `a packet of the stream ${frame.serial}, which was not opened`);
    }
  }

  /** libvirtd watches a stream before its worker has answered the call: the first data can overtake the answer. */
  #keepEarly(frame: Frame): void {
    const packets = this.#early.get(frame.serial) ?? [];
    this.#early.set(frame.serial, packets);
    packets.push(frame);
    const bytes = packets.reduce((sum, { body }) => sum + body.length, 0);
    if (packets.length > EARLY_MAX_PARTS || bytes > EARLY_MAX_BYTES) {
      throw new LinkError('PROTOCOL', 'the host sends a stream and does not answer its call');
    }
  }

  #closedWith(error: LinkError): void {
    this.#end = error;
    this.#keepalive?.stop();
    this.#window.failAll((procedure) => lostLink(procedure, error));
    for (const stream of this.#streams.values()) stream.lose(error);
    this.#streams.clear();
    this.#early.clear();
    this.#resolveClosed(error);
  }
}

function settle(call: PendingCall, frame: Frame): void {
  const { name } = call.procedure;
  try {
    if (frame.status === messageStatus.ERROR)
      call.reject(errorFromBody(decodeBody(errorBody, frame.body), name));
    else call.resolve(decodeBody(call.ret, frame.body));
  } catch (cause) {
    call.reject(malformed('reply', name, cause));
  }
}

/** The packets around it are whole, so only this call or event is lost. */
function malformed(what: 'reply' | 'event', procedure: string, cause: unknown): LinkError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new LinkError('PROTOCOL', `${procedure}: the ${what} is malformed: ${message}`, {
    procedure,
    cause,
  });
}

function closedHere(): LinkError {
  return new LinkError('LINK_CLOSED', 'the connection was closed on this side');
}

function lostLink(procedure: string, reason: LinkError): LinkError {
  return new LinkError(reason.code, `${procedure}: ${reason.message}`, { procedure, cause: reason });
}

function headerOf(procedure: NamedProcedure, rest: Pick<Header, 'type' | 'serial' | 'status'>): Header {
  const { number, program } = procedure;
  return { program: program.number, version: program.version, procedure: number, ...rest };
}
