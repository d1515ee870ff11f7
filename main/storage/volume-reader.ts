import { lengthOf, type Zeros } from '../../drivers/formats/zero-runs.ts';
import { downloadVolume, knowsNoHoles } from './download.ts';
import { hostBytes, type HostBytesRequest, type ReadingHost } from './host-bytes.ts';

/**
 * Reads a volume of a host as bytes and runs of zeros, in the cheapest way that works there: by a program of the host, by libvirt's stream
 * with holes, by one without. What it has found not to work it does not try again.
 */
export class VolumeReader {
  #byHost = true;
  #sparse = true;

  /**
   * Reads `length` bytes from `offset`.
   * @throws LibvirtError, LinkError, TransportError; what was read until then is right
   */
  async *read(
    session: ReadingHost,
    { vol, offset, length, signal }: HostBytesRequest,
  ): AsyncGenerator<Uint8Array | Zeros, void, void> {
    let at = offset;
    const end = offset + length;
    if (this.#byHost)
      for await (const part of hostBytes(session, { vol, offset, length, signal })) {
        at += lengthOf(part);
        yield part;
      }
    if (at === end) return;
    this.#byHost = false;
    const client = await session.openStreamClient(signal);
    try {
      for (;;)
        try {
          const asked = { vol, offset: at, length: end - at, sparse: this.#sparse, signal };
          for await (const part of downloadVolume(client, asked)) {
            at += lengthOf(part);
            yield part;
          }
          if (at !== end) throw new Error(`${vol.name}: ${at} bytes came, ${end} were told`);
          return;
        } catch (error) {
          if (!this.#sparse || !knowsNoHoles(error)) throw error;
          this.#sparse = false;
        }
    } finally {
      void client.close();
    }
  }
}
