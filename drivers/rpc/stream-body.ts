import { hyper, struct, uint } from '../xdr/xdr.ts';

/** A run of zeros that a sparse stream names instead of sending it. */
export class StreamHole {
  /** Bytes. */
  readonly length: bigint;

  constructor(length: bigint) {
    this.length = length;
  }
}

/** virNetStreamHole */
export const holeBody = struct({ length: hyper, flags: uint });

export const EMPTY = Buffer.alloc(0);

/** What a stream needs of its connection. */
export interface StreamPort {
  readonly procedure: string;
  /** Sends a packet under the stream's serial; false asks to wait for `drained`. */
  send(type: number, status: number, body: Uint8Array): boolean;
  drained(callback: () => void): void;
  /** The reader is too slow (true) or has caught up (false); saying it twice changes nothing. */
  pressure(on: boolean): void;
  /** Nothing more will come under this serial. */
  done(): void;
}

export interface RpcStreamOptions {
  /** Which way the bytes go, seen from the client. */
  direction: 'upload' | 'download' | 'both';
  /** Holes are read and written as `StreamHole` between the byte blocks; the call must carry the sparse flag. */
  sparse?: boolean;
}

export type WriteCallback = (error?: Error | null) => void;
