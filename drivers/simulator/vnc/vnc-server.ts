import type { Duplex } from 'node:stream';
import type { Display } from '../guest/display.ts';
import { ByteReader, EndOfStream } from './byte-reader.ts';
import { HandshakeError, shakeHands } from './handshake.ts';
import { RfbError, VncSession } from './vnc-session.ts';

export interface VncServerOptions {
  /** Shown by viewers: `QEMU (NAME)`. */
  name: string;
  display: Display;
  /** Only its first eight characters count. */
  password: string | null;
}

/** The VNC server of one machine, for any number of viewers, over any stream of bytes. */
export class VncServer {
  readonly #options: VncServerOptions;
  readonly #viewers = new Set<Duplex>();

  constructor(options: VncServerOptions) {
    this.#options = options;
  }

  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** Serves one viewer. A fault of the viewer's ends its connection and nothing else. */
  accept(duplex: Duplex): void {
    duplex.on('error', () => {});
    this.#serve(duplex)
      .catch((error: unknown) => {
        if (error instanceof EndOfStream || error instanceof RfbError || error instanceof HandshakeError)
          return;
        duplex.destroy(error instanceof Error ? error : undefined);
      })
      .finally(() => {
        this.#viewers.delete(duplex);
        duplex.end();
      });
  }

  /** The machine stops: every viewer's connection ends, as QEMU's would. */
  close(): void {
    for (const viewer of this.#viewers) {
      viewer.end();
      viewer.destroy();
    }
    this.#viewers.clear();
  }

  async #serve(duplex: Duplex): Promise<void> {
    const { name, display, password } = this.#options;
    this.#viewers.add(duplex);
    const reader = new ByteReader(duplex);
    const { shared } = await shakeHands(duplex, reader, password);
    // QEMU's default policy, allow-exclusive: who does not share sends the others away.
    if (!shared)
      for (const other of this.#viewers)
        if (other !== duplex) {
          other.end();
          other.destroy();
        }
    await new VncSession(duplex, reader, display).run(`QEMU (${name})`);
  }
}
