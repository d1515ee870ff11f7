import net from 'node:net';
import type { AddressInfo } from 'node:net';

export interface DelayProxy {
  readonly port: number;
  /** Calls of libvirt's remote program that went to the host since the last reset. */
  readonly calls: number;
  reset(): void;
  close(): void;
}

/** VIR_NET_CALL, and the number of the remote program: what counts as a call in the 24 bytes after a packet's length. */
const TYPE_CALL = 0;
const REMOTE_PROGRAM = 0x20008086;

/**
 * A TCP proxy on loopback in front of a libvirt daemon that holds every piece back for half of `roundTripMs` in each direction: a slow
 * link without loss or a limit of throughput. It counts the calls that pass, for both sides of a comparison in the same way.
 */
export async function delayProxy(
  target: { host: string; port: number },
  roundTripMs: number,
): Promise<DelayProxy> {
  const sockets = new Set<net.Socket>();
  let calls = 0;
  const server = net.createServer({ noDelay: true }, (near) => {
    const far = net.connect({ ...target, noDelay: true });
    const count = callCounter(() => (calls += 1));
    near.on('data', count);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => setTimeout(() => !to.destroyed && to.write(chunk), roundTripMs / 2));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        setTimeout(() => to.destroy(), roundTripMs / 2);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get calls() {
      return calls;
    },
    reset: () => (calls = 0),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Reads the packets of one direction: length, program, version, procedure, type… (virNetMessageHeader). */
function callCounter(onCall: () => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 28 && rest.length >= rest.readUInt32BE(0)) {
      if (rest.readUInt32BE(4) === REMOTE_PROGRAM && rest.readUInt32BE(16) === TYPE_CALL) onCall();
      rest = rest.subarray(rest.readUInt32BE(0));
    }
  };
}
