import { setTimeout } from 'node:timers/promises';
import type { HostSession } from '../../hosts/session.ts';
import type { ByteSource } from '../../storage/byte-source.ts';

/** An address that means another machine to the host. */
export function isOwn(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

/** What a simulated host gets of the web is simulated too. A server of this computer is asked: who names it has started it for that. */
export function isSimulated({ link }: Pick<HostSession, 'link'>, url: string): boolean {
  return link.simulated === true && !isOwn(url);
}

/** What every file of the web has for a simulated host: enough of it that its progress is seen. */
const SIZE_BYTES = 48 * 1024 * 1024;
const PIECE_BYTES = 2 * 1024 * 1024;
const PIECE_MS = 50;
const VIRTUAL_BYTES = 2n * 1024n ** 3n;

/** A file as a simulated host fetches it: nobody is asked for anything. Where it is to be a disk, it begins as a qcow2 image does. */
export function simulatedFile(isImage: boolean): ByteSource {
  const head = isImage ? qcow2Head() : new Uint8Array();
  return {
    sizeBytes: SIZE_BYTES,
    async *read(offset, length, signal) {
      const end = offset + length;
      for (let at = offset; at < end;) {
        if (at < head.length) {
          yield head.subarray(at, end);
          at += Math.min(head.length, end) - at;
          continue;
        }
        const zeros = Math.min(PIECE_BYTES, end - at);
        await setTimeout(PIECE_MS, undefined, { signal });
        yield { zeros };
        at += zeros;
      }
    },
  };
}

/** An empty image, version 2 (QEMU, docs/interop/qcow2.txt). */
function qcow2Head(): Uint8Array {
  const head = Buffer.alloc(72);
  head.write('QFI\u00fb', 'latin1');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(16, 20);
  head.writeBigUInt64BE(VIRTUAL_BYTES, 24);
  return head;
}
