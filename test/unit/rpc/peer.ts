import type { Duplex } from 'node:stream';
import { RpcConnection } from '../../../drivers/rpc/connection.ts';
import type { LinkError } from '../../../drivers/rpc/errors.ts';
import { FrameEncoder, FrameSplitter, messageStatus, messageType } from '../../../drivers/rpc/frame.ts';
import type { Header } from '../../../drivers/rpc/frame.ts';
import { byNumber } from '../../../drivers/rpc/table.ts';
import type { NamedProcedure, ProcedureTable, Program } from '../../../drivers/rpc/table.ts';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { int, string, struct } from '../../../drivers/xdr/xdr.ts';

const procedures = {
  echo: { number: 1, args: struct({ value: int }), ret: struct({ value: int }) },
  nothing: { number: 2 },
  changed: { number: 3, msg: struct({ text: string(100) }) },
  console: { number: 4, args: struct({ value: int }), ret: struct({ value: int }), stream: 'both' },
  download: { number: 5, stream: 'download' },
  upload: { number: 6, stream: 'upload' },
} as const satisfies ProcedureTable;

export const program: Program = { name: 'toy', number: 77, version: 1, procedures };

export function procedure(name: keyof typeof procedures): NamedProcedure {
  const found = byNumber(program).get(procedures[name].number);
  if (!found) throw new Error(name);
  return found;
}

/** A packet as it came. */
export type SeenFrame = Header & { body: Buffer };

/** The other end by hand: it sees every packet and sends any. */
export class Peer {
  readonly frames: SeenFrame[] = [];
  readonly duplex: Duplex;
  readonly #encoder = new FrameEncoder();
  readonly #splitter = new FrameSplitter();
  #waiting: (() => void) | undefined;

  constructor(duplex: Duplex) {
    this.duplex = duplex;
    duplex.on('data', (chunk: Buffer) => {
      this.#splitter.push(chunk, (frame) => this.frames.push({ ...frame, body: Buffer.from(frame.body) }));
      this.#waiting?.();
    });
  }

  /** Waits until `count` packets came in all. */
  async until(count: number): Promise<SeenFrame[]> {
    while (this.frames.length < count) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.frames;
  }

  send(header: Partial<Header>, body: Uint8Array = Buffer.alloc(0)): void {
    const full = {
      program: 77,
      version: 1,
      procedure: 1,
      type: messageType.REPLY,
      serial: 1,
      status: 0,
      ...header,
    };
    this.duplex.write(this.#encoder.encodeRaw(full, body));
  }

  /** Answers an echo. */
  answer(serial: number, value = serial): void {
    this.send({ serial, status: messageStatus.OK }, word(value));
  }
}

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export interface Pair {
  connection: RpcConnection;
  peer: Peer;
  events: unknown[];
  /** Events that could not be read. */
  faults: LinkError[];
}

/** A connection and its hand-made other end. */
export function connect(): Pair {
  const [near, far] = memoryPair();
  const events: unknown[] = [];
  const faults: LinkError[] = [];
  const connection = new RpcConnection(near, {
    programs: [program],
    onEvent: ({ name }, msg) => events.push([name, msg]),
    onFault: (error) => faults.push(error),
  });
  return { connection, peer: new Peer(far), events, faults };
}

/** Lets everything that is under way in memory arrive. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
}
