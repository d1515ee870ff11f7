import type { Duplex } from 'node:stream';
import type { TcpListener } from '../../../drivers/transport/listen.ts';
import type { HostLink } from '../../hosts/link.ts';
import { roomForBuffers } from '../../storage/buffer-room.ts';

/** Through this program: a port of the source's loopback leads to one of the target's. */
export interface Relay {
  /** Of the source's loopback. */
  readonly port: number;
  /** Ends the port and everything that goes through it. */
  close(): Promise<void>;
}

/**
 * Opens a way for what the source's QEMU sends, where the hosts need not reach each other. A reader that is slow holds the writer: no more
 * than the streams' own buffers is kept here.
 * @param port of the target's loopback
 * @param onFault a connection of it was cut; what is at its ends notices by itself
 */
export async function openRelay(
  { source, target }: { source: HostLink; target: HostLink },
  port: number,
  onFault: (error: unknown) => void,
): Promise<Relay> {
  const open = new Set<Duplex>();
  const joined = async (from: Duplex): Promise<void> => {
    // What comes before the other side is open waits in the stream.
    from.on('error', onFault);
    open.add(from);
    from.once('close', () => open.delete(from));
    try {
      join(from, await target.openTcp('127.0.0.1', port), onFault);
    } catch (error) {
      onFault(error);
      from.destroy();
    }
  };
  const listener: TcpListener = await source.listenTcp((from) => void joined(from));
  const giveRoomBack = roomForBuffers();
  return {
    port: listener.port,
    close: async () => {
      giveRoomBack();
      for (const stream of open) stream.destroy();
      await listener.close();
    },
  };
}

/** Both ways, each with the other's back pressure; the end of one side is the end of the other. */
function join(from: Duplex, to: Duplex, onFault: (error: unknown) => void): void {
  to.on('error', onFault);
  if (from.destroyed) {
    to.destroy();
    return;
  }
  from.pipe(to);
  to.pipe(from);
  from.once('close', () => to.destroy());
  to.once('close', () => from.destroy());
}
