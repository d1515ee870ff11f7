import type { Duplex } from 'node:stream';

export interface DialOptions {
  signal?: AbortSignal;
}

/**
 * Opens one byte stream. Who uses a link knows nothing else of it, so that a unix socket, an SSH channel and memory are
 * the same to the protocol above. Fails with a TransportError.
 */
export type Dial = (options?: DialOptions) => Promise<Duplex>;
