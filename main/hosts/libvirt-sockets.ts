import type { Duplex } from 'node:stream';
import { TransportError } from '../../drivers/transport/errors.ts';

/** Where a daemon's socket is, in the order to try: the monolithic one (or the proxy's), then the driver's own of modular libvirt. */
export function systemSockets(driver: string): string[] {
  const modular = `virt${driver}d-sock`;
  return [
    '/run/libvirt/libvirt-sock',
    '/var/run/libvirt/libvirt-sock',
    `/run/libvirt/${modular}`,
    `/var/run/libvirt/${modular}`,
  ];
}

/** The sockets of a user's own daemon. `XDG_RUNTIME_DIR` is where they are when it is set. */
export function sessionSockets(driver: string, runtimeDir: string): string[] {
  return [`${runtimeDir}/libvirt/libvirt-sock`, `${runtimeDir}/libvirt/virt${driver}d-sock`];
}

/**
 * Opens the first socket that somebody listens on. The order is remembered by the caller's `known`, so that a second stream to the
 * same host does not search again.
 * @throws TransportError PERMISSION when a socket is there and may not be opened, else NO_SUCH_SOCKET naming what was tried
 */
export async function openFirst(
  paths: readonly string[],
  open: (path: string) => Promise<Duplex>,
): Promise<{ path: string; duplex: Duplex }> {
  const failures: TransportError[] = [];
  for (const path of paths) {
    try {
      return { path, duplex: await open(path) };
    } catch (error) {
      // Only a missing socket makes the next one worth a try: after PERMISSION the reason is found.
      if (!(error instanceof TransportError) || error.code !== 'NO_SUCH_SOCKET') throw error;
      failures.push(error);
    }
  }
  const [only] = failures;
  if (failures.length === 1 && only !== undefined) throw only;
  throw new TransportError('NO_SUCH_SOCKET', `No libvirt daemon listens on ${paths.join(', ')}`, {
    detail: [...new Set(failures.map((failure) => failure.detail ?? failure.message))].join('\n'),
    cause: failures.at(-1),
  });
}
