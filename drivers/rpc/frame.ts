import { XdrWriter } from '../xdr/xdr.ts';
import type { Codec } from '../xdr/xdr.ts';
import { LinkError } from './errors.ts';

/** The longest packet: VIR_NET_MESSAGE_MAX, and the length word, which libvirt takes off before it compares (virNetMessageDecodeLength). */
export const PACKET_MAX = 33_554_432 + 4;
/** The length word and the header of 24 bytes: the shortest packet. */
export const PACKET_MIN = 28;
/**
 * What goes in one packet of a stream. Every libvirtd takes VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX, 262,120 bytes; these are whole pages of the
 * host's memory, and with the packet's head they fill packets of SSH (32 KiB) where the most would begin another one.
 */
export const STREAM_CHUNK_BYTES = 63 * 4096;

/** virNetMessageType */
export const messageType = {
  CALL: 0,
  REPLY: 1,
  MESSAGE: 2,
  STREAM: 3,
  CALL_WITH_FDS: 4,
  REPLY_WITH_FDS: 5,
  STREAM_HOLE: 6,
} as const;

/** virNetMessageStatus */
export const messageStatus = { OK: 0, ERROR: 1, CONTINUE: 2 } as const;

/** virNetMessageHeader, in the order of the wire. */
export interface Header {
  program: number;
  version: number;
  procedure: number;
  /** A `messageType`. */
  type: number;
  /** Of the call; 0 in events and keepalive. */
  serial: number;
  /** A `messageStatus`. */
  status: number;
}

export interface Frame extends Header {
  /** May be a view into the bytes that came in: copy what is kept for long. */
  body: Uint8Array;
}

/** Makes packets; one writer serves all packets of a connection. */
export class FrameEncoder {
  readonly #writer = new XdrWriter();

  /** @throws XdrError when the value does not fit its codec */
  encode<T>(header: Header, codec: Codec<T>, value: T): Buffer {
    const writer = this.#writer;
    writer.reset();
    writer.skip(PACKET_MIN);
    codec.encode(writer, value);
    if (writer.length > PACKET_MAX) {
      throw new LinkError(
        'PROTOCOL',
        `a packet of ${writer.length} bytes, at most ${PACKET_MAX} are allowed`,
      );
    }
    writer.uintAt(0, writer.length);
    writer.uintAt(4, header.program);
    writer.uintAt(8, header.version);
    writer.uintAt(12, header.procedure);
    writer.uintAt(16, header.type);
    writer.uintAt(20, header.serial);
    writer.uintAt(24, header.status);
    return writer.take();
  }

  /** A packet whose body is raw bytes, as those of streams. */
  encodeRaw(header: Header, body: Uint8Array): Buffer {
    return Buffer.concat([this.encodeHead(header, body.length), body]);
  }

  /** What goes before a body of so many raw bytes. */
  encodeHead(header: Header, bodyBytes: number): Buffer {
    const head = Buffer.allocUnsafe(PACKET_MIN);
    head.writeUInt32BE(PACKET_MIN + bodyBytes, 0);
    head.writeUInt32BE(header.program, 4);
    head.writeUInt32BE(header.version, 8);
    head.writeUInt32BE(header.procedure, 12);
    head.writeUInt32BE(header.type, 16);
    head.writeUInt32BE(header.serial, 20);
    head.writeUInt32BE(header.status, 24);
    return head;
  }
}

const EMPTY = Buffer.alloc(0);
const GATHER_MIN = 264_192;

/**
 * Cuts a stream of bytes into packets. Pure: bytes in, packets out. A packet that lies whole in what came in is not
 * copied; one that is cut is gathered in a block that grows with what has come, never with what was announced. The bytes
 * of a stream are not gathered: a packet of them that is cut comes out as several, as if the peer had sent it so.
 */
export class FrameSplitter {
  #gathered: Buffer = EMPTY;
  #have = 0;
  /** The head of a packet of a stream of which `#bodyLeft` bytes are still to come. */
  #head: Header | null = null;
  #bodyLeft = 0;

  /**
   * @param emit called for every whole packet, and for the parts of those of streams, in order
   * @throws LinkError PROTOCOL on a length that cannot be; nothing may be pushed after that
   */
  push(chunk: Buffer, emit: (frame: Frame) => void): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#head !== null) rest = this.#passOn(this.#head, rest, emit);
      else if (this.#have > 0) rest = this.#gather(rest, emit);
      else rest = this.#cut(rest, emit);
    }
  }

  /** Whether a packet has begun and not ended. */
  get isMidFrame(): boolean {
    return this.#have > 0 || this.#head !== null;
  }

  /** The next bytes of a stream's packet. */
  #passOn(head: Header, bytes: Buffer, emit: (frame: Frame) => void): Buffer {
    const body = bytes.subarray(0, this.#bodyLeft);
    this.#bodyLeft -= body.length;
    if (this.#bodyLeft === 0) this.#head = null;
    emit({ ...head, body });
    return bytes.subarray(body.length);
  }

  /** What begins here: a packet, or the beginning of one. */
  #cut(bytes: Buffer, emit: (frame: Frame) => void): Buffer {
    const length = bytes.length < 4 ? 4 : packetLength(bytes, 0);
    if (bytes.length >= 4 && bytes.length >= length) {
      emit(frameOf(bytes.subarray(0, length)));
      return bytes.subarray(length);
    }
    if (this.#beginsStream(bytes)) return bytes.subarray(PACKET_MIN);
    this.#keep(bytes, length);
    return EMPTY;
  }

  #gather(bytes: Buffer, emit: (frame: Frame) => void): Buffer {
    const announced = this.#announced();
    const taken = bytes.subarray(0, announced - this.#have);
    this.#keep(taken, announced);
    const gathered = this.#gathered.subarray(0, this.#have);
    if (this.#have === this.#announced()) {
      this.#forget();
      emit(frameOf(gathered));
    } else if (this.#beginsStream(gathered)) this.#forget();
    return bytes.subarray(taken.length);
  }

  /** Whether this is at least the head of a packet that carries bytes of a stream; then only those are still to come. */
  #beginsStream(bytes: Buffer): boolean {
    if (bytes.length < PACKET_MIN) return false;
    const head = headOf(bytes);
    if (head.type !== messageType.STREAM || head.status !== messageStatus.CONTINUE) return false;
    this.#head = head;
    this.#bodyLeft = packetLength(bytes, 0) - PACKET_MIN;
    return true;
  }

  /** How many bytes are to be gathered: the length word, then the head, as it tells whether the rest is, then the packet. */
  #announced(): number {
    if (this.#have < 4) return 4;
    const length = packetLength(this.#gathered, 0);
    return this.#have < PACKET_MIN ? PACKET_MIN : length;
  }

  #forget(): void {
    this.#gathered = EMPTY;
    this.#have = 0;
  }

  #keep(bytes: Buffer, announced: number): void {
    const needed = this.#have + bytes.length;
    if (needed > this.#gathered.length) {
      const grown = Buffer.allocUnsafe(
        Math.max(needed, Math.min(announced, Math.max(GATHER_MIN, this.#gathered.length * 2))),
      );
      this.#gathered.copy(grown, 0, 0, this.#have);
      this.#gathered = grown;
    }
    bytes.copy(this.#gathered, this.#have);
    this.#have = needed;
  }
}

function packetLength(bytes: Buffer, offset: number): number {
  const length = bytes.readUInt32BE(offset);
  if (length < PACKET_MIN || length > PACKET_MAX) {
    throw new LinkError(
      'PROTOCOL',
      `a packet of ${length} bytes: the peer does not speak libvirt's protocol`,
    );
  }
  return length;
}

function frameOf(packet: Buffer): Frame {
  return { ...headOf(packet), body: packet.subarray(PACKET_MIN) };
}

function headOf(packet: Buffer): Header {
  return {
    program: packet.readUInt32BE(4),
    version: packet.readUInt32BE(8),
    procedure: packet.readInt32BE(12),
    type: packet.readUInt32BE(16),
    serial: packet.readUInt32BE(20),
    status: packet.readUInt32BE(24),
  };
}
